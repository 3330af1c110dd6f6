import { describe, expect, it } from 'vitest';
import { createChatStreamReader } from '../../../../../server/inference/wire/chatStream.ts';
import { createKeptMembers, keptLengths } from '../../../../../server/inference/wire/calls/keptMembers.ts';

const known = new Set(['content']);
function keep(...deltas: Record<string, unknown>[]): unknown {
  const kept = createKeptMembers(known, keptLengths.message);
  for (const delta of deltas) kept.take(JSON.parse(JSON.stringify(delta)) as Record<string, unknown>);
  return kept.members();
}

describe('what a server sends beside what the wire defines', () => {
  it.each([
    ['reasoning in pieces', [{ reasoning_content: '' }, { reasoning_content: 'ha' }, { reasoning_content: 'ha' }, { reasoning_content: null }], { reasoning_content: 'haha' }],
    ['an empty reasoning', [{ reasoning_content: '' }], { reasoning_content: '' }],
    ['a value that is repeated', [{ opaque: 'abc' }, { opaque: 'abc' }, { opaque: '' }], { opaque: 'abc' }],
    ['objects that come in parts', [{ extra: { a: { x: 1 } } }, { extra: { a: { y: 2 }, b: null } }], { extra: { a: { x: 1, y: 2 } } }],
    [
      'details by their index',
      [{ details: [{ type: 'text', index: 0, text: 'I ' }] }, { details: [{ type: 'text', index: 0, text: 'see.' }, { type: 'secret', index: 1, data: 'aa' }] }, { details: [{ type: 'text', index: 0, signature: 's' }, { type: 'secret', index: 1, data: 'bb' }] }],
      { details: [{ type: 'text', index: 0, text: 'I see.', signature: 's' }, { type: 'secret', index: 1, data: 'aabb' }] },
    ],
    [
      'blocks without an index, up to their signature',
      [{ blocks: [{ type: 'thinking', thinking: 'a' }] }, { blocks: [{ type: 'thinking', thinking: 'b', signature: 's' }] }, { blocks: [{ type: 'thinking', thinking: 'c' }] }],
      { blocks: [{ type: 'thinking', thinking: 'ab', signature: 's' }, { type: 'thinking', thinking: 'c' }] },
    ],
    ...[null, ''].map((signature): [string, Record<string, unknown>[], unknown] => [
      `blocks whose signature is ${JSON.stringify(signature)} until their last piece`,
      [
        { blocks: [{ type: 'thinking', thinking: 'a', signature }] },
        { blocks: [{ type: 'thinking', thinking: 'b', signature }] },
        { blocks: [{ type: 'thinking', thinking: '', signature: 's' }] },
        { blocks: [{ type: 'thinking', thinking: 'c', signature }, { type: 'thinking', thinking: '', signature: 't' }] },
      ],
      { blocks: [{ type: 'thinking', thinking: 'ab', signature: 's' }, { type: 'thinking', thinking: 'c', signature: 't' }] },
    ]),
    ['nothing that is known, empty, or oddly named', [{ content: 'x', other: null, '': 1, 'a b': 1, __proto__x: 1, 'x-y': 1 }], {}],
  ])('is kept: %s', (_what, deltas, expected) => expect(keep(...deltas)).toEqual(expected));

  it('is bounded, and never half of what must be whole', () => {
    const long = 'x'.repeat(100_000);
    expect(keep({ signature: long, small: 's' })).toEqual({ small: 's' });
    expect((keep({ reasoning: long }, { reasoning: long }) as { reasoning: string }).reasoning).toHaveLength(65_536);
    expect(keep(...Array.from({ length: 100 }, (_, n) => ({ list: [{ n, long: 'y'.repeat(2_000) }] })))).toEqual({});
    expect(Object.keys(keep(Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`m${n}`, n]))) as object)).toHaveLength(32);
    expect(JSON.stringify(keep({ a: 'x'.repeat(60_000), b: 'x'.repeat(60_000), c: 'x'.repeat(60_000) })).length).toBeLessThan(keptLengths.message + 100);
  });

  it('goes with the message and the call that it came with, and is told by name alone where nothing is held', () => {
    const chunk = (delta: unknown, finish: string | null = null): Uint8Array => Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`);
    const bytes = [
      chunk({ reasoning_content: 'Hm.', opaque: 'o' }),
      chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'one', arguments: '{}', mark: 'm' }, extra_content: { google: { thought_signature: 's' } } }, { index: 1, id: 'b', function: { name: 'two', arguments: '{}' } }] }),
      chunk({}, 'tool_calls'),
    ];
    const read = (isKeeping: boolean): unknown => {
      const reader = createChatStreamReader({ isKeeping });
      return [...bytes.flatMap((piece) => reader.push(piece)), ...reader.end()].find(({ kind }) => kind === 'kept');
    };
    expect(read(true)).toEqual({ kind: 'kept', message: { reasoning_content: 'Hm.', opaque: 'o' }, calls: new Map([[0, { extra_content: { google: { thought_signature: 's' } }, function: { mark: 'm' } }]]) });
    expect(read(false)).toMatchObject({ kind: 'kept', message: { reasoning_content: true, opaque: true } });
  });
});
