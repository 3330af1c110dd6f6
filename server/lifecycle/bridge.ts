import net from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../base/appError.ts';
import type { GatewayPointer } from '../protocol/initialize.ts';
import { isProcessAlive } from './processAlive.ts';
import { TokenInserter } from './tokenInserter.ts';

/** How long a gateway that closed a connection may take to be gone, when it is the gateway that ended. */
const goneWithinMs = 300;

/**
 * Joins a program's stdin and stdout to the gateway, byte for byte. Resolves when the conversation is over;
 * rejects when the gateway died in it.
 */
export async function bridge(pointer: GatewayPointer, input: Readable, output: Writable): Promise<void> {
  const socket = await connect(pointer);
  const { promise: ended, resolve } = Promise.withResolvers<'client' | 'gateway'>();
  let hasClientEnded = false;
  input.once('end', () => (hasClientEnded = true));
  // Whoever read our output is gone: the client ended, however it did so.
  output.once('error', () => resolve('client'));
  input.once('error', () => resolve('client'));
  socket.on('error', () => undefined);
  socket.once('close', () => resolve(hasClientEnded ? 'client' : 'gateway'));
  socket.once('end', () => resolve(hasClientEnded ? 'client' : 'gateway'));
  input.pipe(new TokenInserter(pointer.token)).pipe(socket);
  socket.pipe(output, { end: false });
  const by = await ended;
  input.unpipe();
  input.destroy();
  socket.destroy();
  await flush(output);
  if (by === 'gateway' && (await hasDied(pointer.pid))) {
    throw new AppError('internal', `The gateway (pid ${pointer.pid}) ended, and the connection with it.`, { reason: 'gateway_gone', hint: 'Connect again; messages that were acknowledged are stored.' });
  }
}

function connect(pointer: GatewayPointer): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path: pointer.socket, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error) => {
      reject(new AppError('internal', `The gateway (pid ${pointer.pid}) does not listen any more.`, { reason: (error as NodeJS.ErrnoException).code ?? 'connect', hint: 'Try again.', cause: error }));
    });
  });
}

function flush(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (!output.writable) resolve();
    else output.write('', () => resolve());
  });
}

async function hasDied(pid: number): Promise<boolean> {
  const deadline = performance.now() + goneWithinMs;
  while (performance.now() < deadline) {
    if (!isProcessAlive(pid)) return true;
    await delay(10);
  }
  return false;
}
