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

  it('refuses model calls beyond it whatever a task does, and ends its turn with a sentence that names the limit and the command', async () => {
    await gateway.client.request('limits/set', { name: 'modelCalls', value: 5 });
    const body = JSON.stringify({ model: 'scripted', stream: true, messages: [{ role: 'user', content: 'flood' }] });
    const call = `require('http').request({socketPath:'/run/logos/inference.sock',method:'POST',path:'/v1/chat/completions'},(r)=>r.resume().on('end',next)).on('error',next).end(atob('${btoa(body)}'))`;
    const flood = `let n=0;function next(){if(n++<200)${call}}next();setInterval(()=>0,1000)`;
    const watch = await gateway.newSession();
    const end = await watch.ask(`[[tool:run_command ${JSON.stringify({ command: `/run/logos/node -e "eval(atob('${btoa(flood)}'))"` })}]]`, 30_000);
    expect(end).toMatchObject({ outcome: 'iterations_spent', error: { class: 'budget_spent', cause: 'modelCalls', message: 'The task made 5 model calls, which is its limit.' } });
    expect(end.error?.hint).toContain('raise “Model calls of a task” with Logos: Change Limit…');
    // One of the five was the worker's own.
    expect(await gateway.model.chatRequests('"flood"')).toHaveLength(4);
    await gateway.client.request('limits/set', { name: 'modelCalls', value: null });
  });

  it('lets the call that reaches the tokens of a turn be the last', async () => {
    await gateway.client.request('limits/set', { name: 'iterations', value: null });
    await gateway.client.request('limits/set', { name: 'turnTokens', value: 1_000 });
    await gateway.model.post('costly', { steps: [{ tool: { name: 'run_command', args: '{"command":"echo on"}', id: 'call_1' } }, { finish: 'tool_calls' }, { usage: { prompt_tokens: 900, completion_tokens: 100 } }, { done: true }] });
    const watch = await gateway.newSession();
    const end = await watch.ask('[[scenario:costly]]');
    expect(end).toMatchObject({ outcome: 'iterations_spent', error: { cause: 'turnTokens', message: 'The model read and wrote 1,000 tokens for this turn; 1,000 are its limit.' } });
    expect(await gateway.model.chatRequests('scenario:costly')).toHaveLength(1);
    expect(end.message?.parts).toMatchObject([{ kind: 'tool', state: 'done' }]);
    await gateway.client.request('limits/set', { name: 'turnTokens', value: null });
  });

  it('holds the tokens of a turn also against a task that hangs up before each answer begins', async () => {
    await gateway.client.request('limits/set', { name: 'turnTokens', value: 40_000 });
    const ask = `const q=require('http').request({socketPath:'/run/logos/inference.sock',method:'POST',path:'/v1/chat/completions'});q.on('error',()=>0);q.on('close',next);q.end(body);setTimeout(()=>q.destroy(),200)`;
    const hangUp = `const content='[[scenario:silent]] HUNGUP '+'word '.repeat(8000),body=JSON.stringify({messages:[{role:'user',content}]});let n=0;function next(){if(n++<60){${ask}}}next();setInterval(()=>0,1000)`;
    const watch = await gateway.newSession();
    const end = await watch.ask(`[[tool:run_command ${JSON.stringify({ command: `/run/logos/node -e "eval(atob('${btoa(hangUp)}'))"` })}]]`, 30_000);
    expect(end).toMatchObject({ outcome: 'iterations_spent', error: { class: 'budget_spent', cause: 'turnTokens' } });
    const asked = await gateway.model.chatRequests('HUNGUP');
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan(10);
    await gateway.client.request('limits/set', { name: 'turnTokens', value: null });
  });

  it('is refused outside of its bounds, by a name that says where it went wrong', async () => {
    const refused = gateway.client.request('limits/set', { name: 'processes', value: 1 });
    await expect(refused).rejects.toMatchObject({ errorClass: 'invalid_params', details: { path: 'value', least: 64 } });
  });
});
