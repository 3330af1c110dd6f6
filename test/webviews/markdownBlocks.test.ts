import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkdownBlocks, maxMarkdownChars, withoutHalfMark } from '../../webviews/chat/markdownBlocks.ts';

const sample = `# Title

A paragraph with **bold** and \`code\`.

- one
- two
  - nested

1. first

   with a paragraph
2. second

| a | b |
| - | - |
| 1 | 2 |

\`\`\`ts
const x = 1;

const y = 2;
\`\`\`

> quoted
> more

The end.`;

describe('blocks of a growing text', () => {
  it('gives the same blocks at the end as if the text had come at once, wherever it was cut', () => {
    const whole = new MarkdownBlocks().parse(sample, false).map(({ raw, token }) => [token.type, raw]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: sample.length - 1 }), { maxLength: 30 }), (cuts) => {
        const blocks = new MarkdownBlocks();
        for (const cut of cuts.sort((a, b) => a - b)) blocks.parse(sample.slice(0, cut), true);
        expect(blocks.parse(sample, false).map(({ raw, token }) => [token.type, raw])).toEqual(whole);
      }),
    );
  });

  it('shows every character but white space at the end of lines, character by character', () => {
    const blocks = new MarkdownBlocks();
    for (let end = 1; end <= sample.length; end += 1) {
      const text = sample.slice(0, end);
      const shown = blocks.parse(text, false).map(({ raw }) => raw);
      expect(shown.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    }
  });

  it('keeps the identity of blocks that stand while the last one grows', () => {
    const blocks = new MarkdownBlocks();
    const before = blocks.parse('one\n\ntwo\n\nthree', true);
    const after = blocks.parse('one\n\ntwo\n\nthree and more\n\nfour', true);
    expect(after[0]).toBe(before[0]);
    expect(after[2]).toBe(before[2]);
    expect(after.at(-1)?.raw).toBe('four');
  });

  it('cuts a paragraph without an end at sentences into pieces that stand, so that what comes is laid out alone and keeps its marks', () => {
    const sentence = 'The worker reads what was stored, so that **nothing** is lost when `run` ends early. ';
    const text = sentence.repeat(Math.ceil(70_000 / sentence.length)).trim();
    const whole = new MarkdownBlocks().parse(text, false);
    expect(whole.map(({ raw }) => raw).join('')).toBe(text);
    expect(Math.max(...whole.map(({ raw }) => raw.length))).toBeLessThanOrEqual(4_096);
    expect(whole.map(({ token, goesOn }) => [token.type, goesOn])).toEqual(whole.map((_block, index) => ['paragraph', index > 0]));
    for (const { raw, token } of whole) {
      expect(raw.startsWith('The worker')).toBe(true);
      expect('tokens' in token && token.tokens?.some(({ type }) => type === 'strong')).toBe(true);
    }
    const blocks = new MarkdownBlocks();
    let before = blocks.parse('', true);
    for (let end = 60; end < text.length; end += 60) {
      const after = blocks.parse(text.slice(0, end), true);
      for (const block of before.slice(0, -1)) expect(after[block.index]).toBe(block);
      before = after;
    }
    expect(blocks.parse(text, false).map(({ raw, goesOn }) => [raw, goesOn])).toEqual(whole.map(({ raw, goesOn }) => [raw, goesOn]));
  });

  it('shows a run without words in pieces too, each character once and none of them halved', () => {
    for (const text of ['*'.repeat(30_000), '😀'.repeat(15_000), `a${'😀'.repeat(15_000)}`, '- '.repeat(15_000)]) {
      const blocks = new MarkdownBlocks();
      blocks.parse(text.slice(0, 20_000), true);
      const pieces = blocks.parse(text, false).map(({ raw }) => raw);
      expect(pieces.join('')).toBe(text);
      expect(Math.max(...pieces.map((raw) => raw.length))).toBeLessThanOrEqual(4_096);
      expect(pieces.every((raw) => raw.isWellFormed())).toBe(true);
    }
  });

  it('keeps the identity of all blocks when the finished message repeats the streamed text', () => {
    const blocks = new MarkdownBlocks();
    const streamed = blocks.parse(sample, true);
    expect(blocks.parse(sample, false)).toBe(streamed);
  });

  it('holds back a line that is so far only marks, so that no heading flashes where a list begins', () => {
    expect(new MarkdownBlocks().parse('Two ways:\n-', true).map(({ token }) => token.type)).toEqual(['paragraph']);
    expect(withoutHalfMark('text\n12.')).toBe('text\n');
    expect(withoutHalfMark('a - b')).toBe('a - b');
  });
});

describe('hostile text', () => {
  const quick = (text: string, limitMs = 2000) => {
    const startedAt = performance.now();
    const blocks = new MarkdownBlocks().parse(text, false);
    expect(performance.now() - startedAt).toBeLessThan(limitMs);
    return blocks;
  };

  it('parses no more than its limit of a text of 10 MB', () => {
    const blocks = quick('word '.repeat(2_097_152));
    expect(blocks.reduce((sum, { raw }) => sum + raw.length, 0)).toBe(maxMarkdownChars);
  });

  it('takes nesting of any depth as text', () => {
    for (const text of ['>'.repeat(50_000), '- '.repeat(50_000), `${'['.repeat(50_000)}x`, '*a '.repeat(30_000), '_*'.repeat(30_000), '`'.repeat(50_000), '<'.repeat(50_000), '![](['.repeat(20_000), '|'.repeat(20_000), `a\n${'| - '.repeat(10_000)}`]) {
      expect(quick(text, 4000).map(({ raw }) => raw).join('')).toBe(text);
    }
  });

  it('never throws and never loses a character, whatever the text', () => {
    const piece = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('\n', '\n\n', '> ', '- ', '1. ', '```', '|', '---', '**', '[a](b)', '<b>', '    ', '\t', '&amp;', '\\', '[x]: y', '\u202e'));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const blocks = new MarkdownBlocks();
        let text = '';
        for (const next of pieces) {
          text += next;
          blocks.parse(text, true);
        }
        const shown = blocks.parse(text, false).map(({ raw }) => raw).join('');
        expect(shown.replace(/\s/g, '').length).toBe(text.replace(/\r\n?/g, '\n').replace(/\s/g, '').length);
      }),
      { numRuns: 300 },
    );
  });
});
