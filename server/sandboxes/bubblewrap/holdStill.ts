import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const roundMs = 2;
/**
 * A process whose parent goes while they are listed may be missed. But that parent stays behind, because nobody collects it: the
 * first process of the sandbox stands still too, and the filter of system calls lets no other one adopt. So the next listing tells.
 */
const quietRounds = 3;
const maxRounds = 250;
/** When those are woken again that stopped themselves because they saw others stop, as programs do that watch over a terminal. */
const wakeAfterMs = [50, 250];
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
  const held = new Set<number>();
  const done = turn.then(() => holdStill(listProcesses, held, look));
  // Neither a failed look nor what comes after it may hold up the next one.
  turn = done.catch(() => undefined).then(() => wakeAgain(listProcesses, held)).catch(() => undefined);
  return done;
}

async function holdStill<T>(listProcesses: () => number[], held: Set<number>, look: () => Promise<T>): Promise<FoundStill<T>> {
  let before = '';
  const stopAll = (): boolean => {
    const processes = listProcesses().map((pid) => ({ pid, threads: readThreads(pid) }));
    const running = processes.filter(({ pid, threads }) => threads.some(({ state }) => isRunning(state, held.has(pid))));
    for (const { pid } of running) if (send(pid, 'SIGSTOP')) held.add(pid);
    const now = processes.map(({ pid, threads }) => `${pid}:${threads.map(({ id, switches }) => `${id}/${switches}`).join()}`).join('\n');
    const isSame = now === before;
    before = now;
    return running.length === 0 && isSame;
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

async function wakeAgain(listProcesses: () => number[], held: ReadonlySet<number>): Promise<void> {
  if (held.size === 0) return;
  for (const afterMs of wakeAfterMs) {
    await sleep(afterMs);
    for (const pid of listProcesses()) if (held.has(pid) && readThreads(pid).some(({ state }) => state === 'T')) send(pid, 'SIGCONT');
  }
}

interface Thread {
  readonly id: string;
  /** One letter, as `/proc` has it. */
  readonly state: string;
  /** How often it was given and taken the processor: one that only seems to stand still has a new number at each look. */
  readonly switches: string;
}

/** None when the process is gone. A thread that went while it was looked at was running. */
function readThreads(pid: number): Thread[] {
  try {
    return fs.readdirSync(`/proc/${pid}/task`).map((id) => readThread(`/proc/${pid}/task/${id}/status`, id));
  } catch {
    return [];
  }
}

function readThread(file: string, id: string): Thread {
  try {
    const status = fs.readFileSync(file, 'latin1');
    const switches = [...status.matchAll(/_switches:\s+(\d+)/g)].map(([, count]) => count).join('+');
    return { id, state: /^State:\s+(\S)/m.exec(status)?.[1] ?? 'R', switches };
  } catch {
    return { id, state: 'R', switches: '' };
  }
}

/** Neither stopped nor gone, nor waiting for a disk with our signal pending, which lets it do nothing more. */
function isRunning(state: string, isHeld: boolean): boolean {
  return !'TtZX'.includes(state) && !(isHeld && state === 'D');
}

function send(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
