import fs from 'node:fs';

/** `/proc` folders of the threads of a process that have not ended: each may have a table of descriptors of its own. */
export function livingThreads(pid: number): string[] {
  try {
    return fs.readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`).filter((thread) => !isZombie(thread));
  } catch {
    return [`/proc/${pid}`];
  }
}

/** One that shows the memory and the descriptors of its process: a thread that has ended shows none, also when it was the first and others go on. */
export function livingThread(pid: number): string {
  const first = `/proc/${pid}`;
  return (isZombie(first) ? livingThreads(pid)[0] : undefined) ?? first;
}

/** One that has ended and was not waited for has let go of all its files, and lets only root look. */
function isZombie(thread: string): boolean {
  try {
    return /^State:\s+Z/m.test(fs.readFileSync(`${thread}/status`, 'latin1'));
  } catch {
    return false;
  }
}
