import crypto from 'node:crypto';
import fs from 'node:fs';
import { isProcessAlive, processName, readProcess, type ProcessRow } from './processTable.ts';

/** Programs that carry a mark. */
export type MarkedProgram = 'bwrap' | 'node';

/** A process whose mark names a gateway of one state directory. */
export interface MarkedProcess extends ProcessRow {
  /** Name of the gateway's process that started it. */
  readonly gateway: string;
}

/**
 * What stands in the first argument of a process that must not outlive this gateway, so that it is known also when nothing else
 * tells of it: its parent is gone, it has no environment, and its folder is `/`. Any user may read arguments, and a copy that a
 * program forks keeps them. The state directory is told by its place and its inode: a container may have another one at that place.
 */
export function ownerMark(stateDir: string): string {
  return `${keyOf(stateDir)}-${processName(process.pid) ?? process.pid}`;
}

/** The name under which a program is started to carry the mark. */
export function markedName(program: MarkedProgram, mark: string): string {
  return `${program}[${mark}]`;
}

/** Living processes that carry a mark of this state directory; empty where there is no /proc. */
export function listMarked(stateDir: string): MarkedProcess[] {
  const pattern = new RegExp(`^[a-z]+\\[${keyOf(stateDir)}-(\\d+-\\d+)\\]$`);
  return listPids().flatMap((pid) => {
    const gateway = pattern.exec(readFirstArgument(pid))?.[1];
    const row = gateway === undefined ? undefined : readProcess(pid);
    return gateway === undefined || row === undefined ? [] : [{ ...row, gateway }];
  });
}

/** Whether the gateway that started it is gone. */
export function isLeftover({ gateway }: MarkedProcess): boolean {
  return !isProcessAlive(gateway);
}

function keyOf(stateDir: string): string {
  const { dev, ino } = fs.statSync(stateDir, { bigint: true, throwIfNoEntry: false }) ?? { dev: 0, ino: 0 };
  return `logos-${crypto.createHash('sha256').update(`${stateDir}\0${dev}:${ino}`).digest('hex').slice(0, 16)}`;
}

function listPids(): number[] {
  try {
    return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

function readFirstArgument(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0', 1)[0] ?? '';
  } catch {
    return '';
  }
}
