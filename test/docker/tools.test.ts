import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeenFiles } from '../../docker/local/files/seenFiles.ts';
import { ToolFailure, type ToolOutcome } from '../../docker/local/tools/tool.ts';
import { checkArguments } from '../../docker/local/tools/toolArguments.ts';
import { chooseTools } from '../../docker/local/tools/tools.ts';
import { allToolNames } from './workerHarness.ts';

let workspace: string;
let streamed: string;
let cancel: AbortController;
let seen: SeenFiles;
beforeEach(async () => {
  workspace = await fs.mkdtemp(path.join(os.tmpdir(), 'logos-tools-'));
  streamed = '';
  cancel = new AbortController();
  seen = new SeenFiles();
});
afterEach(() => fs.rm(workspace, { recursive: true, force: true }));

/** Runs a tool as the worker does, its arguments checked first. */
async function call(name: string, raw: Record<string, unknown>, outputBytes = 65_536): Promise<ToolOutcome> {
  const tool = chooseTools([name], 'write')[0];
  if (tool === undefined) throw new Error(`There is no tool ${name}.`);
  const args = checkArguments(raw, tool.parameters);
  if (typeof args === 'string') throw new ToolFailure(args);
  const onOutput = (text: string): undefined => void (streamed += text);
  return await tool.run(args, { workspacePath: workspace, environment: process.env, outputBytes, signal: cancel.signal, seen, earlierTextOf: async () => undefined, onOutput });
}
const put = (name: string, text: string | Buffer): Promise<void> => fs.mkdir(path.dirname(path.join(workspace, name)), { recursive: true }).then(() => fs.writeFile(path.join(workspace, name), text));
const get = (name: string): Promise<string> => fs.readFile(path.join(workspace, name), 'utf8');

describe('run_command', () => {
  it('runs in the workspace without input, and gives both outputs and the exit code', async () => {
    expect(await call('run_command', { command: 'pwd; cat; echo oops >&2; exit 7' })).toEqual({ state: 'failed', output: `${workspace}\noops\n[exit 7]`, result: 'exit 7' });
    expect(streamed).toBe(`${workspace}\noops\n`);
  });

  it('says when there is no output, and which signal ended it', async () => {
    expect(await call('run_command', { command: 'true' })).toEqual({ state: 'done', output: '(no output)\n[exit 0]' });
    expect(await call('run_command', { command: 'kill -SEGV $$' })).toMatchObject({ state: 'failed', result: 'killed by SIGSEGV' });
  });

  it('keeps the first and the last of 50 MB, says how much it left out, and streams no more than the limit', async () => {
    const outcome = await call('run_command', { command: 'echo first; head -c 50000000 /dev/zero | tr "\\0" x; echo; echo last' });
    expect(outcome.output.startsWith('first\nxxx')).toBe(true);
    expect(outcome.output).toContain(`[... ${50_000_012 - 65_536} bytes left out of the middle ...]`);
    expect(outcome.output.endsWith('x\nlast\n')).toBe(true);
    expect(outcome.truncatedBytes).toBe(50_000_012 - 65_536);
    expect(Buffer.byteLength(streamed)).toBe(65_536);
  });

  it('ends the whole group of a command whose time is over, also when it ignores SIGTERM', async () => {
    const running = call('run_command', { command: `trap '' TERM; echo $$; sleep 301 & sleep 301` });
    while (!streamed.includes('\n')) await new Promise((resolve) => setTimeout(resolve, 5));
    cancel.abort('timed_out');
    expect(await running).toMatchObject({ state: 'timed_out' });
    const group = Number(streamed);
    const living = (): string[] => execFileSync('ps', ['-eo', 'pgid=,stat=']).toString().split('\n').filter((row) => Number.parseInt(row, 10) === group && !row.includes('Z'));
    expect(living()).toEqual([]);
  });

  it('keeps characters whole where output is cut and where chunks end', async () => {
    const outcome = await call('run_command', { command: `i=0; while [ $i -lt 2000 ]; do printf '🙂ü'; i=$((i+1)); done` }, 1_001);
    expect(outcome.output).not.toContain('\uFFFD');
    expect(streamed).not.toContain('\uFFFD');
  });
});

