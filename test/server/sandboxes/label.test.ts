import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sandboxLabel } from '../../../server/sandboxes/label.ts';

it.each([
  ['Greg Palos My Researcher!', 'logos-greg-palos-my-researcher'],
  ['greg', 'logos-greg'],
  ['  --greg--  ', 'logos-greg'],
  ['Zoë', 'logos-zoe'],
])('labels %j as %s', (name, label) => {
  expect(sandboxLabel(name)).toBe(label);
});

it('keeps any name within 52 characters of letters, digits and hyphens', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
      const label = sandboxLabel(name);
      expect(label).toMatch(/^logos-[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(label.length).toBeLessThanOrEqual(52);
    }),
  );
});

it('gives different labels to long names that begin alike, and to names in other scripts', () => {
  const long = 'a'.repeat(60);
  expect(new Set([`${long}x`, `${long}y`, `${long}z`].map(sandboxLabel)).size).toBe(3);
  expect(new Set(['研究者', '翻訳者'].map(sandboxLabel)).size).toBe(2);
});
