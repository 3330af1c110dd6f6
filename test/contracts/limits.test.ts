import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Limit } from '../../server/protocol/limits.ts';
import type { Sandbox } from '../../server/protocol/sandboxes.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';

const command = (text: string): string => `[[tool:run_command {"command":"${text}"}]]`;

const shown = command("grep -E 'processes|open files' /proc/self/limits");

describe('A limit that is set', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.dispose());

  it('holds the next task, in the sandbox and in its worker, survives the gateway, and is seen in the sandbox', async () => {
    const watch = await gateway.newSession();
    expect((await watch.ask(shown)).text).toMatch(/processes +256[^]*files +1024/);
    await gateway.client.request('limits/set', { name: 'processes', value: 128 });
    await gateway.client.request('limits/set', { name: 'openFiles', value: 512 });
    expect((await watch.ask(shown)).text).toMatch(/processes +128[^]*files +512/);

    await gateway.process.kill();
    await gateway.startAgain();
    expect((await watch.ask(shown)).text).toMatch(/processes +128[^]*files +512/);
    const { limits } = await gateway.client.request<Sandbox>('sandboxes/get', { agentId: gateway.agentId });
    expect(limits.find(({ name }) => name === 'processes')).toEqual({ name: 'processes', value: 128, enforcedBy: 'rlimit' });

    expect(await gateway.client.request<Limit>('limits/set', { name: 'processes', value: null })).toMatchObject({ value: 256, default: 256, enforcedBy: 'rlimit' });
    expect((await watch.ask(shown)).text).toMatch(/processes +256/);
  });

  it('ends a task that has taken its steps with a sentence that names the limit and the command', async () => {
    await gateway.client.request('limits/set', { name: 'iterations', value: 2 });
    const watch = await gateway.newSession();
    const end = await watch.ask(`${command('echo one')} ${command('echo two')} ${command('echo three')}`);
    expect(end).toMatchObject({ outcome: 'iterations_spent', error: { class: 'budget_spent', message: '2 of 2 steps used.' } });
    expect(end.error?.hint).toContain('raise “Steps of a task” with Logos: Change Limit…');
  });

  it('is refused outside of its bounds, by a name that says where it went wrong', async () => {
    const refused = gateway.client.request('limits/set', { name: 'processes', value: 1 });
    await expect(refused).rejects.toMatchObject({ errorClass: 'invalid_params', details: { path: 'value', least: 64 } });
  });
});
