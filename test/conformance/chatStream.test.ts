import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChatStreamReader } from '../../server/inference/wire/chatStream.ts';
import type { ChatStreamEvent } from '../../server/inference/wire/chatStreamEvent.ts';
import { observe, type Observed } from '../support/modelServer/observed.ts';
import { rows } from '../support/modelServer/rows.ts';
import type { Row } from '../support/modelServer/rows/row.ts';
import { bytesOf } from '../support/modelServer/script.ts';

const isWhole = (row: Row): boolean => (row.script.status ?? 200) === 200 && row.script.headers?.['content-encoding'] === undefined;

/** Reads bytes cut at the places given; the connection then breaks where the row says so, or the body ends. */
function readCut(row: Row, bytes: Buffer, cuts: readonly number[]): Observed {
  const reader = createChatStreamReader({ think: row.think, contentType: row.script.headers?.['content-type'] ?? 'text/event-stream' });
  const events: ChatStreamEvent[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    events.push(...reader.push(bytes.subarray(from, to)));
    from = to;
  }
  const breaks = row.script.steps.some((step) => 'reset' in step);
  events.push(...(breaks ? reader.abort() : reader.end()));
  return observe(events);
}

describe('the reader of a chat stream', () => {
  it.each(rows.filter(isWhole).map((row) => [row.name, row.what, row] as const))('reads %s: %s', (_name, _what, row) => {
    expect(readCut(row, bytesOf(row.script), [])).toEqual(row.expect);
  });

  const small = rows.filter((row) => isWhole(row) && bytesOf(row.script).length < 10_000);

  it('makes the same of every row, wherever its bytes are cut', () => {
    fc.assert(
      fc.property(fc.constantFrom(...small), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }), (row, places) => {
        const bytes = bytesOf(row.script);
        const cuts = places.map((place) => Math.round(place * bytes.length)).toSorted((a, b) => a - b);
        expect(readCut(row, bytes, cuts)).toEqual(row.expect);
      }),
      { numRuns: 500 },
    );
  });

  it('makes the same of every row, byte by byte', () => {
    for (const row of small) {
      const bytes = bytesOf(row.script);
      expect([row.name, readCut(row, bytes, [...bytes.keys()])]).toEqual([row.name, row.expect]);
    }
  });

  it('makes the same of every stream with other line ends and with comments between its events', () => {
    const streams = small.filter((row) => bytesOf(row.script).toString().trimStart().startsWith('data:') && !['cr', 'crlf', 'crlf-bytes'].includes(row.name));
    fc.assert(
      fc.property(fc.constantFrom(...streams), fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.stringMatching(/^[ -~]{0,20}$/), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (row, newline, comments, size) => {
        let place = 0;
        const text = bytesOf(row.script)
          .toString()
          .replaceAll(/\n\n(?=.)/g, () => `\n\n: ${comments[place++ % comments.length]}\n\n`)
          .replaceAll('\n', newline);
        const bytes = Buffer.from(text);
        const cuts = Array.from({ length: Math.floor(bytes.length / size) }, (_, n) => n * size);
        expect(readCut(row, bytes, cuts)).toEqual(row.expect);
      }),
      { numRuns: 500 },
    );
  });

  it('gives closing events exactly once and last, whatever bytes come', () => {
    const pieces = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...small.map((row) => new Uint8Array(bytesOf(row.script)))));
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (bodies) => {
        const reader = createChatStreamReader();
        const events = [...bodies.flatMap((bytes) => reader.push(bytes)), ...reader.end(), ...reader.end(), ...reader.abort()];
        const closing = events.filter((event) => event.kind === 'finish' || event.kind === 'error');
        expect(closing).toHaveLength(1);
        expect(events.at(-1)).toBe(closing[0]);
        expect(events.filter((event) => event.kind === 'text' || event.kind === 'thinking').every((event) => event.text.isWellFormed())).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('takes half a megabyte that comes byte by byte in linear time', () => {
    const bytes = bytesOf({ steps: [{ raw: `data: {"choices":[{"delta":{"content":"${'x'.repeat(500_000)}"},"finish_reason":"stop"}]}\n\n` }] });
    const reader = createChatStreamReader();
    const events = [...bytes].flatMap((byte) => reader.push(Uint8Array.of(byte)));
    expect(observe(events).text).toHaveLength(500_000);
  });
});
