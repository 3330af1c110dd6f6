import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OverlapCutter } from '../../docker/local/overlap.ts';

const through = (before: string, pieces: readonly string[]): string => {
  const cutter = new OverlapCutter(before);
  return pieces.map((piece) => cutter.push(piece)).join('') + cutter.end();
};

describe('a continuation of a text that was cut off', () => {
  const before = 'The first line is long enough. The second line was cut in the';

  it('keeps all of it when it begins where the text stopped', () => {
    expect(through(before, [' mid', 'dle of it.'])).toBe(' middle of it.');
    expect(through('', ['Anew.'])).toBe('Anew.');
  });

  it('loses what it says again: its last sentence, or the whole text from its beginning', () => {
    expect(through(before, ['The second line was cut', ' in the middle.'])).toBe(' middle.');
    expect(through(before, [before, ' middle.'])).toBe(' middle.');
    expect(through(before, ['\n', 'The second line was cut in the middle.'])).toBe(' middle.');
  });

  it('keeps all of it when it only began alike, also when it ends there', () => {
    expect(through(before, ['The second line', ' is another.'])).toBe('The second line is another.');
    expect(through(before, ['The second'])).toBe('The second');
  });

  it('loses the short line that it broke off in', () => {
    expect(through('Buy:\n- Milk', ['- Mi', 'lk\n- Eggs'])).toBe('\n- Eggs');
    expect(through('- Mi', ['- Milk'])).toBe('lk');
  });

  it.each([
    ['the rest of a word that begins like it', 'ban', ['ana']],
    ['the rest of a word that begins as it broke off', 'We drink co', ['coa']],
    ['a word made of one syllable', 'ha', ['ha', 'ha']],
    ['a line of one word', 'Papa\nBana', ['Banana']],
    ['a word that is said twice', 'It is very', [' very good.']],
    ['digits', 'The number 1', ['100']],
    ['what closes twice', 'f(g(', [')', ')']],
    ['braces', '  {\n    a\n  }', ['\n}']],
    ['one letter', 'a', ['a', 'b']],
  ])('keeps %s', (_what, text, pieces) => {
    expect(through(text, pieces)).toBe(pieces.join(''));
  });

  it('comes to the same however it is cut into pieces, and never loses what is new', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 40 }), fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' '), minLength: 1, maxLength: 9 }), { maxLength: 12 }), (text, pieces) => {
        const whole = pieces.join('');
        const given = through(text, pieces);
        expect(given).toBe(through(text, [whole]));
        expect(whole.endsWith(given)).toBe(true);
        const cut = whole.slice(0, whole.length - given.length).trimStart();
        expect(text.endsWith(cut)).toBe(true);
      }),
    );
  });
});
