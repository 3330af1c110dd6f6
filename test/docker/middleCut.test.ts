import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutMiddle, MiddleCut } from '../../docker/local/tools/middleCut.ts';

describe('a cut in the middle', () => {
  it('keeps whole what fits, wherever its bytes are cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(50)), (text, cuts) => {
        const bytes = Buffer.from(text);
        const cut = new MiddleCut(Math.max(2, bytes.length));
        let start = 0;
        for (const length of [...cuts, bytes.length]) {
          cut.push(bytes.subarray(start, start + length));
          start += length;
        }
        expect(cut.cutBytes).toBe(0);
        expect(cut.toString()).toBe(text);
      }),
    );
  });

  it('keeps both ends of what does not fit, without half characters, and counts the rest', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 60 }), fc.integer({ min: 8, max: 50 }), fc.integer({ min: 1, max: 9 }), (text, limit, step) => {
        const bytes = Buffer.from(text);
        const cut = new MiddleCut(limit);
        for (let start = 0; start < bytes.length; start += step) cut.push(bytes.subarray(start, start + step));
        const [head = '', tail = ''] = cut.toString().split(`\n[... ${bytes.length - limit} bytes left out of the middle ...]\n`);
        expect(text.startsWith(head)).toBe(true);
        expect(text.endsWith(tail)).toBe(true);
        expect(head.length + tail.length).toBeGreaterThan(0);
        expect(cutMiddle(text, limit)).toEqual({ text: cut.toString(), cutBytes: bytes.length - limit });
      }),
    );
  });
});