describe('read_file', () => {
  it('gives a file with the number of its lines, and a window of it', async () => {
    await put('a.txt', 'one\ntwo\nthree\nfour');
    expect(await call('read_file', { path: 'a.txt' })).toEqual({ state: 'done', output: 'one\ntwo\nthree\nfour', result: '4 lines' });
    expect(await call('read_file', { path: './a.txt', offset: 2, limit: '2' })).toEqual({ state: 'done', output: 'two\nthree\n\n[Lines 2 to 3; the file goes on. Read on with offset 4.]', result: '2 lines' });
    expect(await call('read_file', { path: 'a.txt', offset: 4 })).toMatchObject({ output: 'four', result: '1 line' });
    await expect(call('read_file', { path: 'a.txt', offset: 9 })).rejects.toThrow('has only 4 lines');
  });

  it('stops at 256 KB between two lines, and inside a line only when it is longer than that', async () => {
    await put('many.txt', `${'y'.repeat(99)}\n`.repeat(4_000));
    const many = await call('read_file', { path: 'many.txt' });
    expect(many.result).toBe('2621 lines');
    expect(many.output.endsWith('y\n\n[Lines 1 to 2621; the file goes on. Read on with offset 2622.]')).toBe(true);
    await put('long.txt', 'z'.repeat(300_000));
    const long = await call('read_file', { path: 'long.txt' });
    expect(long.output).toContain('the last line was cut');
    expect(long.output.indexOf('\n')).toBe(262_144);
  });

  it.each([
    ['of a file that is read at once', 590_000],
    ['of a file that is read in pieces', 5_000_000],
  ])('gives all of a long line %s, by column, with every character whole', async (_name, units) => {
    const line = 'aü🙂'.repeat(units / 4);
    await put('long.txt', `first\n${line}\nlast`);
    let read = '';
    for (let column: number | undefined = 1; column !== undefined; ) {
      const { output } = await call('read_file', { path: 'long.txt', offset: 2, column, limit: 1 });
      const note = /\n\[Lines? 2[^]*\]$/.exec(output)?.[0] ?? '';
      read += output.slice(0, output.length - note.length);
      const next = /Read on with offset 2 and column (\d+)\.\]$/.exec(note)?.[1];
      column = next === undefined ? undefined : Number(next);
    }
    expect(read === `${line}\n`).toBe(true);
    await expect(call('read_file', { path: 'long.txt', offset: 3, column: 9 })).rejects.toThrow('has only 4 characters');
  });

  it('names what is missing, a folder, a pipe, a binary, and an empty file', async () => {
    execFileSync('mkfifo', [path.join(workspace, 'pipe')]);
    await put('bin', Buffer.from([1, 0, 2]));
    await put('empty', '');
    await expect(call('read_file', { path: 'none' })).rejects.toThrow('none does not exist.');
    await expect(call('read_file', { path: '.' })).rejects.toThrow('. is a folder, not a file.');
    await expect(call('read_file', { path: 'pipe' })).rejects.toThrow('pipe is not a regular file.');
    await expect(call('read_file', { path: 'bin' })).rejects.toThrow('binary file of 3 bytes');
    await expect(call('read_file', { path: 'a\0b' })).rejects.toThrow('zero character');
    await expect(call('read_file', { path: ' ' })).rejects.toThrow('empty');
    expect(await call('read_file', { path: 'empty' })).toMatchObject({ output: '[The file is empty.]', result: '0 lines' });
  });
});

