import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageByName } from '../../../server/base/pageByName.ts';

const named = (name: string, index: number) => ({ id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`, name });

describe('a page of a list by name', () => {
  it('leads through all things, each once, whatever the size of the page', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('Assistant', 'assistant', 'Coder', 'Élan', 'Zoe\nTwo'), { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (names, limit) => {
        const all = names.map(named);
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = pageByName(all, { limit, cursor });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items.map(({ id }) => id));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        expect(seen.toSorted()).toEqual(all.map(({ id }) => id).toSorted());
        expect(new Set(seen).size).toBe(all.length);
      }),
    );
  });

  it('skips nothing when the thing that ended a page is gone', () => {
    const all = ['Ada', 'Ben', 'Cleo'].map(named);
    const { items, nextCursor } = pageByName(all, { limit: 2 });
    expect(items.map(({ name }) => name)).toEqual(['Ada', 'Ben']);
    expect(pageByName(all.filter(({ name }) => name !== 'Ben'), { cursor: nextCursor }).items.map(({ name }) => name)).toEqual(['Cleo']);
  });

  it('refuses a cursor that no list gave', () => {
    expect(() => pageByName([], { cursor: 'nonsense' })).toThrow(expect.objectContaining({ class: 'invalid_params', reason: 'cursor' }) as Error);
  });
});
