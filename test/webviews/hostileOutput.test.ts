import { describe, expect, it } from 'vitest';
import { ansiPieces, withoutAnsi } from '../../webviews/chat/ansi.ts';
import { safeText } from '../../webviews/chat/safeText.ts';
import { withoutEnd } from '../../webviews/chat/withoutEnd.ts';

/** Milliseconds that a call takes on a text of this length; the best of three, so that a busy machine does not count. */
function cost(call: (text: string) => unknown, make: (length: number) => string, length: number): number {
  const text = make(length);
  const once = (): number => {
    const start = performance.now();
    call(text);
    return performance.now() - start;
  };
  return Math.min(once(), once(), once());
}

describe('output of a tool', () => {
  it.each<[string, (length: number) => string]>([
    ['one line without end', (length) => 'a'.repeat(length)],
    ['returns of the carriage alone', (length) => `${'\r'.repeat(length)}x`],
    ['titles that never end', (length) => '\u001b]'.repeat(length / 2)],
    ['a colour that never ends', (length) => `\u001b[${';'.repeat(length)}`],
    ['empty lines before a last one', (length) => `${'\n'.repeat(length)}x`],
  ])('of %s costs no more than its length', (_name, make) => {
    const draw = (text: string): unknown => [ansiPieces(withoutEnd(text, '\n')), withoutAnsi(text)];
    // In the square of the length it would be minutes.
    expect(cost(draw, make, 1_048_576)).toBeLessThan(1_500);
  });

  it('shows of a line what was written last', () => {
    const shown = (text: string): string => ansiPieces(text).map((piece) => piece.text).join('');
    expect(shown('10 %\r20 %\r30 %')).toBe('30 %');
    expect(shown('10 %\r20 %\r')).toBe('20 %');
    expect(shown('a\r\nb\r\r\nc')).toBe('a\nb\nc');
    expect(withoutAnsi('\u001b[31mred\u001b[0m\rblue')).toBe('blue');
  });

  it('in a flood of colours is drawn as few elements, with all of its text', () => {
    const pieces = ansiPieces('\u001b[31ma\u001b[32mb'.repeat(50_000));
    expect(pieces.length).toBeLessThan(2_100);
    expect(pieces.map((piece) => piece.text).join('')).toBe('ab'.repeat(50_000));
  });

  it('in a flood of characters that turn the direction is drawn as few elements, and none is left as it was', () => {
    const drawn = safeText('a\u202e'.repeat(50_000));
    expect(drawn.length).toBeLessThan(500);
    expect([drawn].flat().filter((piece) => typeof piece === 'string').join('')).not.toMatch(/[\u202a-\u202e]/);
  });
});