describe('write_file and edit_file', () => {
  it('writes a file with its folders, and tells the lines that changed', async () => {
    expect(await call('write_file', { path: 'x/y/a.txt', content: 'one\ntwo\n' })).toMatchObject({ state: 'done', result: '+2 -0' });
    expect(await call('write_file', { path: 'x/y/a.txt', content: 'one\n2\n3\n' })).toMatchObject({ result: '+2 -1' });
    expect(await get('x/y/a.txt')).toBe('one\n2\n3\n');
    await expect(call('write_file', { path: 'x', content: '' })).rejects.toThrow('x is a folder');
    await expect(call('write_file', { path: 'x/y/a.txt/b', content: '' })).rejects.toThrow(/file, not a folder|exists/i);
  });

  it('replaces exactly one place, with text that means nothing to it', async () => {
    await put('a.ts', 'let a = 1;\nlet b = 1;\n');
    expect(await call('edit_file', { path: 'a.ts', oldText: 'b = 1', newText: "b = '$&$1'" })).toMatchObject({ result: '+1 -1' });
    expect(await get('a.ts')).toBe("let a = 1;\nlet b = '$&$1';\n");
  });

  it('refuses what is not there, what is there twice unless all are meant, and nothing', async () => {
    await put('a.ts', 'x x\n');
    await expect(call('edit_file', { path: 'a.ts', oldText: 'y', newText: 'z' })).rejects.toThrow('does not stand in a.ts');
    await expect(call('edit_file', { path: 'a.ts', oldText: 'x', newText: 'z' })).rejects.toThrow('stands 2 times');
    await expect(call('edit_file', { path: 'a.ts', oldText: '', newText: 'z' })).rejects.toThrow('empty');
    await expect(call('edit_file', { path: 'a.ts', oldText: 'x', newText: 'x' })).rejects.toThrow('the same');
    expect(await get('a.ts')).toBe('x x\n');
    await call('edit_file', { path: 'a.ts', oldText: 'x', newText: 'z', replaceAll: true });
    expect(await get('a.ts')).toBe('z z\n');
  });

  it('keeps the line ends of a file that has carriage returns', async () => {
    await put('a.txt', 'one\r\ntwo\r\n');
    await call('edit_file', { path: 'a.txt', oldText: 'one\ntwo', newText: '1\n2' });
    expect(await get('a.txt')).toBe('1\r\n2\r\n');
  });

  it('replaces a million places, and counts no more than it needs for a refusal', async () => {
    await put('many.txt', 'ab'.repeat(1_000_000));
    await expect(call('edit_file', { path: 'many.txt', oldText: 'a', newText: 'c' })).rejects.toThrow('stands at least 1000 times');
    await call('edit_file', { path: 'many.txt', oldText: 'a', newText: '$&', replaceAll: true });
    expect((await get('many.txt')) === '$&b'.repeat(1_000_000)).toBe(true);
  });

  it('are not there where the workspace is read-only', () => {
    expect(chooseTools(allToolNames, 'read').map(({ name }) => name)).toEqual(['run_command', 'read_file', 'search_files']);
    expect(chooseTools(['read_file', 'unheard_of'], 'write').map(({ name }) => name)).toEqual(['read_file']);
  });
});

