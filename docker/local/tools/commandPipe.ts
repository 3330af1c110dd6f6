import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { scratchFolders } from './background.ts';

/** A pipe for both outputs of a command. */
export interface CommandPipe {
  readonly reader: net.Socket;
  /** The descriptor for the command; whoever gave it away closes it. */
  readonly writer: number;
  /** What `/proc/<pid>/fd` says of a descriptor of this pipe. */
  readonly linkName: string;
}

let made = 0;

/**
 * Makes a pipe that has a name for a moment: what Node makes by itself for a child are sockets, which a command cannot open again as
 * `/dev/stderr`. Undefined where none can be made.
 */
export async function openCommandPipe(): Promise<CommandPipe | undefined> {
  const name = `.logos-pipe-${process.pid}-${(made += 1)}`;
  for (const folder of scratchFolders()) {
    const file = path.join(folder, name);
    if (await makeFifo(file)) return openBothEnds(file);
  }
  return undefined;
}

function makeFifo(file: string): Promise<boolean> {
  return new Promise((resolve) => execFile('mkfifo', ['-m', '600', file], (error) => resolve(error === null)));
}

function openBothEnds(file: string): CommandPipe {
  try {
    // The end that is read comes first: opening the other would wait for it.
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const writer = fs.openSync(file, fs.constants.O_WRONLY);
    return { reader: new net.Socket({ fd, readable: true, writable: false }), writer, linkName: `${fs.realpathSync(file)} (deleted)` };
  } finally {
    fs.rmSync(file, { force: true });
  }
}
