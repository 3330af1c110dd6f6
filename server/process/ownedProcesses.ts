import { setTimeout as delay } from 'node:timers/promises';
import { isLeftover, listMarked, markedName, ownerMark, type MarkedProcess } from './ownerMark.ts';
import { spawnProcess, type SpawnedProcess, type SpawnOptions } from './spawn.ts';

const rounds = 50;
const betweenMs = 20;

/**
 * Ends every process that gateways of this state directory left when they died; answers how many there were. One that dies during
 * the first look may have started another behind its back, so this looks twice, and until it finds none, for a second at most.
 */
export async function endLeftovers(stateDir: string): Promise<number> {
  const ended = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const left = listMarked(stateDir).filter(isLeftover);
    if (left.length === 0 && round > 0) break;
    for (const row of left) {
      endAtOnce(row);
      ended.add(`${row.pid}-${row.startTicks}`);
    }
    await delay(betweenMs);
  }
  return ended.size;
}

/**
 * Starts a program that must not outlive this gateway, nor leave anything behind when it is ended at the wrong moment: a child that
 * bubblewrap has only begun to start waits for its word, and holds its pipes, for ever. It leads a process group, of which whatever
 * carries our mark is ended after it.
 */
export async function spawnOwned(stateDir: string, file: string, args: readonly string[], options: SpawnOptions): Promise<SpawnedProcess> {
  const child = await spawnProcess(file, args, { ...options, argv0: markedName('bwrap', ownerMark(stateDir)), isDetached: true });
  void child.exited.then(() => endGroup(child.pid, stateDir));
  return child;
}

function endGroup(groupId: number, stateDir: string): void {
  try {
    process.kill(-groupId, 0);
  } catch {
    return;
  }
  for (const row of listMarked(stateDir)) if (row.groupId === groupId) endAtOnce(row);
}

function endAtOnce({ pid }: MarkedProcess): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