describe('search_files', () => {
  beforeEach(async () => {
    await put('src/a.ts', 'const alpha = 1;\nconst beta = 2;\n');
    await put('src/deep/b.js', 'ALPHA\n');
    await put('readme.md', 'alpha and beta\n');
    await put('node_modules/x/c.ts', 'alpha\n');
    await put('bin', Buffer.from('alpha\0'));
  });

  it('finds lines by a regular expression, in order, without what tools made and without binaries', async () => {
    const skipped = '[Binary, not searched: bin.]\n[Folders not searched: node_modules; give one as path to search it.]';
    expect(await call('search_files', { pattern: 'alp?ha' })).toEqual({ state: 'done', output: `readme.md:1: alpha and beta\nsrc/a.ts:1: const alpha = 1;\n${skipped}`, result: '2 hits' });
    expect(await call('search_files', { pattern: 'alpha', path: 'node_modules' })).toMatchObject({ output: 'node_modules/x/c.ts:1: alpha' });
    expect(await call('search_files', { pattern: 'alpha', ignoreCase: true, path: 'src' })).toMatchObject({ output: 'src/a.ts:1: const alpha = 1;\nsrc/deep/b.js:1: ALPHA' });
    expect(await call('search_files', { pattern: 'beta', glob: '*.{ts,js}', path: 'src' })).toMatchObject({ output: 'src/a.ts:2: const beta = 2;', result: '1 hit' });
    expect(await call('search_files', { pattern: 'gamma' })).toMatchObject({ output: `No hits among 4 files.\n${skipped}`, result: '0 hits' });
    expect(await call('search_files', { pattern: 'beta', path: 'src/a.ts' })).toMatchObject({ result: '1 hit' });
  });

  it('lists files by a glob', async () => {
    expect(await call('search_files', { glob: '**/*.js', path: 'src' })).toMatchObject({ output: 'src/deep/b.js', result: '1 file' });
    expect(await call('search_files', { glob: 'src/*' })).toMatchObject({ output: 'src/a.ts\n[Folders not searched: node_modules; give one as path to search it.]' });
    expect(await call('search_files', { glob: '[ab].?s' })).toMatchObject({ result: '2 files' });
  });

  it('never leaves the workspace by a symbolic link', async () => {
    await fs.symlink('/etc', path.join(workspace, 'etc'));
    await fs.symlink('/etc/passwd', path.join(workspace, 'passwd'));
    const outcome = await call('search_files', { pattern: 'root' });
    expect(outcome).toMatchObject({ result: '0 hits' });
    expect(outcome.output).toContain('[Symbolic links, not followed: etc, passwd.]');
    await expect(call('search_files', { pattern: 'root', path: 'etc' })).rejects.toThrow('outside of the workspace');
    await expect(call('search_files', { pattern: 'root', path: '../' })).rejects.toThrow('outside of the workspace');
    await expect(call('search_files', { pattern: 'root', path: '/etc/passwd' })).rejects.toThrow('outside of the workspace');
  });

  it('gives up on a pattern that would take for ever, and names a pattern that is none', async () => {
    await put('evil.txt', `${'a'.repeat(64)}!\n`);
    await expect(call('search_files', { pattern: '^(a+)+$' })).rejects.toThrow('takes too long');
    await expect(call('search_files', { pattern: '(' })).rejects.toThrow('no regular expression');
    await expect(call('search_files', {})).rejects.toThrow('Give a pattern, a glob, or both.');
    await expect(call('search_files', { glob: '{a' })).rejects.toThrow('without its }');
  });

  it('searches files of any size, in lines of any length, and says what it left out', async () => {
    await put('log.txt', `${'2026-11-30 nothing\n'.repeat(300_000)}2026-11-30 needle\n`);
    expect((await call('search_files', { pattern: 'needle$', path: 'log.txt' })).output).toBe('log.txt:300001: 2026-11-30 needle');
    await put('one-line.txt', `${'-'.repeat(9_000_000)}needle`);
    const outcome = await call('search_files', { pattern: 'needle', path: 'one-line.txt' });
    expect(outcome.output).toContain('one-line.txt:1: (column 9000001)');
    expect(outcome.output).toContain('[Lines of over 4 MiB, searched in pieces: one-line.txt.]');
    await put('late.bin', Buffer.concat([Buffer.from(`needle\n${'hay\n'.repeat(2_000_000)}`), Buffer.from([0])]));
    expect((await call('search_files', { pattern: 'needle', path: 'late.bin' })).output).toBe('No hits among 1 files.\n[Binary, not searched: late.bin.]');
    await put('just.txt', 'exact\n'.repeat(200));
    expect((await call('search_files', { pattern: 'exact', path: 'just.txt' })).result).toBe('200 hits');
  });

  it('ends at 200 hits and says so, and shows only the part of a long line that matters', async () => {
    await put('many.txt', 'needle\n'.repeat(1_000));
    const outcome = await call('search_files', { pattern: 'needle' });
    expect(outcome.result).toBe('200+ hits');
    expect(outcome.output).toContain('[The search ended at 200 hits;');
    await put('wide.txt', `${'-'.repeat(5_000)}thread${'-'.repeat(5_000)}`);
    const wide = await call('search_files', { pattern: 'thread' });
    expect(wide.output).toContain('thread');
    expect(wide.output).toMatch(/^wide\.txt:1: \(column 5001\) …-+thread-+…\n/);
    expect(wide.output.split('\n')[0]?.length).toBeLessThan(400);
  });
});
