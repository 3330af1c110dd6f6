import fs from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ToolBench } from './toolBench.ts';

let bench: ToolBench;
beforeEach(async () => void (bench = await ToolBench.create()));
afterEach(() => bench.dispose());

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const wide = (text: string, isLittle: boolean): Buffer => (isLittle ? Buffer.from(text, 'utf16le') : Buffer.from(text, 'utf16le').swap16());

/** A text with a plain line to change, in encodings that people have. */
const legacy: Readonly<Record<string, { bytes: Buffer; name: string; reads: string }>> = {
  'Latin-1': { bytes: bytesOf('caf\xe9 \xa35\nx = 1;\n\xe9\n'), name: 'ISO-8859-1', reads: 'café £5\nx = 1;\né\n' },
  'windows-1252': { bytes: bytesOf('\x93caf\xe9\x94 \x80 5\nx = 1;\n'), name: 'windows-1252', reads: '“café” € 5\nx = 1;\n' },
  'Shift-JIS': { bytes: bytesOf('\x93\xfa\x96{\x81\x5c\nx = 1;\n'), name: 'unknown', reads: 'x = 1;' },
  'UTF-16 LE with a mark': { bytes: Buffer.concat([bytesOf('\xff\xfe'), wide('ünï 🙂\r\nx = 1;\r\n', true)]), name: 'UTF-16 LE', reads: 'ünï 🙂\nx = 1;\n' },
  'UTF-16 BE with a mark': { bytes: Buffer.concat([bytesOf('\xfe\xff'), wide('ünï 🙂\nx = 1;\n', false)]), name: 'UTF-16 BE', reads: 'ünï 🙂\nx = 1;\n' },
  'UTF-16 LE without a mark': { bytes: wide('plain text\nx = 1;\n', true), name: 'UTF-16 LE', reads: 'plain text\nx = 1;\n' },
  'UTF-8 with broken bytes': { bytes: bytesOf('gr\xc3\xbc\xc3\x9fe \xff gr\xc3\xbcn\nx = 1;\n'), name: 'UTF-8', reads: 'grüße \uFFFD grün\nx = 1;\n' },
};

describe('a file that is not plain UTF-8', () => {
  it.each(Object.entries(legacy))('in %s is read and searched with the name of its encoding', async (_name, { bytes, name, reads }) => {
    await bench.put('a.txt', bytes);
    const { output } = await bench.call('read_file', { path: 'a.txt' });
    expect(output).toContain(reads);
    expect(output).toContain(`Encoding: ${name === 'unknown' ? 'an unknown 8-bit encoding' : name}`);
    expect((await bench.call('search_files', { pattern: '^x = 1;$' })).output).toMatch(/^a\.txt:\d: x = 1;/);
  });

  it.each(Object.entries(legacy))('in %s keeps every byte but those that are meant', async (_name, { bytes }) => {
    await bench.put('a.txt', bytes);
    await bench.call('edit_file', { path: 'a.txt', oldText: 'x = 1;', newText: 'x = 22;' });
    const unit = bytes.includes(0) ? (bytes[0] === 0xfe ? ['\0', ''] : ['', '\0']) : ['', ''];
    const spell = (text: string): string => [...text].map((character) => unit.join(character)).join('');
    expect(await bench.bytes('a.txt')).toBe(bytes.toString('latin1').replace(spell('x = 1;'), spell('x = 22;')));
  });

  it('takes new characters that its encoding has, and refuses others in words and without a change', async () => {
    await bench.put('a.txt', legacy['windows-1252']?.bytes ?? '');
    await bench.call('edit_file', { path: 'a.txt', oldText: '€ 5', newText: '„7 €“' });
    expect(await bench.bytes('a.txt')).toBe('\x93caf\xe9\x94 \x847 \x80\x93\nx = 1;\n');
    for (const newText of ['→', 'Привет', '🙂', '\uFFFD']) {
      await expect(bench.call('edit_file', { path: 'a.txt', oldText: 'x', newText })).rejects.toThrow(/newText holds .*windows-1252 \(guessed from its bytes\), does not have.*Nothing was changed/);
    }
    await expect(bench.call('write_file', { path: 'a.txt', content: 'a → b' })).rejects.toThrow('was not written');
    expect(await bench.bytes('a.txt')).toBe('\x93caf\xe9\x94 \x847 \x80\x93\nx = 1;\n');
  });

  it('keeps its encoding and mark when all of it is written', async () => {
    await bench.put('a.txt', legacy['UTF-16 BE with a mark']?.bytes ?? '');
    expect((await bench.call('write_file', { path: 'a.txt', content: 'né\n' })).output).toContain('Kept: its encoding, UTF-16 BE, its byte order mark.');
    expect(await bench.bytes('a.txt')).toBe('\xfe\xff\0n\0\xe9\0\n');
    await bench.put('b.txt', legacy['Latin-1']?.bytes ?? '');
    await bench.call('write_file', { path: 'b.txt', content: 'né\n' });
    expect(await bench.bytes('b.txt')).toBe('n\xe9\n');
  });

  it('never gets a broken byte written that was only shown as a sign', async () => {
    await bench.put('a.txt', legacy['UTF-8 with broken bytes']?.bytes ?? '');
    await expect(bench.call('edit_file', { path: 'a.txt', oldText: '\uFFFD', newText: '?' })).rejects.toThrow('stands for bytes of this file that are not UTF-8');
    await expect(bench.call('edit_file', { path: 'a.txt', oldText: 'x = 1', newText: '\uFFFD' })).rejects.toThrow('newText holds U+FFFD');
    await expect(bench.call('write_file', { path: 'a.txt', content: 'gr\uFFFD' })).rejects.toThrow('was not written');
    await expect(bench.call('write_file', { path: 'new.txt', content: 'half \ud83d' })).rejects.toThrow('half a character');
    expect(await bench.names()).toEqual(['a.txt']);
  });

  it('that is longer than what is read at once is read and searched in its encoding too', async () => {
    const line = Buffer.concat([wide(`${'ä'.repeat(99)}\r\n`, true)]);
    await bench.put('long.txt', Buffer.concat([bytesOf('\xff\xfe'), ...Array.from({ length: 30_000 }, () => line), wide('needle\r\n', true)]));
    expect((await bench.call('search_files', { pattern: '^needle$' })).output).toBe('long.txt:30001: needle\n[Read: long.txt as UTF-16 LE.]');
    expect((await bench.call('read_file', { path: 'long.txt', offset: 30_000 })).output).toBe(`${'ä'.repeat(99)}\nneedle\n\n[Encoding: UTF-16 LE, with a byte order mark; CRLF line ends.]`);
  });
});

