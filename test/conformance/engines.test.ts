import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPolicyLoader } from '../../server/policies/loadPolicy.ts';
import type { Policy } from '../../server/policies/policy.ts';
import { BubblewrapEngine } from '../../server/sandboxes/bubblewrap/engine.ts';
import type { PreparedSandbox, SandboxEngine, SandboxProcess } from '../../server/sandboxes/engine.ts';
import { defaultLimits } from '../../server/sandboxes/limits.ts';
import { createMemoryLog } from '../support/memoryLog.ts';

const root = path.join(import.meta.dirname, '../..');
const workerPath = path.join(root, 'test/support/sandbox/conformanceWorker.cjs');

/** Every engine, and how a test makes one in a folder of its own; a new engine is one line here. */
const engines: Readonly<Record<SandboxEngine['name'], (stateDir: string) => SandboxEngine>> = {
  bubblewrap: (stateDir) => new BubblewrapEngine({ stateDir, systemRoot: path.join(stateDir, 'system'), nodePath: process.execPath, workerPath, limits: defaultLimits, log: createMemoryLog().of('sandbox') }),
};

describe.each(Object.entries(engines))('the engine %s', (_name, make) => {
  let stateDir: string;
  let engine: SandboxEngine;
  let policy: Policy;
  const agentId = randomUUID();

  beforeAll(async () => {
    // Below a folder that an unprivileged id can reach.
    stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'lg-e-'));
    fs.chmodSync(stateDir, 0o711);
    engine = make(stateDir);
    policy = await createPolicyLoader([{ path: path.join(root, 'policies'), origin: 'shipped' }]).load('workspace-only');
  });
  afterAll(async () => {
    await engine.remove(agentId);
    await engine.dispose();
    fs.rmSync(stateDir, { recursive: true, force: true });
  });

  const prepare = (): Promise<PreparedSandbox> => engine.prepare({ agentId, label: 'logos-conformance', policy });

  async function start(act: string): Promise<SandboxProcess & { finish(): Promise<void> }> {
    const sandbox = await prepare();
    const directory = await engine.createTaskDirectory(sandbox);
    const inferenceSocketHostPath = path.join(directory.path, 'inference.sock');
    const server = net.createServer();
    await new Promise<void>((resolve) => void server.listen(inferenceSocketHostPath, resolve));
    const child = await engine.start({ sandbox, inferenceSocketHostPath });
    child.stdin.write(`${JSON.stringify({ act })}\n`);
    return Object.assign(child, {
      finish: async () => {
        server.close();
        await directory.dispose();
      },
    });
  }

  async function run(act: string): Promise<{ said: string; exit: Awaited<SandboxProcess['exited']> }> {
    const child = await start(act);
    const [said, exit] = await Promise.all([text(child.stdout), child.exited]);
    await child.finish();
    return { said, exit };
  }

  it('says by a probe in a real sandbox which version it is and what holds each limit', async () => {
    const probe = await engine.probe();
    expect(probe.version).toMatch(/\d/);
    expect(probe.limits.map((limit) => limit.name)).toEqual(expect.arrayContaining(['memoryBytes', 'processes', 'openFiles', 'fileBytes', 'workspaceBytes']));
  });

  it('gives the same sandbox for the same agent and policy, and another hash for another policy', async () => {
    const [first, second] = [await prepare(), await prepare()];
    expect(second.hash).toBe(first.hash);
    const other = await createPolicyLoader([{ path: path.join(root, 'policies'), origin: 'shipped' }]).load('read-only');
    expect((await engine.prepare({ agentId, label: 'logos-conformance', policy: other })).hash).not.toBe(first.hash);
  });

  it('runs the worker in the workspace and passes its exit code on', async () => {
    const { said, exit } = await run('echo');
    expect(JSON.parse(said)).toEqual({ home: engine.capabilities.workspacePath, cwd: engine.capabilities.workspacePath, args: 2 });
    expect(exit).toMatchObject({ code: 3, cause: 'exited' });
  });

  it('says where the files of an agent lie', async () => {
    const { homePath } = await prepare();
    expect(engine.homeOf(agentId)).toBe(homePath);
    expect(engine.homeOf(randomUUID())).toBeUndefined();
  });

  it('keeps what a task wrote into the workspace for the next one', async () => {
    expect((await run('keep')).said).toBe('written\n');
    expect((await run('read')).said).toBe('kept\n');
  });

  it('tells a task that waits of the end of its input, where it keeps the input open', async () => {
    const child = await start('wait');
    if (engine.capabilities.keepsStdinOpen) child.stdin.end();
    else await child.terminate();
    const [said, exit] = await Promise.all([text(child.stdout), child.exited]);
    await child.finish();
    expect(said).toBe(engine.capabilities.keepsStdinOpen ? 'waiting\ninput ended\n' : 'waiting\n');
    expect(exit.cause).toBe(engine.capabilities.keepsStdinOpen ? 'exited' : 'stopped_by_us');
  });

  it('ends a task that does not heed its signal, and says that it was ended by us', async () => {
    const child = await start('stay');
    await new Promise<void>((resolve) => void child.stdout.once('data', () => resolve()));
    await child.terminate();
    expect((await child.exited).cause).toBe('stopped_by_us');
    expect(() => process.kill(child.pid, 0)).toThrow('ESRCH');
    await child.finish();
  });

  it('refuses aloud what it cannot enforce', () => {
    expect(() => engine.assertEnforces({ ...policy, filesystem: { ...policy.filesystem, readWrite: ['/usr/local'] } })).toThrow(expect.objectContaining({ class: 'policy_unenforceable' }));
  });

  it('removes the sandbox with all that was put there', async () => {
    await run('keep');
    const { homePath } = await prepare();
    await engine.remove(agentId);
    expect(fs.existsSync(homePath)).toBe(false);
    expect(engine.homeOf(agentId)).toBeUndefined();
    await expect(run('read').then(({ exit }) => exit.code)).resolves.not.toBe(0);
  });
});
