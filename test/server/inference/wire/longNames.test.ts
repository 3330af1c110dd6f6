import { describe, expect, it } from 'vitest';
import { createChatStreamReader } from '../../../../server/inference/wire/chatStream.ts';
import { finishWord } from '../../../../server/inference/wire/finishReason.ts';

const long = 'x'.repeat(1_000_000);

describe('a model server that names things at great length', () => {
  it('has no more held of a tool call than a call needs', () => {
    const reader = createChatStreamReader();
    const calls = Array.from({ length: 3 }, (_unused, index) => ({ index, id: `${long}${index}`, function: { name: `run_${long}`, arguments: '{}' } }));
    const events = reader.push(Buffer.from(`data: ${JSON.stringify({ choices: [{ delta: { tool_calls: calls } }] })}\n\n`)).filter((event) => event.kind === 'tool');
    expect(events.map(({ index, id, name, args }) => [index, id, name?.length, args])).toEqual([0, 1, 2].map((index) => [index, undefined, 512, '{}']));
  });

  it('is quoted in sixty characters where it says why it ended', () => {
    expect(finishWord(long)).toHaveLength(60);
  });
});
