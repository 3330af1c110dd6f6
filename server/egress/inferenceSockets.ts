import fs from 'node:fs/promises';
import http from 'node:http';
import { AppError } from '../base/appError.ts';
import { createDeferred } from '../base/deferred.ts';
import type { ModelRoute } from '../inference/route.ts';
import { withContext, type LogContext, type Logger } from '../log/logger.ts';
import type { HttpClient } from '../net/http.ts';
import type { InferenceSocket, OpenInferenceSocket } from './inferenceSocket.ts';
import { createInferenceHandler, type Assignment } from './inferenceHandler.ts';
import { RefusedMembers } from './refusedMembers.ts';
import { defaultWaitLimits, type WaitLimits } from './upstream.ts';

/** What the sockets need. */
export interface InferenceSocketsOptions {
  readonly log: Logger;
  readonly http: HttpClient;
  /** Called when the server of a route did not take a connection. */
  readonly onUnreachable?: (route: ModelRoute) => void;
  readonly waits?: WaitLimits;
  /** How long a request waits for its route, ms. */
  readonly assignMs?: number;
}

/** A longer path is cut in silence by some systems, and then two tasks would share a socket. */
const maxPathBytes = 100;

/** Gives the function that opens the inference socket of a task. */
export function createInferenceSockets(options: InferenceSocketsOptions): OpenInferenceSocket {
  const refused = new RefusedMembers();
  return async (path) => {
    if (Buffer.byteLength(path) > maxPathBytes) {
      throw new AppError('sandbox_unavailable', `The socket path ${path} is longer than ${maxPathBytes} bytes.`, { reason: 'path_too_long', hint: 'Set LOGOS_HOME to a shorter folder.' });
    }
    return openSocket(path, options, refused);
  };
}

async function openSocket(path: string, options: InferenceSocketsOptions, refused: RefusedMembers): Promise<InferenceSocket> {
  const assigned = createDeferred<Assignment>();
  let isAssigned = false;
  let about: LogContext = {};
  const handler = createInferenceHandler({
    assigned: assigned.promise,
    assignMs: options.assignMs ?? 10_000,
    http: options.http,
    log: withContext(options.log, () => about),
    waits: options.waits ?? defaultWaitLimits,
    onUnreachable: options.onUnreachable ?? (() => undefined),
    refused,
  });
  const server = http.createServer({ keepAliveTimeout: 60_000, headersTimeout: 10_000, requestTimeout: 60_000, maxHeaderSize: 16_384 }, handler.handle);
  server.maxConnections = 32;
  server.on('clientError', (_error, socket) => socket.destroy());
  await listen(server, path);
  await fs.chmod(path, 0o666);

  return {
    path,
    assign(route, observer, context = {}) {
      if (isAssigned) throw new AppError('internal', 'The inference socket of a task was given a second route.', { reason: 'assigned_twice', hint: 'Open a socket for each task.' });
      isAssigned = true;
      about = context;
      assigned.resolve({ route, observer });
    },
    async dispose() {
      await handler.dispose();
      server.closeAllConnections();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
      await fs.rm(path, { force: true });
    },
  };
}

function listen(server: http.Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new AppError('sandbox_unavailable', `Cannot listen on ${path}: ${error.code ?? error.message}.`, { reason: error.code ?? 'unknown', hint: 'Check that the folder exists and can be written to.', cause: error }));
    });
    server.listen(path, resolve);
  });
}
