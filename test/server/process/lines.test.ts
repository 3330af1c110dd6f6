import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../server/process/lines.ts';

function split(chunks: readonly Buffer[], maxBytes = 1_048_576): { lines: string[]; tooLong: number } {
  const lines: string[] = [];
  let tooLong = 0;
  const splitter = new LineSplitter(maxBytes, { onLine: (line) => void lines.push(line), onTooLong: () => void (tooLong += 1) });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, tooLong };
}

describe('LineSplitter', () => {
  it('gives the same lines wherever the bytes are cut', () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), (expected) => {
        const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
        for (let cut = 0; cut <= bytes.length; cut += 1) {
          expect(split([bytes.subarray(0, cut), bytes.subarray(cut)]).lines).toEqual(split([bytes]).lines);
        }
        expect(split([...bytes].map((byte) => Buffer.from([byte]))).lines).toEqual(bytes.toString().split('\n').slice(0, -1));
      }),
    );
  });

  it('gives what stands before the end without a newline, and nothing for an end after one', () => {
    expect(split([Buffer.from('a\nb')]).lines).toEqual(['a', 'b']);
    expect(split([Buffer.from('a\n')]).lines).toEqual(['a']);
    expect(split([Buffer.from('\n\n')]).lines).toEqual(['', '']);
  });

  it('takes a line that fills the cap with its newline', () => {
    expect(split([Buffer.from('abc\n')], 4)).toEqual({ lines: ['abc'], tooLong: 0 });
  });

  it('reports a longer line once, keeps nothing of it, and reads nothing after it', () => {
    expect(split([Buffer.from('ok\nabcd\nlater\n'), Buffer.from('more\n')], 4)).toEqual({ lines: ['ok'], tooLong: 1 });
  });

  it('reports a line without an end as soon as the cap is passed', () => {
    expect(split(Array.from({ length: 40 }, () => Buffer.alloc(65_536, 0x79)), 1_048_576)).toEqual({ lines: [], tooLong: 1 });
  });

  it('keeps a line of many small chunks whole', () => {
    const line = 'é'.repeat(5000);
    expect(split([...Buffer.from(`${line}\n`)].map((byte) => Buffer.from([byte]))).lines).toEqual([line]);
  });
});
