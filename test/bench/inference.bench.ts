// Added time to the first token on the way from a task to its model: over the inference socket and straight to the server, in turns.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isQuick, ms, percentile, printRow } from './rows.ts';

const rounds = isQuick ? 20 : 1000;
const warmUp = isQuick ? 5 : 100;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-bench-'));
const children: ChildProcess[] = [];

/** Starts a program and gives the first line that it prints. */
async function start(file: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', path.join(import.meta.dirname, file), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return line.toString();
}

const system = 'You are a careful assistant. '.repeat(60);
const body = JSON.stringify({ model: 'scripted', stream: true, messages: [{ role: 'system', content: system }, { role: 'user', content: '[[say:one two three]]' }] });

/** From the request to the first byte of an answer's text, ms; the answer is read to its end. */
function timeToFirstToken(options: http.RequestOptions): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    let first = Number.NaN;
    const request = http.request({ ...options, method: 'POST', path: '/v1/chat/completions', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (response) => {
      response.on('data', (chunk: Buffer) => {
        if (Number.isNaN(first) && chunk.includes('"content":"')) first = performance.now() - startedAt;
      });
      response.on('end', () => resolve(first));
    });
    request.on('error', reject);
    request.end(body);
  });
}

try {
  const { baseUrl } = JSON.parse(await start('../support/modelServer/main.ts')) as { baseUrl: string };
  const socketPath = path.join(folder, 'inference.sock');
  await start('egressProcess.ts', socketPath, baseUrl);
  const direct = { host: '127.0.0.1', port: new URL(baseUrl).port, agent: new http.Agent({ keepAlive: true }) };
  const over = { socketPath, agent: new http.Agent({ keepAlive: true }) };
  const figures = { direct: [] as number[], over: [] as number[] };
  for (let n = -warmUp; n < rounds; n += 1) {
    const straight = await timeToFirstToken(direct);
    await nextTurn();
    const through = await timeToFirstToken(over);
    await nextTurn();
    if (n < 0) continue;
    figures.direct.push(straight);
    figures.over.push(through);
  }
  const added = (share: number): number => percentile(figures.over, share) - percentile(figures.direct, share);
  const least = Math.min(...figures.over) - Math.min(...figures.direct);
  const p50 = added(0.5);
  printRow({
    name: 'added time to first token on the inference path',
    goal: 'p50 <= 1.5 ms, min <= 0.6 ms',
    figure: `p50 ${ms(p50)}, min ${ms(least)}, p95 ${ms(added(0.95))}`,
    ok: p50 <= 1.5 && least <= 0.6,
    floor: `p50 ${ms(percentile(figures.direct, 0.5))}, min ${ms(Math.min(...figures.direct))}`,
    note: `n = ${rounds}, in turns with direct requests, kept connections; floor: the direct request`,
  });
} finally {
  for (const child of children) child.stdin?.end();
  await Promise.all(children.filter((child) => child.exitCode === null).map((child) => once(child, 'exit')));
  fs.rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
