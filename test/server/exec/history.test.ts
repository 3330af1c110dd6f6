import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trimHistory, type HistoryInput } from '../../../server/exec/history.ts';
import type { Attempt, Part, Turn } from '../../../server/protocol/messages.ts';

const textPart = (text: string): Part => ({ kind: 'text', partId: text, text });
const thinkingPart = (text: string): Part => ({ kind: 'thinking', partId: text, text, startedAt: 0 });
const toolPart = (callId: string, output: string): Part => ({ kind: 'tool', partId: callId, callId, tool: 'read_file', title: callId, args: { path: callId }, state: 'done', output, startedAt: 0 });

function turnOf(ordinal: number, parts: Part[] | undefined, change: { outcome?: Attempt['outcome']; fromReasoning?: boolean; state?: Turn['state'] } = {}): Turn {
  const message = { id: `m${ordinal}`, role: 'user' as const, parts: [textPart(`question ${ordinal}`)], origin: { kind: 'client' as const, name: 'x' }, createdAt: 0 };
  const answer = { ...message, role: 'assistant' as const, parts: parts ?? [], ...(change.fromReasoning ? { fromReasoning: true } : {}) };
  const attempt: Attempt = { number: 1, mode: 'first', startedAt: 0, outcome: change.outcome ?? 'completed', ...(parts === undefined ? {} : { message: answer }) };
  return { id: `t${ordinal}`, sessionId: 's', ordinal, state: change.state ?? 'ended', message, attempts: [attempt], queuedAt: 0 };
}
const trim = (turns: Turn[], change: Partial<HistoryInput> = {}): ReturnType<typeof trimHistory> => trimHistory({ turns, contextTokens: 32_768, fixedTexts: ['soul', 'message'], toolCount: 5, ...change });