describe('a file whose encoding is only guessed, and hardly Latin', () => {
  const russian = { 'KOI8-R': '\xf0\xd2\xc9\xd7\xc5\xd4, \xcd\xc9\xd2\nx = 1\n', 'windows-1251': '\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0\nx = 1\n' };
  const eastAsian = { 'EUC-KR': '\xbe\xc8\xb3\xe7 \xb3\xa1\nx = 1\n', 'Shift-JIS': '\x93\xfa\x96{\x8c\xea \x83A\nx = 1\n', GBK: '\xd6\xd0\xce\xc4\nx = 1\n', Big5: '\xb3\\\xa5\\\xbb\\\nx = 1\n' };

  it.each(Object.entries({ ...russian, ...eastAsian }))('in %s takes ASCII and what stands in it, but no other character', async (_name, text) => {
    await bench.put('a.txt', bytesOf(text));
    for (const newText of ['x = "é"', 'x = 2 …', '“x”', '× 1']) {
      await expect(bench.call('edit_file', { path: 'a.txt', oldText: 'x = 1', newText })).rejects.toThrow(/newText holds.*Nothing was changed.*convert the file/);
    }
    await expect(bench.call('write_file', { path: 'a.txt', content: 'é\nx = 2\n' })).rejects.toThrow(/only guessed.*It was not written/);
    expect(await bench.bytes('a.txt')).toBe(text);
    const first = (await bench.call('read_file', { path: 'a.txt', limit: 1 })).output.split('\n')[0] ?? '';
    const { output } = await bench.call('edit_file', { path: 'a.txt', oldText: `${first}\nx = 1`, newText: `${first}\nx = 2` });
    expect(output).toContain('guessed from its bytes');
    await bench.call('write_file', { path: 'a.txt', content: `${first}\nx = 3\n` });
    expect(await bench.bytes('a.txt')).toBe(text.replace('x = 1', 'x = 3'));
  });

  it.each([
    ['Shift-JIS', '// \x83AA\n', 'A', 'Z'],
    ['Shift-JIS', 'p("\x95\x5c\x8e\xa6");\n', '\\', '/'],
    ['Big5', '\xb3\\\xa5\\\xbb\\\n', '\\', '/'],
    ['GBK', 'a@b \x81@\x81A\x81@\n', '@', ' at '],
    ['GB18030', '2 \x8120\x812\n', '2', '3'],
    ['Shift-JIS', '\x83A \x83B\n', '\u0192', 'f'],
  ])('in %s is never changed within a character', async (_name, text, oldText, newText) => {
    await bench.put('a.txt', bytesOf(text));
    await expect(bench.call('edit_file', { path: 'a.txt', oldText, newText, replaceAll: true })).rejects.toThrow(/only guessed, and oldText stands where it may be half of a character\. Nothing was changed/);
    expect(await bench.bytes('a.txt')).toBe(text);
  });

  it.each(['“Élan”, naïve – 5 €, l’été\n', 'pöytää, hää… 5 m²\n', 'Größe, außen, süß\n', 'função, opções\n', '¿Qué? ¡Ámbito! « à » 20 °C ©A\n'])('is not what Latin prose is: %s', async (text) => {
    const raw = text.replace(/[“”–€’…]/g, (sign) => ({ '“': '\x93', '”': '\x94', '–': '\x96', '€': '\x80', '’': '\x92', '…': '\x85' })[sign] ?? sign);
    await bench.put('a.txt', bytesOf(`${raw}x = 1\n`));
    expect((await bench.call('edit_file', { path: 'a.txt', oldText: 'x = 1', newText: 'x = ü' })).output).toContain('guessed from its bytes');
    expect(await bench.bytes('a.txt')).toBe(`${raw}x = \xfc\n`);
  });
});

