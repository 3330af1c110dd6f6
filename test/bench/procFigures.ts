import fs from 'node:fs';

const ticksPerSecond = 100;

/** Processor time that a process has used so far, with all its threads, without its children, in ms (ticks of 10 ms). */
export function cpuMs(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** Memory that is a process's share: its own pages and its part of those it shares, in MB (1,000,000 bytes). */
export function pssMegabytes(pid: number): number {
  const kibibytes = Number(/^Pss:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]);
  return (kibibytes * 1024) / 1_000_000;
}

/** Time that all processors of the machine have been busy and have had, in ticks; the difference of two says how busy everything was between them. */
export function machineTicks(): { readonly busy: number; readonly all: number } {
  const [, ...ticks] = (fs.readFileSync('/proc/stat', 'latin1').split('\n')[0] ?? '').split(/\s+/).map(Number);
  const all = ticks.slice(0, 8).reduce((total, value) => total + value, 0);
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}
