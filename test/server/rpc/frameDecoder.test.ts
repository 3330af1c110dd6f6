import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameDecoder, maxMessageBytes, type Decoded } from '../../../server/rpc/frameDecoder.ts';
import { frameOf } from '../../support/client/rpcClient.ts';

function decode(...chunks: (string | Uint8Array)[]): Decoded[] {
  const found: Decoded[] = [];
  const decoder = new FrameDecoder((decoded) => found.push(decoded));
  for (const chunk of chunks) decoder.push(Buffer.from(chunk));
  return found;
}

const lost = (found: Decoded[]): string | undefined => found.flatMap((each) => (each.kind === 'lost' ? [each.message] : []))[0];

describe('FrameDecoder', () => {
  it('finds the same bodies however the bytes are split', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 6 }), fc.array(fc.nat(400), { maxLength: 12 }), (bodies, cuts) => {
        const bytes = Buffer.concat(bodies.map(frameOf));
        const places = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
        expect(decode(...chunks)).toEqual(bodies.map((text) => ({ kind: 'body', text })));
      }),
    );
  });

  it('finds two bodies when the stream comes cut at every single byte', () => {
    const bytes = Buffer.concat([frameOf('{"a":"ä€😀"}'), frameOf('')]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(decode(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual([{ kind: 'body', text: '{"a":"ä€😀"}' }, { kind: 'body', text: '' }]);
    }
    expect(decode(...[...bytes].map((byte) => Uint8Array.of(byte)))).toHaveLength(2);
  });

  it('reads headers in any case and ignores those that it does not know', () => {
    expect(decode('x-more: 1\r\ncontent-LENGTH:2\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\n\r\n{}')).toEqual([{ kind: 'body', text: '{}' }]);
  });

  it('goes on with the next frame after a body that is not UTF-8', () => {
    expect(decode(frameOf(Uint8Array.of(0x22, 0xff, 0x22)), frameOf('1'))).toEqual([{ kind: 'not_utf8' }, { kind: 'body', text: '1' }]);
  });

  it.each([
    ['no length', 'X-Other: 1\r\n\r\n{}', 'no Content-Length'],
    ['an empty header', '\r\n\r\n{}', 'Name: value'],
    ['a negative length', 'Content-Length: -1\r\n\r\n{}', 'not a count'],
    ['a length in hexadecimal', 'Content-Length: 0x10\r\n\r\n{}', 'not a count'],
    ['a length with a fraction', 'Content-Length: 1.5\r\n\r\n{}', 'not a count'],
    ['a length of twenty digits', 'Content-Length: 99999999999999999999\r\n\r\n{}', 'not a count'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}', 'two Content-Length'],
    ['another charset', 'Content-Length: 2\r\nContent-Type: text/plain; charset=latin1\r\n\r\n{}', 'another charset'],
    ['a body without a header', '{"jsonrpc":"2.0"}\r\n\r\n', 'Name: value'],
    ['a header without an end', `X: ${'a'.repeat(9000)}`, 'longer than'],
  ])('loses the stream on %s, says why, and takes nothing more', (_name, bytes, why) => {
    const found = decode(bytes, frameOf('{}'));
    expect(lost(found)).toContain(why);
    expect(found).toHaveLength(1);
  });

  it('refuses a message over the limit before it has come', () => {
    const found = decode(`Content-Length: ${maxMessageBytes + 1}\r\n\r\n`);
    expect(found).toMatchObject([{ kind: 'lost', reason: 'too_large' }]);
  });

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => void decode(...chunks)));
  });
});
