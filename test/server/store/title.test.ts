import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Label } from '../../../server/protocol/shapes.ts';
import { titleOf } from '../../../server/store/title.ts';

describe('The title of a session', () => {
  it.each([
    ['Fix the build', 'Fix the build'],
    ['\n\n  Second\tline \nThird', 'Second line'],
    ['a'.repeat(60), 'a'.repeat(60)],
    ['a'.repeat(61), `${'a'.repeat(59)}…`],
    ['😀'.repeat(61), `${'😀'.repeat(59)}…`],
    ['\u202eevil\u2066 \u001b[1m', 'evil [1m'],
    ['\u0007\n\u200e', ''],
  ])('of %j is %j', (text, title) => expect(titleOf(text)).toBe(title));

  it('is a label or nothing, for any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        (text) => titleOf(text) === '' || Label.safeParse(titleOf(text)).success,
      ),
    );
  });
});
