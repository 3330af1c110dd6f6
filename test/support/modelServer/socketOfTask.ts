import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import type { InferenceSocket } from '../../../server/egress/inferenceSocket.ts';
import { createInferenceSockets, type InferenceSocketsOptions } from '../../../server/egress/inferenceSockets.ts';
import type { ModelRoute } from '../../../server/inference/route.ts';
import { createHttpClient, type HttpClient } from '../../../server/net/http.ts';
import { askModel, type Ask } from './askModel.ts';
import { keepLog } from './keepLog.ts';
import { startModelServer, type ModelServer, type ModelServerOptions } from './modelServer.ts';
import { listenToCalls, testRoute } from './testRoute.ts';

/** A scripted server, a gateway's inference socket to it and a client of the task, all real and on this machine. */
export interface TaskPath {
  readonly server: ModelServer;
  readonly socket: InferenceSocket;
  readonly heard: ReturnType<typeof listenToCalls>;
  readonly log: ReturnType<typeof keepLog>;
  readonly client: HttpClient;
  ask(message: string, more?: Partial<Ask>): ReturnType<typeof askModel>;
  dispose(): Promise<void>;
}

/** Opens a TaskPath; the route is assigned unless `isUnassigned`. */
export async function openTaskPath({
  serverOptions = {},
  route = {},
  sockets = {},
  isUnassigned = false,
}: { serverOptions?: ModelServerOptions; route?: Partial<ModelRoute> & { key?: string }; sockets?: Partial<InferenceSocketsOptions>; isUnassigned?: boolean } = {}): Promise<TaskPath> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-task-'));
  const server = await startModelServer(serverOptions);
  const gatewayHttp = createHttpClient();
  const client = createHttpClient();
  const log = keepLog();
  const socket = await createInferenceSockets({ log, http: gatewayHttp, waits: { loadPollMs: 5, rateLimitMs: 500 }, ...sockets })(path.join(folder, 'inference.sock'));
  const heard = listenToCalls();
  if (!isUnassigned) socket.assign(testRoute(server.baseUrl, route), heard);
  return {
    server,
    socket,
    heard,
    log,
    client,
    ask: (message, more = {}) => askModel({ http: client, baseUrl: 'http://inference.local/v1', socketPath: socket.path, message, ...more }),
    async dispose() {
      await client.dispose();
      await socket.dispose();
      await gatewayHttp.dispose();
      await server.dispose();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** For a file of tests: opens TaskPaths that go after the test that opened them. */
export function useTaskPaths(): typeof openTaskPath {
  const open: TaskPath[] = [];
  afterEach(async () => {
    for (const path of open.splice(0)) await path.dispose();
  });
  return async (options) => {
    const path = await openTaskPath(options);
    open.push(path);
    return path;
  };
}