describe('a binary file', () => {
  const binaries: Readonly<Record<string, Buffer>> = {
    'with a zero byte far behind its beginning': Buffer.concat([Buffer.from('x = 1;\n'.repeat(3_000)), Buffer.from([0]), Buffer.from('tail')]),
    'that is a PDF': bytesOf('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj << /Title (x = 1;) >>\nstream\nabc\nendstream\n%%EOF\n'),
    'that is a PDF of plain characters': bytesOf('%PDF-1.4\n1 0 obj << /Title (x = 1;) >>\n%%EOF\n'),
    'that is compressed': bytesOf('\x1f\x8b\x08x = 1;\xff\xfe\xfd'),
    'with control characters among bytes that are no UTF-8': bytesOf('\x89\x01\x02\x03\xffx = 1;\xfe\x04'),
    'that begins like UTF-16': bytesOf('\xff\xfex = 1;\xd8'),
  };

  it.each(Object.entries(binaries))('%s is never edited, overwritten by text, or shown as text', async (_name, bytes) => {
    await bench.put('a.bin', bytes);
    await expect(bench.call('edit_file', { path: 'a.bin', oldText: 'x = 1;', newText: 'x = 2;' })).rejects.toThrow(/binary file of \d+ bytes \(.*which an edit would destroy/);
    await expect(bench.call('write_file', { path: 'a.bin', content: 'text' })).rejects.toThrow('binary file');
    await expect(bench.call('read_file', { path: 'a.bin' })).rejects.toThrow('binary file');
    expect((await bench.call('search_files', { pattern: 'x' })).output).toBe('No hits among 1 files.\n[Binary, not searched: a.bin.]');
    expect(await bench.bytes('a.bin')).toBe(bytes.toString('latin1'));
  });

  it('that is too large to be read whole is not overwritten by text either, however far behind its first zero byte is', async () => {
    await bench.put('a.bin', Buffer.concat([Buffer.alloc(17_000_000, 'x = 1;\n'), bytesOf('\0\x01tail')]));
    await expect(bench.call('write_file', { path: 'a.bin', content: 'text' })).rejects.toThrow('binary file of 17000006 bytes (there is a zero byte at 17000000), which text would destroy');
    expect((await fs.stat(bench.path('a.bin'))).size).toBe(17_000_006);
    await bench.put('a.log', Buffer.alloc(17_000_000, 'x = 1;\n'));
    expect(await bench.call('write_file', { path: 'a.log', content: 'text' })).toMatchObject({ state: 'done' });
    expect(await bench.text('a.log')).toBe('text');
  });

  it('of any bytes keeps all of them but those of the text that is meant, or is refused whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), async (head, tail) => {
        const [before, after] = [bytesOf(Buffer.from(head).toString('latin1')), bytesOf(Buffer.from(tail).toString('latin1'))];
        const whole = Buffer.concat([before, bytesOf('\nMARK one\n'), after]);
        await bench.put('any', whole);
        const isEdited = await bench.call('edit_file', { path: 'any', oldText: 'MARK one', newText: 'two' }).then(() => true, () => false);
        expect(await bench.bytes('any')).toBe(whole.toString('latin1').replace('MARK one', isEdited ? 'two' : 'MARK one'));
      }),
      { numRuns: 60 },
    );
  });
});
