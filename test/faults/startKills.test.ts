import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPolicyLoader } from '../../server/policies/loadPolicy.ts';
import { listMarked } from '../../server/process/ownerMark.ts';
import { BubblewrapEngine } from '../../server/sandboxes/bubblewrap/engine.ts';
import { readChildren } from '../../server/sandboxes/bubblewrap/usage.ts';
import type { PreparedSandbox } from '../../server/sandboxes/engine.ts';
import { defaultLimits } from '../../server/sandboxes/limits.ts';
import { guardOf, killHard } from '../support/gateway/processes.ts';
import type { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { createMemoryLog } from '../support/memoryLog.ts';

const kills = 60;

/** Waits without giving up its turn for long, because what is meant lies between two moments of a millisecond. */
async function busyUntil(isOver: () => boolean): Promise<void> {
  while (!isOver()) await nextTurn();
}

async function pause(ms: number): Promise<void> {
  const end = performance.now() + ms;
  await busyUntil(() => performance.now() >= end);
}

/** How a turn ended, with what was wrong. */
const outcomeOf = ({ outcome, error }: Awaited<ReturnType<SessionWatch['ask']>>): string | undefined => (error === undefined ? outcome : `${error.class}: ${error.message}`);

describe('A gateway that is killed while it starts the next sandbox', () => {
  let gateway: TestGateway;
  let watch: SessionWatch;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    watch = await gateway.newSession();
  });
  afterAll(async () => {
    await gateway.dispose();
  });

  it(`leaves no process of it, ${kills} times between 0 and 8 ms after a turn`, async () => {
    for (let round = 0; round < kills; round += 1) {
      expect(outcomeOf(await watch.ask(`[[say:round ${round}]]`))).toBe('completed');
      await pause((8 * round) / kills);
      await gateway.process.kill();
      await gateway.assertNoOrphans();
      await gateway.startAgain();
    }
    await gateway.assertWhole(watch);
  });

  it(`is cleaned up after by the next one when nothing else of it was left alive, ${kills} times`, async () => {
    for (let round = 0; round < kills; round += 1) {
      expect(outcomeOf(await watch.ask(`[[say:again ${round}]]`))).toBe('completed');
      const guard = guardOf(gateway.process.pid);
      await pause((4 * round) / kills);
      if (guard !== undefined) killHard(guard.pid);
      await gateway.process.kill();
      await gateway.startAgain();
      await gateway.assertNoOrphans();
    }
  });

  it('has another guard after the one that it had was killed', async () => {
    await watch.ask('[[say:first]]');
    const guard = guardOf(gateway.process.pid) ?? expect.fail('there is no guard');
    killHard(guard.pid);
    expect(await watch.ask('[[say:on]]')).toMatchObject({ outcome: 'completed' });
    await expect.poll(() => guardOf(gateway.process.pid)?.pid ?? guard.pid).not.toBe(guard.pid);
  });
});

describe('Bubblewrap that is killed while it makes a sandbox', () => {
  const folder = fs.mkdtempSync('/tmp/logos-start-');
  const stateDir = path.join(folder, 'state');
  const socket = path.join(folder, 'socket');
  let engine: BubblewrapEngine;
  let sandbox: PreparedSandbox;

  beforeAll(async () => {
    fs.chmodSync(folder, 0o711);
    fs.mkdirSync(stateDir, { mode: 0o700 });
    fs.writeFileSync(socket, '');
    const worker = path.join(folder, 'worker.js');
    fs.writeFileSync(worker, `process.stdin.resume();`);
    const options = { systemRoot: path.join(folder, 'system'), nodePath: process.execPath, workerPath: worker };
    engine = new BubblewrapEngine({ stateDir, ...options, limits: defaultLimits, log: createMemoryLog().of('sandbox') });
    const policies = createPolicyLoader([{ path: path.join(import.meta.dirname, '../../policies'), origin: 'shipped' }]);
    sandbox = await engine.prepare({ agentId: '00000000-0000-7000-8000-0000000000be', label: 'logos-test', policy: await policies.load('workspace-only') });
  });
  afterAll(async () => {
    await engine.remove('00000000-0000-7000-8000-0000000000be');
    await engine.dispose();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const moments: readonly (readonly [name: string, wait: (pid: number, round: number) => Promise<void>])[] = [
    ['between 0 and 5 ms after its start', async (_pid, round) => await pause((5 * round) / kills)],
    ['as soon as it has a child', async (pid) => await busyUntil(() => (readChildren(pid) ?? []).length > 0)],
  ];
  for (const [name, wait] of moments) {
    it(`leaves no process, ${kills} times ${name}`, async () => {
      for (let round = 0; round < kills; round += 1) {
        const task = await engine.start({ sandbox, inferenceSocketHostPath: socket });
        task.stdout.resume();
        task.stderr.resume();
        await wait(task.pid, round);
        killHard(task.pid);
        expect((await task.exited).cause).toBe('sandbox_gone');
        await expect.poll(() => listMarked(stateDir)).toEqual([]);
      }
    });
  }
});
