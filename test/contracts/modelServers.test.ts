import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelServerProcess } from '../support/gateway/modelServerProcess.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import type { Step } from '../support/modelServer/script.ts';

const delta = (fields: unknown): Step => ({ chunk: { choices: [{ index: 0, delta: fields, finish_reason: null }] } });
const signed = { extra_content: { google: { thought_signature: 'abc==' } } };
const call = (name: string, command: string, more: Record<string, unknown> = {}): Step => delta({ tool_calls: [{ index: 0, id: 'call_0', type: 'function', function: { name, arguments: JSON.stringify({ command }) }, ...more }] });
/** What a worker says to a model whose answer was cut off. */
const goOn = 'Your answer was cut off there. Go on exactly where it stopped, without repeating any of it.';
const ends = (finish: string): Step[] => [{ finish }, { done: true }];
const thinksAndCalls = (command: string, name = 'run_command'): Step[] => [delta({ reasoning_content: `I run ${command}.` }), call(name, command, signed), ...ends('tool_calls')];

describe('A strict model server', () => {
  let gateway: TestGateway;
  let other: ModelServerProcess;

  beforeAll(async () => {
    [gateway, other] = await Promise.all([TestGateway.start(), ModelServerProcess.start()]);
    await gateway.model.demand('reasoning', 'signature', 'names', 'ids', 'arguments', 'reasoning-with-calls-only');
    await other.demand('known-members', 'names', 'ids', 'arguments');
  });
  afterAll(async () => {
    await gateway.dispose();
    await other.dispose();
  });

  /** Gives the agent another model; gives the one that it had. */
  async function useModel(model: unknown): Promise<unknown> {
    const agent = await gateway.client.request<{ model: unknown; revision: number }>('agents/get', { agentId: gateway.agentId });
    await gateway.client.request('agents/update', { agentId: gateway.agentId, model, revision: agent.revision });
    return agent.model;
  }

  it('gets back what it sent along: in the turn, after a kill of the gateway, when the person goes on, and after another model', async () => {
    const { model } = gateway;
    const watch = await gateway.newSession();
    await model.post('first', { steps: thinksAndCalls('echo one', 'run_command<|channel|>commentary') });
    await model.post('first (1)', { steps: thinksAndCalls('echo two') });
    await model.post('first (2)', { steps: [delta({ reasoning_content: 'Done.' }), { text: 'Both ran.' }, ...ends('stop')] });
    const first = await watch.ask('first');
    expect(first).toMatchObject({ outcome: 'completed', text: 'Both ran.' });
    expect(first.message?.parts.flatMap((part) => (part.kind === 'tool' ? [part.output] : []))).toEqual(['one\n', 'two\n']);
    expect(JSON.stringify([watch.events, watch.view])).not.toContain('thought_signature');

    await gateway.process.kill();
    await gateway.startAgain();
    await model.post('second', { steps: thinksAndCalls('echo three') });
    await model.post('second (1)', { steps: [{ text: 'It is cut ' }, { waitMs: 20 }, { reset: true }] });
    // The worker goes on once by itself, and is cut off again.
    await model.post(goOn, { steps: [{ text: 'and again ' }, { waitMs: 20 }, { reset: true }] });
    const turnId = await watch.send('second');
    expect(await watch.ended(turnId)).toMatchObject({ outcome: 'failed', text: 'It is cut and again ', error: { class: 'model_crashed' } });
    await model.post(goOn, { steps: [{ text: 'to its end.' }, ...ends('stop')] });
    await watch.client.request('chat/retry', { sessionId: watch.sessionId, turnId, retryId: v7(), mode: 'resume' });
    await watch.until((view) => view.turns.at(-1)?.attempts.length === 2 && view.turns.at(-1)?.state === 'ended', 'the end of the second attempt');
    expect(watch.view.turns.at(-1)?.attempts.at(-1)).toMatchObject({ outcome: 'completed' });
    const resumed = JSON.parse((await model.chatRequests('second')).at(-1)?.body ?? '{}') as { messages: { role: string; content: string; reasoning_content?: string }[] };
    expect(resumed.messages.slice(-4).map(({ role, content, reasoning_content: reasoning }) => [role, reasoning ?? content.slice(0, 10)])).toEqual([
      ['assistant', 'I run echo three.'], ['tool', expect.stringContaining('Output') as string], ['assistant', 'It is cut '], ['user', goOn.slice(0, 10)],
    ]);

    const { id: serverId } = await gateway.client.request<{ id: string }>('models/add', { name: 'Other', baseUrl: other.baseUrl });
    const own = await useModel({ kind: 'model', serverId, name: 'scripted' });
    expect(await watch.ask('[[tool:run_command {"command":"echo four"}]] [[say:From another.]]')).toMatchObject({ outcome: 'completed', text: 'From another.' });
    for (const { body } of await other.chatRequests('echo')) expect(body).not.toMatch(/thought_signature|reasoning_content/);

    await useModel(own);
    expect(await watch.ask('[[say:Back again.]]')).toMatchObject({ outcome: 'completed', text: 'Back again.' });
    const back = (await model.chatRequests('Back again.')).at(-1)?.body ?? '';
    expect(back.match(/thought_signature/g)).toHaveLength(3);
  });

  it('gets back what it sent along with the calls of an answer in whose middle the gateway was killed', async () => {
    const { model } = gateway;
    const watch = await gateway.newSession();
    await model.post('killed', { steps: thinksAndCalls('echo before') });
    await model.post('killed (1)', { steps: [{ text: 'After that ' }, { hang: true }] });
    const turnId = await watch.send('killed');
    await watch.textOf(turnId, 5);
    await gateway.process.kill();
    await gateway.startAgain();
    expect((await watch.ended(turnId)).outcome).toBe('interrupted');
    await watch.client.request('chat/retry', { sessionId: watch.sessionId, turnId, retryId: v7(), mode: 'resume' });
    await watch.until((view) => view.turns.at(-1)?.attempts.length === 2 && view.turns.at(-1)?.state === 'ended', 'the end of the second attempt');
    expect(watch.view.turns.at(-1)?.attempts.at(-1)).toMatchObject({ outcome: 'completed' });
    expect((await model.chatRequests('killed')).at(-1)?.body).toContain('I run echo before.');
  });

  it('says with its own sentence, whole, why it refused', async () => {
    const sentence = `The request is not right: ${'it is of a kind that this server does not take, '.repeat(6)}and nothing else helps.`;
    await gateway.model.post('refused', { status: 400, headers: { 'content-type': 'application/json' }, steps: [{ raw: JSON.stringify([{ error: { code: 400, message: sentence, status: 'INVALID_ARGUMENT' } }], null, 2) }] });
    const end = await (await gateway.newSession()).ask('refused');
    expect(end.outcome).toBe('failed');
    expect(end.error?.message).toContain(sentence);
  });

  it('that fails in mid-stream leaves the text so far and its sentence, and one that cuts an answer its word', async () => {
    const watch = await gateway.newSession();
    await gateway.model.post('mid', { steps: [{ text: 'The first half ' }, { raw: 'error: {"code":500,"message":"context shift is disabled","type":"server_error"}\n\n' }, { done: true }] });
    expect(await watch.ask('mid')).toMatchObject({ outcome: 'failed', text: 'The first half ', error: { message: expect.stringContaining('context shift is disabled') as string } });
    await gateway.model.post('filtered', { steps: [{ text: 'The lyrics begin' }, ...ends('PROHIBITED_CONTENT')] });
    expect(await watch.ask('filtered')).toMatchObject({ outcome: 'completed', text: 'The lyrics begin' });
    expect(watch.view.turns.at(-1)?.notices).toEqual([expect.stringContaining('filter') as string]);
    expect(watch.view.turns.at(-1)?.notices?.[0]).toContain('PROHIBITED_CONTENT');
  });
});
