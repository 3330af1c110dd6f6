import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';

/** A process that a command left running. */
export interface BackgroundProcess {
  readonly pid: number;
  /** Its command line, cut. */
  readonly command: string;
}

const maxLogBytes = 16 * 1_048_576;
/** After a failed write to the log so long passes before the next try. */
const retryLogMs = 500;
const maxCommandChars = 80;
const maxShown = 10;

/** By what a process is known to come from a command. */
export interface CommandTraces {
  /** The session that the command was started in. */
  readonly session: number;
  /** A variable of its environment, which also what leaves the session inherits. */
  readonly mark: string;
  /** The pipe of its output, where that is still held open. */
  readonly pipeLink: string | undefined;
}

/** The living processes that come from a command, by their order of pid. A worker sees only those of its own sandbox. */
export function findBackground({ session, mark, pipeLink }: CommandTraces): BackgroundProcess[] {
  const pids = list('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  return pids
    .filter((pid) => !isOurs(pid) && isAlive(pid, (ofSession) => ofSession === session || isMarked(pid, mark) || (pipeLink !== undefined && holds(pid, pipeLink))))
    .map((pid) => ({ pid, command: commandOf(pid) }));
}

const isOurs = (pid: number): boolean => pid === process.pid || pid === process.ppid || pid === 1;

/** What the model is told of processes that run on, and of the file that takes what they still print. */
export function describeBackground(processes: readonly BackgroundProcess[], logPath: string | undefined, isHeldOpen: boolean): string {
  const shown = processes.slice(0, maxShown).map(({ pid, command }) => `${command} (pid ${pid})`);
  const more = processes.length > maxShown ? ` and ${processes.length - maxShown} more` : '';
  const what = processes.length === 0 ? 'something' : `${shown.join(', ')}${more}`;
  const output = logPath !== undefined ? ` What it still prints goes to ${logPath}.` : isHeldOpen ? ' What it still prints is not kept, because no file could be made for it.' : '';
  const remedy = processes.length === 0 ? '' : ` Stop it with: kill ${processes.map(({ pid }) => pid).join(' ')}`;
  return `[Runs on in the background, until your answer has ended: ${what}.${output}${remedy}]`;
}

/**
 * Goes on reading what processes in the background print, for as long as the worker lives, so that they do not fail at their next line; it goes
 * to a new file, whose path this gives. Undefined where none can be made: then it is read and dropped.
 */
export function keepOutput(reader: Readable): string | undefined {
  const opened = openLog();
  if (opened === undefined) {
    reader.on('data', () => undefined);
    return undefined;
  }
  const { file } = opened;
  let log: fs.WriteStream | undefined;
  let failedAt = 0;
  let bytes = 0;
  const start = (fd: number | undefined): fs.WriteStream => {
    const stream = fs.createWriteStream(file, fd === undefined ? { flags: 'a' } : { fd });
    stream.on('drain', () => reader.resume());
    return stream.on('error', () => {
      log = undefined;
      failedAt = performance.now();
      reader.resume();
    });
  };
  log = start(opened.fd);
  reader.on('data', (chunk: Buffer) => {
    if (bytes > maxLogBytes) return;
    if (log === undefined) {
      // The disk was full; it may have room again.
      if (performance.now() - failedAt < retryLogMs) return;
      log = start(undefined);
      log.write('\n[What was printed before this could not be kept: there was no room for it.]\n');
    }
    bytes += chunk.length;
    if (bytes > maxLogBytes) log.end(`\n[No more than ${maxLogBytes / 1_048_576} MiB are kept.]\n`);
    else if (!log.write(chunk)) reader.pause();
  });
  return file;
}

/** Where a task may put what is its own; a policy can leave the first one out. */
export function scratchFolders(): string[] {
  return [os.tmpdir(), '/dev/shm'];
}

function openLog(): { file: string; fd: number } | undefined {
  for (const folder of scratchFolders()) {
    for (let number = 1; number < 10_000; number += 1) {
      const file = path.join(folder, `background-${number}.log`);
      try {
        return { file, fd: fs.openSync(file, 'ax', 0o600) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') break;
      }
    }
  }
  return undefined;
}

/** Field 6 of `stat`, behind the name, which may hold anything, is the session; field 3 is the state. */
function isAlive(pid: number, isMeant: (session: number) => boolean): boolean {
  const stat = read(`/proc/${pid}/stat`);
  const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state !== 'Z' && state !== 'X' && isMeant(Number(session));
}

function isMarked(pid: number, mark: string): boolean {
  return `\0${read(`/proc/${pid}/environ`)}`.includes(`\0${mark}\0`);
}

function holds(pid: number, link: string): boolean {
  return list(`/proc/${pid}/fd`).some((name) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${name}`) === link;
    } catch {
      return false;
    }
  });
}

function commandOf(pid: number): string {
  const line = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return line.length > maxCommandChars ? `${line.slice(0, maxCommandChars).toWellFormed()}…` : line || 'a process';
}

/** A process may be gone by the time of the look. */
function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
