import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInferenceSockets } from '../../server/egress/inferenceSockets.ts';
import { createHttpClient } from '../../server/net/http.ts';
import { askModel } from '../support/modelServer/askModel.ts';
import { keepLog } from '../support/modelServer/keepLog.ts';
import { startModelServer, type ModelServer } from '../support/modelServer/modelServer.ts';
import { observe } from '../support/modelServer/observed.ts';
import { rows } from '../support/modelServer/rows.ts';
import { listenToCalls, testRoute } from '../support/modelServer/testRoute.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-path-'));
const gatewayHttp = createHttpClient();
const openSocket = createInferenceSockets({ log: keepLog(), http: gatewayHttp, waits: { loadPollMs: 5, rateLimitMs: 1000 } });
let server: ModelServer;

beforeAll(async () => {
  server = await startModelServer();
});

afterAll(async () => {
  await gatewayHttp.dispose();
  await server.dispose();
  fs.rmSync(folder, { recursive: true });
});

let count = 0;

/** Asks over the whole path: worker's reader, inference socket, scripted server. Gives what the worker and what the gateway saw. */
async function askOverPath(name: string, think: 'auto' | 'prefilled' = 'auto') {
  const http = createHttpClient();
  const socket = await openSocket(path.join(folder, `${++count}.sock`));
  const heard = listenToCalls();
  socket.assign(testRoute(server.baseUrl, { think }), heard);
  try {
    const events = await askModel({ http, baseUrl: 'http://inference.local/v1', socketPath: socket.path, message: `[[scenario:${name}]]`, think });
    await expect.poll(() => heard.reports.length, { interval: 2 }).toBe(1);
    return { events, report: heard.reports[0]!, statuses: heard.statuses };
  } finally {
    await http.dispose();
    await socket.dispose();
  }
}

describe('the path from a task to a model server', () => {
  it.each(rows.map((row) => [row.name, row.what, row] as const))('carries %s: %s', async (_name, _what, row) => {
    const { events, report } = await askOverPath(row.name, row.think);
    const seen = observe(events);
    expect(seen).toEqual(row.expect);
    expect(report.finish).toBe(row.expect.finish ?? (row.expect.error?.class === 'model_crashed' ? 'truncated' : 'error'));
    expect(report.error === undefined ? undefined : { class: report.error.class, cause: report.error.cause }).toEqual(row.expect.error);
    if (row.expect.usage !== undefined) expect(report.usage).toMatchObject({ source: 'server', inputTokens: row.expect.usage.inputTokens, outputTokens: row.expect.usage.outputTokens });
    if (row.expect.thinking !== undefined) expect(report.firstThoughtMs).toBeGreaterThan(0);
    if (row.expect.text !== undefined || row.expect.tools !== undefined) expect(report.firstAnswerMs).toBeGreaterThan(0);
  });

  it('leaves no connection behind after all of that', async () => {
    await gatewayHttp.dispose();
    await expect.poll(() => server.openConnections).toBe(0);
  });
});
