import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { AppError } from '../base/appError.ts';

/** The kernel's limit is 108 bytes with the closing zero; some systems have less. */
const maxSocketPathBytes = 100;

/** Where a gateway listens: a socket in its state directory, or a named pipe. */
export interface SocketServer {
  readonly address: string;
  /** Takes clients from here on; may be called again after `stopListening`. */
  listen(): Promise<void>;
  /** Takes no more clients and removes the socket; connections that exist stay. */
  stopListening(): Promise<void>;
  /** Removes what was made for the socket. */
  dispose(): Promise<void>;
}

/** Makes the server of one start; its address is its own, so that the end of an older gateway cannot touch it. */
export function createSocketServer(home: string, onConnection: (socket: net.Socket) => void): SocketServer {
  const { address, folder } = chooseAddress(home);
  let server: net.Server | undefined;
  const stopListening = async (): Promise<void> => {
    const stopping = server;
    server = undefined;
    if (stopping === undefined) return;
    if (process.platform !== 'win32') fs.rmSync(address, { force: true });
    // `close` ends when the last connection has; that connections exist is none of its business here.
    stopping.close();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    address,
    async listen() {
      if (server !== undefined) return;
      const starting = net.createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
      await new Promise<void>((resolve, reject) => {
        starting.once('error', (error) => reject(listenError(address, error)));
        starting.listen(address, resolve);
      });
      starting.on('error', () => undefined);
      if (process.platform !== 'win32') fs.chmodSync(address, 0o600);
      server = starting;
    },
    stopListening,
    async dispose() {
      await stopListening();
      if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A path in the state directory, or in a folder of its own where that path would be too long. */
function chooseAddress(home: string): { address: string; folder: string | undefined } {
  const name = randomBytes(6).toString('hex');
  if (process.platform === 'win32') return { address: `\\\\.\\pipe\\logos-${randomBytes(16).toString('hex')}`, folder: undefined };
  const inHome = path.join(home, `gateway-${name}.sock`);
  if (isShort(inHome)) return { address: inHome, folder: undefined };
  for (const base of [os.tmpdir(), '/tmp']) {
    if (!isShort(path.join(base, 'logos-XXXXXX', 'gateway.sock'))) continue;
    const folder = fs.mkdtempSync(path.join(base, 'logos-'));
    return { address: path.join(folder, 'gateway.sock'), folder };
  }
  throw new AppError('internal', `No path for a socket is shorter than ${maxSocketPathBytes} bytes.`, { reason: 'socket_path', hint: 'Set LOGOS_HOME or TMPDIR to a shorter path.' });
}

function isShort(file: string): boolean {
  return Buffer.byteLength(file) < maxSocketPathBytes;
}

function listenError(address: string, error: Error): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return new AppError('internal', `The gateway cannot listen at ${address}: ${code}.`, { reason: code, hint: 'The state directory must be on a file system that holds sockets; set LOGOS_HOME to another.', cause: error });
}
