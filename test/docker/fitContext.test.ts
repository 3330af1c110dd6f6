import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../docker/local/conversation.ts';
import { fitContext } from '../../docker/local/fitContext.ts';

const call = (id: string): ChatMessage => ({ role: 'assistant', content: '', tool_calls: [{ id, type: 'function', function: { name: 't', arguments: '{}' } }] });
const result = (id: string, bytes: number): ChatMessage => ({ role: 'tool', tool_call_id: id, content: id.repeat(bytes) });
const start: ChatMessage[] = [{ role: 'system', content: 'soul' }, { role: 'user', content: 'hello' }];

describe('a conversation in a small context', () => {
  it('stays as it is while it fits', () => {
    const messages = [...start, call('a'), result('a', 1_000)];
    expect(fitContext(messages, 8_192, 100)).toEqual(messages);
  });

  it('loses old results before it cuts new ones', () => {
    const messages = [...start, call('a'), result('a', 12_000), call('b'), result('b', 12_000), call('c'), result('c', 12_000)];
    const contents = fitContext(messages, 12_000, 100).flatMap((message) => (message.role === 'tool' ? [message.content] : []));
    expect(contents[0]).toContain('was left out');
    expect(contents[1]).toBe('b'.repeat(12_000));
    expect(contents[2]).toBe('c'.repeat(12_000));
    const tight = fitContext(messages, 4_096, 100).flatMap((message) => (message.role === 'tool' ? [message.content] : []));
    expect(tight[1]).toContain('was left out');
    expect(tight[2]).toContain('bytes left out of the middle');
  });

  it('loses the reasoning of old answers before it loses results, and never that of the newest', () => {
    const thought = (id: string): ChatMessage => ({ ...(call(id) as Extract<ChatMessage, { role: 'assistant' }>), kept: { reasoning_content: 'x'.repeat(6_000) } });
    const messages = [...start, thought('a'), result('a', 3_000), thought('b'), result('b', 3_000), thought('c'), result('c', 3_000)];
    const fitted = fitContext(messages, 8_192, 100);
    expect(fitted.flatMap((message) => (message.role === 'assistant' ? [message.kept !== undefined] : []))).toEqual([false, false, true]);
    expect(fitted.flatMap((message) => (message.role === 'tool' ? [message.content.length] : []))).toEqual([3_000, 3_000, 3_000]);
  });

  it('never touches what was said, nor the pairing of calls and results', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 8 }), fc.integer({ min: 256, max: 20_000 }), (sizes, contextTokens) => {
        const messages = [...start, ...sizes.flatMap((size, index) => [call(`c${index}`), result(`c${index}`, size)])];
        const fitted = fitContext(messages, contextTokens, 100);
        expect(fitted.map((message) => ({ ...message, content: message.role === 'tool' ? '' : message.content }))).toEqual(
          messages.map((message) => ({ ...message, content: message.role === 'tool' ? '' : message.content })),
        );
      }),
    );
  });
});
