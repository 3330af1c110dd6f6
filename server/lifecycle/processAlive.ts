import { readProcess } from '../process/processTable.ts';

/** Whether a process of this id runs; one that has ended and was not collected by its parent does not. */
export function isProcessAlive(pid: number): boolean {
  if (process.platform === 'linux') return readProcess(pid) !== undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
