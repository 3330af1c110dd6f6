import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenInserter } from '../../../server/lifecycle/tokenInserter.ts';
import { frameOf } from '../../support/client/rpcClient.ts';

async function pass(...chunks: Uint8Array[]): Promise<Buffer> {
  const inserter = new TokenInserter('secret');
  const passed: Buffer[] = [];
  inserter.on('data', (chunk: Buffer) => passed.push(chunk));
  for (const chunk of chunks) inserter.write(chunk);
  inserter.end();
  await new Promise((resolve) => inserter.once('end', resolve));
  return Buffer.concat(passed);
}

const initialize = (params: unknown): Buffer => frameOf(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }));
const logosOf = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8').split('\r\n\r\n')[1] ?? '').params.initializationOptions.logos;
const other = frameOf('{"jsonrpc":"2.0","id":2,"method":"ü"}');

describe('TokenInserter', () => {
  it('gives an initialize its token, and keeps what it says besides', async () => {
    expect(logosOf(await pass(initialize({ initializationOptions: { logos: { protocol: 1, more: true } } })))).toEqual({ protocol: 1, more: true, token: 'secret' });
    expect(logosOf(await pass(initialize({})))).toEqual({ protocol: 1, token: 'secret' });
    expect(logosOf(await pass(initialize(null)))).toEqual({ protocol: 1, token: 'secret' });
  });

  it('leaves a token that the client has chosen itself', async () => {
    expect(logosOf(await pass(initialize({ initializationOptions: { logos: { protocol: 1, token: 'own' } } })))).toEqual({ protocol: 1, token: 'own' });
  });

  it('passes all other bytes on as they are, wherever they are cut', async () => {
    const noise = fc.oneof(fc.constant(other), fc.constant(frameOf('no json')), fc.constant(frameOf(Uint8Array.of(0xff))), fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)));
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { maxLength: 6 }), fc.array(fc.nat(300), { maxLength: 8 }), async (parts, cuts) => {
        const bytes = Buffer.concat(parts);
        const places = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length];
        expect(await pass(...places.slice(1).map((place, index) => bytes.subarray(places[index], place)))).toEqual(bytes);
      }),
    );
  });

  it('finds the initialize behind other frames, byte by byte, and looks no further than the frame after it', async () => {
    const late = initialize({ late: true });
    const passed = await pass(...[...Buffer.concat([other, initialize({}), other, late])].map((byte) => Uint8Array.of(byte)));
    expect(passed.subarray(0, other.length)).toEqual(other);
    expect(passed.toString()).toContain('"token":"secret"');
    expect(passed.subarray(-late.length)).toEqual(late);
  });
});