describe('the history that a task is given', () => {
  it('puts turns in order, the oldest first, whatever order they came in', () => {
    expect(trim([turnOf(2, [textPart('two')]), turnOf(1, [textPart('one')])]).history).toEqual([
      { role: 'user', text: 'question 1' },
      { role: 'assistant', text: 'one', toolCalls: [] },
      { role: 'user', text: 'question 2' },
      { role: 'assistant', text: 'two', toolCalls: [] },
    ]);
  });

  it('keeps text and calls in the order in which they happened, without thinking', () => {
    const parts = [thinkingPart('hm'), textPart('I look. '), textPart('Now.'), toolPart('a', 'A'), toolPart('b', 'B'), thinkingPart('so'), textPart('Done.')];
    expect(trim([turnOf(1, parts)]).history.slice(1)).toEqual([
      { role: 'assistant', text: 'I look. Now.', toolCalls: [{ callId: 'a', tool: 'read_file', args: { path: 'a' }, result: 'A' }, { callId: 'b', tool: 'read_file', args: { path: 'b' }, result: 'B' }] },
      { role: 'assistant', text: 'Done.', toolCalls: [] },
    ]);
  });

  it('keeps the steps of an answer apart, whether or not text stands between them', () => {
    const step = (callId: string, number: number): Part => ({ ...toolPart(callId, callId.toUpperCase()), ...{ kept: { step: number, route: 'r' } } });
    const shape = (parts: Part[]): unknown => trim([turnOf(1, parts)], { route: 'r' }).history.slice(1).map((message) => (message.role === 'assistant' ? [message.text, message.toolCalls.map(({ callId }) => callId).join('')] : []));
    expect(shape([step('a', 1), step('b', 1), step('c', 2), step('d', 3), textPart('Done.')])).toEqual([['', 'ab'], ['', 'c'], ['', 'd'], ['Done.', '']]);
    expect(shape([textPart('one '), step('a', 1), textPart('two '), step('b', 2), thinkingPart('hm'), step('c', 3)])).toEqual([['one ', 'a'], ['two ', 'b'], ['', 'c']]);
    expect(shape([toolPart('a', 'A'), thinkingPart('hm'), toolPart('b', 'B'), toolPart('c', 'C')])).toEqual([['', 'a'], ['', 'bc']]);
  });

  it('takes reasoning for the reply where it stands as the reply, behind the last call', () => {
    expect(trim([turnOf(1, [thinkingPart('I look.'), toolPart('a', 'A'), thinkingPart('42')], { fromReasoning: true })]).history.slice(1).map(({ text }) => text)).toEqual(['', '42']);
    expect(trim([turnOf(1, [thinkingPart('42')], { fromReasoning: true })]).history[1]).toEqual({ role: 'assistant', text: '42', toolCalls: [] });
  });

  it('gives every turn an answer, and says where one broke off', () => {
    const answers = [
      turnOf(1, [textPart('half')], { outcome: 'stopped' }),
      turnOf(2, undefined, { outcome: 'failed' }),
      turnOf(3, [toolPart('a', 'A')], { outcome: 'interrupted' }),
      turnOf(4, []),
    ].map((turn) => trim([turn]).history.at(-1)?.text);
    expect(answers).toEqual(['half\n[The person stopped this answer here.]', '[This answer broke off here.]', '[This answer broke off here.]', '[No answer was given.]']);
  });

  it('passes over turns that have not ended', () => {
    expect(trim([turnOf(1, [], { state: 'running' }), turnOf(2, [], { state: 'queued' })])).toEqual({ history: [], leftOutTurns: 0, tokens: 0 });
  });

  it('drops the oldest whole turns until the rest fits, counts tool results, and says how many', () => {
    const turns = [turnOf(1, [textPart('short')]), turnOf(2, [toolPart('big', 'x'.repeat(40_000))]), turnOf(3, [textPart('short')])];
    expect(trim(turns, { contextTokens: 32_768 }).leftOutTurns).toBe(0);
    const small = trim(turns, { contextTokens: 8_192 });
    expect(small.leftOutTurns).toBe(2);
    expect(small.history[0]).toEqual({ role: 'user', text: 'question 3' });
    expect(trim(turns, { contextTokens: 512 })).toMatchObject({ history: [], leftOutTurns: 3 });
  });

  it('leaves out what came along with an answer before it leaves out the turn', () => {
    const parts: Part[] = [{ ...toolPart('a', 'A'), ...{ kept: { step: 1, route: 'r', message: { reasoning_content: 'x'.repeat(9_000) }, call: { signature: 's' } } } }];
    const second = (contextTokens: number): unknown => trim([turnOf(1, parts)], { contextTokens, toolCount: 0, route: 'r' }).history[1];
    expect(second(16_384)).toMatchObject({ kept: { reasoning_content: 'x'.repeat(9_000) }, toolCalls: [{ kept: { signature: 's' } }] });
    expect(second(2_048)).toMatchObject({ toolCalls: [{ callId: 'a', kept: { signature: 's' } }] });
    expect(second(2_048)).not.toHaveProperty('kept');
  });

  it('leaves room for what is sent in any case', () => {
    const turns = [turnOf(1, [textPart('x'.repeat(4_000))])];
    expect(trim(turns, { contextTokens: 4_096, toolCount: 0 }).leftOutTurns).toBe(0);
    expect(trim(turns, { contextTokens: 4_096, toolCount: 0, fixedTexts: ['y'.repeat(8_000)] }).leftOutTurns).toBe(1);
  });

  it('never exceeds the room, never has a gap, and always begins with a person', () => {
    const part = fc.oneof(fc.string().map(textPart), fc.string().map(thinkingPart), fc.tuple(fc.string(), fc.string({ maxLength: 2_000 })).map(([id, output]) => toolPart(id, output)));
    fc.assert(
      fc.property(fc.array(fc.array(part, { maxLength: 6 }), { maxLength: 20 }), fc.integer({ min: 1, max: 20_000 }), (answers, contextTokens) => {
        const turns = answers.map((parts, index) => turnOf(index + 1, parts));
        const { history, leftOutTurns, tokens } = trim(turns, { contextTokens });
        expect(tokens).toBeLessThanOrEqual(contextTokens);
        const users = history.filter(({ role }) => role === 'user').map(({ text }) => text);
        expect(users).toEqual(turns.slice(leftOutTurns).map(({ ordinal }) => `question ${ordinal}`));
        if (history.length > 0) expect(history[0]?.role).toBe('user');
      }),
    );
  });
});
