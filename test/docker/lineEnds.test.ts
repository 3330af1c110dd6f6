import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ToolBench } from './toolBench.ts';

let bench: ToolBench;
beforeEach(async () => void (bench = await ToolBench.create()));
afterEach(() => bench.dispose());

const mark = '\uFEFF';

/** Edits a file, and gives what it holds then. */
async function edited(before: string, oldText: string, newText: string, replaceAll = false): Promise<string> {
  await bench.put('a.cs', before);
  await bench.call('edit_file', { path: 'a.cs', oldText, newText, replaceAll });
  return await bench.text('a.cs');
}

describe('the line ends of a file', () => {
  it('stay with its mark when lines are put in', async () => {
    const before = `${mark}using System;\r\nclass A {\r\n  int x = 1;\r\n}\r\n`;
    expect(await edited(before, '  int x = 1;', '  int x = 1;\n  int y = 2;')).toBe(`${mark}using System;\r\nclass A {\r\n  int x = 1;\r\n  int y = 2;\r\n}\r\n`);
    expect(await edited(before, 'using System;', 'using System;\nusing X;')).toBe(`${mark}using System;\r\nusing X;\r\nclass A {\r\n  int x = 1;\r\n}\r\n`);
    expect(await edited(before, `${mark}using System;`, `${mark}using Y;`)).toBe(before.replace('System', 'Y'));
  });

  it('are those of the neighbours where a file has both', async () => {
    const before = 'a\r\nb\r\nc\nd\n';
    expect(await edited(before, 'b', 'b\nb2')).toBe('a\r\nb\r\nb2\r\nc\nd\n');
    expect(await edited(before, 'd', 'd\nd2')).toBe('a\r\nb\r\nc\nd\nd2\n');
    expect(await edited(before, 'c', 'c\nc2')).toBe('a\r\nb\r\nc\nc2\nd\n');
    expect(await edited('a\r\nb', 'b', 'b\nc')).toBe('a\r\nb\r\nc');
    expect(await edited(before, 'b\nc\nd', 'b\nc2\nd')).toBe('a\r\nb\r\nc2\nd\n');
    expect(await edited(before, 'a\nb\nc', 'a\nnew\nb\nc')).toBe('a\r\nnew\r\nb\r\nc\nd\n');
  });

  it('of old text may be the other ones, in every place', async () => {
    expect(await edited('one\r\ntwo\r\n', 'one\ntwo', '1\n2')).toBe('1\r\n2\r\n');
    expect(await edited('one\ntwo\n', 'one\r\ntwo', '1\r\n2')).toBe('1\n2\n');
    expect(await edited('x\r\ny\r\nx\ny\n', 'x\ny', 'z\nz', true)).toBe('z\r\nz\r\nz\nz\n');
    await expect(edited('x\r\ny\r\nx\r\ny\r\n', 'x\ny', 'z')).rejects.toThrow('stands 2 times');
  });

  it('are never halved where old text begins or ends with one', async () => {
    expect(await edited('bar\r\nfoo\r\nbaz\r\n', '\nfoo', '')).toBe('bar\r\nbaz\r\n');
    expect(await edited('bar\r\nfoo\r\nbaz\r\n', '\nfoo', '\nx\ny')).toBe('bar\r\nx\r\ny\r\nbaz\r\n');
    expect(await edited('bar\r\nfoo\r\nbaz\r\n', 'foo\n', '')).toBe('bar\r\nbaz\r\n');
    expect(await edited('bar\nfoo\nbaz\n', '\nfoo', '')).toBe('bar\nbaz\n');
  });

  it('change where they are what is meant', async () => {
    expect(await edited('one\r\ntwo\r\n', 'one\r\n', 'one\n')).toBe('one\ntwo\r\n');
    expect(await edited('one\ntwo\n', 'one\n', 'one\r\n')).toBe('one\r\ntwo\n');
    await expect(edited('one\r\ntwo\r\n', 'one\ntwo', 'one\r\ntwo')).rejects.toThrow('its line ends are kept');
  });

  it('stay when all of it is written, unless the content has carriage returns itself', async () => {
    await bench.put('a.cs', `${mark}a\r\nb\r\n`);
    expect((await bench.call('write_file', { path: 'a.cs', content: 'a\nb\nc\n' })).output).toContain('Kept: its byte order mark, its CRLF line ends.');
    expect(await bench.text('a.cs')).toBe(`${mark}a\r\nb\r\nc\r\n`);
    await bench.call('write_file', { path: 'a.cs', content: `${mark}a\r\nb\n` });
    expect(await bench.text('a.cs')).toBe(`${mark}a\r\nb\n`);
    await bench.call('write_file', { path: 'new.cs', content: 'a\r\nb\n' });
    expect(await bench.text('new.cs')).toBe('a\r\nb\n');
    await bench.put('plain.cs', 'a\nb\n');
    await bench.call('write_file', { path: 'plain.cs', content: 'c\nd\n' });
    expect(await bench.text('plain.cs')).toBe('c\nd\n');
  });

  it('that are carriage returns alone are told, and never mixed with others', async () => {
    await expect(edited('one\rtwo\rthree\r', 'two', 'two\nand a half')).rejects.toThrow('carriage returns alone');
    await expect(edited('one\rtwo\rthree\r', 'one\ntwo', '1')).rejects.toThrow("tr '\\r' '\\n'");
    expect(await bench.text('a.cs')).toBe('one\rtwo\rthree\r');
    expect(await edited('one\rtwo\rthree\r', 'two', '2')).toBe('one\r2\rthree\r');
    expect((await bench.call('read_file', { path: 'a.cs' })).output).toContain('[CR line ends.]');
  });

  it('that are carriage returns alone are said where they are lost, and where they leave lines unfound', async () => {
    await bench.put('a.cs', 'one\rtwo\rthree\r');
    await bench.put('b.cs', 'two\n');
    await bench.put('c.cs', 'one\rtwo\r\nthree\r\n');
    expect((await bench.call('search_files', { pattern: '^two$' })).output).toBe("b.cs:1: two\n[Lines that end with carriage returns alone, searched as one line: a.cs; tr '\\r' '\\n' through run_command parts them.]");
    await expect(bench.call('read_file', { path: 'a.cs', offset: 2 })).rejects.toThrow('has only 1 line; offset 2 is behind its end. Its lines end with carriage returns alone');
    expect((await bench.call('write_file', { path: 'a.cs', content: 'one\ntwo\n' })).output).toContain('Its lines ended with carriage returns alone, and end with line feeds now');
    expect((await bench.call('write_file', { path: 'a.cs', content: 'three\n' })).output).not.toContain('carriage returns');
  });

  it('and its mark are no part of the lines that are searched and read', async () => {
    await bench.put('a.cs', `${mark}using System;\r\nint x;\r\n`);
    expect((await bench.call('search_files', { pattern: ';$' })).output).toBe('a.cs:1: using System;\na.cs:2: int x;');
    expect((await bench.call('search_files', { pattern: '^using' })).output).toBe('a.cs:1: using System;');
    expect((await bench.call('read_file', { path: 'a.cs' })).output).toBe('using System;\nint x;\n\n[Encoding: UTF-8, with a byte order mark; CRLF line ends.]');
  });
});
