import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyBlanker } from '../../../server/net/keyBlanker.ts';

const key = 'sk-or/v1+a1B2c3D4e5F6"g7\\h8=';
const perCharacter = (write: (code: number) => string): string => [...key].map((character) => write(character.charCodeAt(0))).join('');
const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** The key as servers, pages and logs write it. */
const forms: Readonly<Record<string, string>> = {
  plain: key,
  'a JSON string': JSON.stringify(key).slice(1, -1),
  'a JSON string with escaped slashes': JSON.stringify(key).slice(1, -1).replaceAll('/', '\\/'),
  'a JSON string within a JSON string': JSON.stringify(JSON.stringify(key).replaceAll('/', '\\/')).slice(3, -3),
  'JSON with every character escaped': perCharacter((code) => `\\u${hex(code, 4)}`),
  'JSON with capital digits, twice escaped': perCharacter((code) => `\\\\u${hex(code, 4).toUpperCase()}`),
  'an address': encodeURIComponent(key),
  'an address with every character escaped': perCharacter((code) => `%${hex(code, 2)}`),
  'an address within an address': encodeURIComponent(encodeURIComponent(key)),
  'a page': perCharacter((code) => (code === 0x2f ? '&#x2F;' : code === 0x22 ? '&#34;' : String.fromCharCode(code))),
};

function blankInPieces(text: string, cuts: readonly number[]): string {
  const blanker = createKeyBlanker(`Bearer ${key}`);
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const pieces = places.slice(1).map((place, index) => blanker.bytes(bytes.subarray(places[index], place)));
  return Buffer.concat([...pieces, blanker.rest()]).toString();
}

describe('a key that a server repeats', () => {
  it.each(Object.entries(forms))('as %s is blanked, wherever its bytes are cut, and nothing else changes', (_name, form) => {
    const text = `{"message":"Wrong key ${form} given.\\n","path":"C:\\\\temp"}`;
    const wanted = text.replace(form, '*'.repeat(form.length));
    expect(createKeyBlanker(`Bearer ${key}`).text(text)).toBe(wanted);
    for (let cut = 0; cut <= text.length; cut += 1) expect(blankInPieces(text, [cut])).toBe(wanted);
    expect(blankInPieces(text, Array.from({ length: text.length }, (_unused, place) => place))).toBe(wanted);
  });

  it.each([
    ['the key', Buffer.from(key).toString('base64')],
    ['the whole header', Buffer.from(`Bearer ${key}`).toString('base64')],
    ['a user and the key', Buffer.from(`me:${key}`).toString('base64url')],
  ])('in Base64 of %s keeps at most the ends in which its neighbours have a part', (_name, encoded) => {
    const blanked = createKeyBlanker(`Bearer ${key}`).text(`error=${encoded.replaceAll('=', '%3D')}&more=1`);
    expect(blanked).toMatch(/^error=\S{0,14}\*{35,}\S{0,8}&more=1$/);
  });

  it('leaves every other text as it is, however it is cut', () => {
    const innocent = fc.string({ unit: fc.constantFrom('s', 'k', '-', 'o', 'r', '/', '\\', 'u', '0', '2', 'f', '%', '5', '&', '#', ';', '"', 'ä', '\n'), maxLength: 80 });
    fc.assert(
      fc.property(innocent, fc.array(fc.nat(200), { maxLength: 8 }), (text, cuts) => {
        expect(blankInPieces(text, cuts)).toBe(text);
      }),
    );
  });

  it('is blanked each time, also right after its own beginning', () => {
    const start = key.slice(0, 7);
    expect(createKeyBlanker(`Bearer ${key}`).text(`${start}${key}${key}${start}`)).toBe(`${start}${'*'.repeat(2 * key.length)}${start}`);
  });
});
