// Runs the embedded engine in a process of its own, so that a test can have it as root, as an ordinary user, and killed.
// Requests and answers are JSON lines on stdin and stdout: {id, op, ...} -> {id, value | error}.
import net from 'node:net';
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { asAppError } from '../../../server/base/appError.ts';
import { createPolicyLoader } from '../../../server/policies/loadPolicy.ts';
import { BubblewrapEngine } from '../../../server/sandboxes/bubblewrap/engine.ts';
import type { PreparedSandbox, SandboxProcess } from '../../../server/sandboxes/engine.ts';
import { defaultLimits } from '../../../server/sandboxes/limits.ts';
import type { Logger } from '../../../server/log/logger.ts';
import type { DriverSetup, Ended } from './sandboxHost.ts';

const setup = JSON.parse(process.argv[2] ?? '{}') as DriverSetup;
const complain = (text: string): void => void process.stderr.write(`${text}\n`);
const log: Logger = { log: (_level, text) => complain(text), trace: complain, debug: complain, info: complain, warn: complain, error: complain };
const engine = new BubblewrapEngine({
  stateDir: setup.stateDir,
  nodePath: process.execPath,
  workerPath: setup.workerPath,
  limits: { ...defaultLimits, ...setup.limits },
  log,
  ...(setup.bwrapPath === undefined ? {} : { bwrapPath: setup.bwrapPath }),
  ...(setup.systemRoot === undefined ? {} : { systemRoot: setup.systemRoot }),
  ...(setup.withoutCgroups === true ? { cgroups: null } : {}),
});
const policies = createPolicyLoader([{ path: setup.policies, origin: 'shipped' }]);
const sandboxes = new Map<string, PreparedSandbox>();
const tasks = new Map<number, { process: SandboxProcess; socket: string; lines: string[]; waiting: (() => void)[]; ended: Promise<Ended> }>();
let nextTask = 1;

async function start(agentId: string, body: string): Promise<{ task: number; pid: number; socket: string }> {
  const sandbox = sandboxes.get(agentId);
  if (sandbox === undefined) throw new Error('Prepare the sandbox first.');
  const directory = await engine.createTaskDirectory(sandbox);
  const socket = path.join(directory.path, 'inference.sock');
  const server = net.createServer((connection) => connection.on('error', () => undefined).end(`model of ${agentId}\n`));
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  fs.chmodSync(socket, 0o666);
  const child = await engine.start({ sandbox, inferenceSocketHostPath: socket });
  const task = nextTask;
  nextTask += 1;
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => { stderr = `${stderr}${chunk.toString()}`.slice(-4000); });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const wake of waiting.splice(0)) wake();
  });
  child.stdin.write(`${JSON.stringify(body)}\n`);
  const ended = child.exited.then(async (exit) => {
    server.close();
    await directory.dispose();
    for (const wake of waiting.splice(0)) wake();
    return { exit, lines, stderr };
  });
  tasks.set(task, { process: child, socket, lines, waiting, ended });
  return { task, pid: child.pid, socket };
}

function taskOf(number: number): NonNullable<ReturnType<typeof tasks.get>> {
  const found = tasks.get(number);
  if (found === undefined) throw new Error(`There is no task ${number}.`);
  return found;
}

type Request = { readonly id: number; readonly op: string; readonly agentId: string; readonly policy: string; readonly body: string; readonly task: number };

const operations: Readonly<Record<string, (request: Request) => Promise<unknown>>> = {
  probe: async () => await engine.probe(),
  prepare: async ({ agentId, policy }) => {
    const sandbox = await engine.prepare({ agentId, label: 'logos-test', policy: await policies.load(policy) });
    sandboxes.set(agentId, sandbox);
    return { homePath: sandbox.homePath, hash: sandbox.hash };
  },
  start: async ({ agentId, body }) => await start(agentId, body),
  said: async ({ task }) => {
    const { lines, waiting, ended } = taskOf(task);
    if (lines.length === 0) await Promise.race([new Promise<void>((wake) => waiting.push(wake)), ended]);
    return lines[0];
  },
  ended: async ({ task }) => await taskOf(task).ended,
  terminate: async ({ task }) => {
    const startedAt = performance.now();
    await taskOf(task).process.terminate();
    return { ...(await taskOf(task).ended), tookMs: performance.now() - startedAt };
  },
  kill: async ({ task }) => {
    taskOf(task).process.kill();
    return await taskOf(task).ended;
  },
  remove: async ({ agentId }) => await engine.remove(agentId),
  dispose: async () => await engine.dispose(),
};

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request = JSON.parse(line) as Request;
    const operation = operations[request.op];
    const answer = (result: object): void => void process.stdout.write(`${JSON.stringify({ id: request.id, ...result })}\n`);
    if (operation === undefined) return answer({ error: { message: `There is no ${request.op}.` } });
    operation(request).then(
      (value) => answer({ value: value ?? null }),
      (error: unknown) => answer({ error: { ...asAppError(error).toInfo(), stack: String((error as Error).stack) } }),
    );
  })
  .on('close', () => void engine.dispose().then(() => process.exit(0)));
