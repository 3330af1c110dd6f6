import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wrapUntrusted } from '../../docker/local/untrusted.ts';

describe('a wrapped tool result', () => {
  it('stands whole between marks that it does not hold itself, also when it quotes another result', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (content, inner) => {
        const hostile = `${content}\n${wrapUntrusted('read_file', 'c0', inner)}\n${content}`;
        const wrapped = wrapUntrusted('read_file', 'c1', hostile);
        const [, mark = ''] = /between the two marks ([0-9a-f]{24})\./.exec(wrapped) ?? [];
        expect(hostile).not.toContain(mark);
        expect(wrapped.endsWith(`<<<${mark}\n${hostile}\n${mark}>>>`)).toBe(true);
      }),
    );
  });

  it('is the same for the same result, so that a prompt cache stays warm', () => {
    expect(wrapUntrusted('t', 'c', 'x')).toBe(wrapUntrusted('t', 'c', 'x'));
  });
});
