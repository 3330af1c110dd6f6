// What a sandbox costs: `true` in one, over a plain spawn of the same program; and a Node that boots in one.
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createPolicyLoader } from '../../server/policies/loadPolicy.ts';
import { spawnProcess } from '../../server/process/spawn.ts';
import { BubblewrapEngine } from '../../server/sandboxes/bubblewrap/engine.ts';
import type { PreparedSandbox } from '../../server/sandboxes/engine.ts';
import { defaultLimits } from '../../server/sandboxes/limits.ts';
import { createMemoryLog } from '../support/memoryLog.ts';
import { isQuick, ms, percentile, printRow, spread } from './rows.ts';

const rounds = isQuick ? 5 : 80;
const agentId = '00000000-0000-7000-8000-0000000000be';
const folder = fs.mkdtempSync('/tmp/logos-bench-sandbox-');
fs.chmodSync(folder, 0o711);
const worker = path.join(folder, 'worker.js');
fs.writeFileSync(worker, `process.stdout.write('ready\\n'); process.stdin.resume(); process.stdin.on('end', () => process.exit(0));`);

/** An engine whose "Node" is any program, so that the whole of it is measured, and not a copy of its arguments. */
async function openSandbox(name: string, program: string): Promise<{ engine: BubblewrapEngine; sandbox: PreparedSandbox }> {
  const stateDir = path.join(folder, name);
  fs.mkdirSync(stateDir, { mode: 0o700 });
  const engine = new BubblewrapEngine({ stateDir, systemRoot: path.join(folder, 'system'), nodePath: program, workerPath: worker, limits: defaultLimits, log: createMemoryLog().of('sandbox') });
  const policy = await createPolicyLoader([{ path: path.join(import.meta.dirname, '../../policies'), origin: 'shipped' }]).load('workspace-only');
  return { engine, sandbox: await engine.prepare({ agentId, label: 'logos-bench', policy }) };
}

async function timeSandbox({ engine, sandbox }: Awaited<ReturnType<typeof openSandbox>>, untilReady: boolean): Promise<number> {
  const socket = path.join(folder, 'socket');
  if (!fs.existsSync(socket)) fs.writeFileSync(socket, '');
  const startedAt = performance.now();
  const task = await engine.start({ sandbox, inferenceSocketHostPath: socket });
  task.stderr.resume();
  if (untilReady) await once(task.stdout, 'data');
  task.stdout.resume();
  const readyAt = performance.now();
  task.stdin.end();
  await task.exited;
  return (untilReady ? readyAt : performance.now()) - startedAt;
}

async function timePlain(program: string, args: readonly string[], untilReady: boolean): Promise<number> {
  const startedAt = performance.now();
  const child = await spawnProcess(program, args, { env: { PATH: '/usr/bin:/bin' } });
  child.stderr.resume();
  if (untilReady) await once(child.stdout, 'data');
  child.stdout.resume();
  const readyAt = performance.now();
  child.stdin.end();
  await child.closed;
  return (untilReady ? readyAt : performance.now()) - startedAt;
}

/** Sandbox and plain take turns, so that both see the same machine. */
async function measure(name: string, program: string, args: readonly string[], untilReady: boolean): Promise<{ inside: number[]; plain: number[] }> {
  const place = await openSandbox(name, program);
  const figures = { inside: [] as number[], plain: [] as number[] };
  for (let round = -3; round < rounds; round += 1) {
    const plain = await timePlain(program, args, untilReady);
    const inside = await timeSandbox(place, untilReady);
    if (round < 0) continue;
    figures.plain.push(plain);
    figures.inside.push(inside);
  }
  await place.engine.remove(agentId);
  await place.engine.dispose();
  return figures;
}

try {
  const bare = await measure('true', '/usr/bin/true', [], false);
  const over = percentile(bare.inside, 0.5) - percentile(bare.plain, 0.5);
  printRow({ name: '`true` in the sandbox, over a plain spawn', goal: 'p50 <= 12 ms', figure: `p50 ${ms(over)} (whole: ${spread(bare.inside)})`, floor: `plain spawn ${spread(bare.plain)}`, ok: over <= 12 });
  const node = await measure('node', process.execPath, [worker], true);
  printRow({ name: 'Node boots in the sandbox: start to first byte', goal: '-', figure: spread(node.inside), floor: `plain Node ${spread(node.plain)}`, ok: true });
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
