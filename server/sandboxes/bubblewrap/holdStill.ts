import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const roundMs = 2;
/**
 * A process whose parent goes while they are listed may be missed. But that parent stays behind, because nobody collects it: the
 * first process of the sandbox stands still too, and the filter of system calls lets no other one adopt. So the next listing tells.
 */
const quietRounds = 3;
const maxRounds = 250;
let turn: Promise<unknown> = Promise.resolve();

/** What was found while processes stood still, and whether they did: some cannot be stopped, or fork faster than that. */
export interface FoundStill<T> {
  readonly found: T;
  readonly wereStill: boolean;
}

/**
 * Looks while the listed processes are stopped, so that none comes or goes meanwhile; then all that ran before go on. One look at a time,
 * because two would let each other's processes go on.
 */
export function whileStill<T>(listProcesses: () => number[], look: () => Promise<T>): Promise<FoundStill<T>> {
  const done = turn.then(() => holdStill(listProcesses, look));
  turn = done.catch(() => undefined);
  return done;
}

async function holdStill<T>(listProcesses: () => number[], look: () => Promise<T>): Promise<FoundStill<T>> {
  const held = new Set<number>();
  const known = new Set<number>();
  const stopAll = (): boolean => {
    const listed = listProcesses();
    const running = listed.filter((pid) => isRunning(pid, held.has(pid)));
    for (const pid of running) if (send(pid, 'SIGSTOP')) held.add(pid);
    const areAllKnown = listed.every((pid) => known.has(pid));
    for (const pid of listed) known.add(pid);
    return running.length === 0 && areAllKnown;
  };
  try {
    let quiet = 0;
    for (let round = 0; round < maxRounds && quiet < quietRounds; round += 1) {
      quiet = stopAll() ? quiet + 1 : 0;
      await sleep(roundMs);
    }
    const found = await look();
    return { found, wereStill: quiet >= quietRounds && stopAll() };
  } finally {
    for (const pid of held) send(pid, 'SIGCONT');
  }
}

/** Whether a thread of it runs: is neither stopped nor gone, nor waits for a disk with our signal pending, which lets it do nothing more. */
function isRunning(pid: number, isHeld: boolean): boolean {
  try {
    return fs.readdirSync(`/proc/${pid}/task`).some((thread) => {
      const state = /^State:\s+(\S)/m.exec(fs.readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1'))?.[1] ?? 'R';
      return !'TtZX'.includes(state) && !(isHeld && state === 'D');
    });
  } catch {
    return false;
  }
}

function send(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
