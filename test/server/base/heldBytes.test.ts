import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldBytes } from '../../../server/base/heldBytes.ts';

describe('held bytes', () => {
  it('are the bytes that came, however they were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), (pieces) => {
        const held = new HeldBytes(100_000);
        for (const piece of pieces) expect(held.add(piece)).toBe(true);
        expect(held.take()).toEqual(Buffer.concat(pieces));
        expect(held.length).toBe(0);
      }),
    );
  });

  it('are let go when they would be one too many', () => {
    const held = new HeldBytes(10);
    expect(held.add(Buffer.alloc(10))).toBe(true);
    expect(held.add(Buffer.alloc(1))).toBe(false);
    expect(held.length).toBe(0);
  });

  it('take no more memory than their bound when they come one by one', () => {
    const held = new HeldBytes(1_048_576);
    for (let count = 0; count < 1_048_576; count += 1) held.add(Buffer.of(count % 256));
    expect(held.length).toBe(1_048_576);
    expect(held.take().buffer.byteLength).toBe(1_048_576);
  });
});
