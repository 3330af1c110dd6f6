import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { takeBackCutWrites } from '../../docker/local/files/writeInPlace.ts';
import { ToolBench, type CallTool } from './toolBench.ts';

let bench: ToolBench;
beforeEach(async () => void (bench = await ToolBench.create()));
afterEach(() => bench.dispose());

const inode = async (name: string): Promise<number> => (await fs.stat(bench.path(name))).ino;

describe('a file that has changed since the agent read it', () => {
  it.each([
    ['edit_file', { path: 'a.txt', oldText: 'one', newText: '1' }],
    ['write_file', { path: 'a.txt', content: 'mine' }],
  ])('is not touched by %s until it is read again', async (name, args) => {
    await bench.put('a.txt', 'one two');
    await bench.call('read_file', { path: 'a.txt' });
    await bench.put('a.txt', 'one six');
    await expect(bench.call(name, args)).rejects.toThrow('a.txt has changed since you read it');
    expect(await bench.text('a.txt')).toBe('one six');
    await bench.call('read_file', { path: './a.txt' });
    expect(await bench.call(name, args)).toMatchObject({ state: 'done' });
  });

  it('is not overwritten after own writes and edits either, and a part of it that was read counts', async () => {
    await bench.call('write_file', { path: 'a.txt', content: 'one\ntwo\n' });
    await bench.call('edit_file', { path: 'a.txt', oldText: 'two', newText: '2' });
    await bench.put('a.txt', 'one\n2\nmore\n');
    await expect(bench.call('write_file', { path: 'a.txt', content: 'x' })).rejects.toThrow('has changed');
    await expect(bench.call('edit_file', { path: 'a.txt', oldText: 'one', newText: 'x' })).rejects.toThrow('has changed');
    await bench.call('read_file', { path: 'a.txt', offset: 2, limit: 1 });
    await bench.call('edit_file', { path: 'a.txt', oldText: '2', newText: 'two' });
    expect(await bench.text('a.txt')).toBe('one\ntwo\nmore\n');
  });

  it('is known through every name that leads to it', async () => {
    await bench.put('real.txt', 'one');
    await fs.symlink('real.txt', bench.path('link.txt'));
    await bench.call('read_file', { path: 'link.txt' });
    await bench.put('real.txt', 'two');
    await expect(bench.call('write_file', { path: 'real.txt', content: 'x' })).rejects.toThrow('has changed');
  });

  it('is the same one when only its times are others', async () => {
    await bench.put('a.txt', 'one');
    await bench.call('read_file', { path: 'a.txt' });
    await fs.utimes(bench.path('a.txt'), 1, 1);
    expect(await bench.call('write_file', { path: 'a.txt', content: 'two' })).toMatchObject({ state: 'done' });
  });

  it('may be edited by its exact text, or written whole, when it was never read, and the result says so', async () => {
    await bench.put('a.txt', 'one two');
    expect(await bench.call('edit_file', { path: 'a.txt', oldText: 'one', newText: '1' })).toMatchObject({ state: 'done' });
    await bench.put('a.txt', '1 six');
    expect(await bench.call('edit_file', { path: 'a.txt', oldText: '1 ', newText: '2 ' })).toMatchObject({ state: 'done' });
    expect(await bench.text('a.txt')).toBe('2 six');
    const other = bench.newTask();
    expect((await other('write_file', { path: 'a.txt', content: 'x' })).output).toContain('had not been read');
    expect((await other('write_file', { path: 'a.txt', content: 'y' })).output).not.toContain('had not been read');
  });

  it.each([
    ['its first lines', ['read_file', { path: 'a.txt', limit: 2 }]],
    ['all but its first line', ['read_file', { path: 'a.txt', offset: 2 }]],
    ['all but its first character', ['read_file', { path: 'a.txt', column: 2 }]],
    ['more than is read at once', ['read_file', { path: 'long.txt' }]],
    ['the text that it edited', ['edit_file', { path: 'a.txt', oldText: 'two', newText: '2' }]],
  ] as const)('is not taken for read when only %s was seen, and the result of writing all of it says so', async (_part, [name, args]) => {
    await bench.put('a.txt', 'one\ntwo\nthree\n');
    await bench.put('long.txt', 'a'.repeat(400_000));
    await bench.call(name, args);
    expect((await bench.call('write_file', { path: args.path, content: 'x' })).output).toContain('had not been read whole');
  });

  it('is read for good once all of it was, whatever part is read again and whatever it edits itself', async () => {
    await bench.put('a.txt', 'one\ntwo\n');
    await bench.call('read_file', { path: 'a.txt', limit: 9 });
    await bench.call('read_file', { path: 'a.txt', limit: 1 });
    await bench.call('edit_file', { path: 'a.txt', oldText: 'two', newText: '2' });
    expect((await bench.call('write_file', { path: 'a.txt', content: 'x' })).output).not.toContain('had not been read');
    await bench.put('a.txt', 'other\ntext\n');
    await bench.call('read_file', { path: 'a.txt', limit: 1 });
    expect((await bench.call('write_file', { path: 'a.txt', content: 'y' })).output).toContain('had not been read whole');
  });

  it('is left alone, in words, when a folder has the name that a writer holds for a moment', async () => {
    await bench.put('a.txt', 'one');
    await fs.mkdir(bench.path('.a.txt.logos-lock'));
    const later = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 10_000);
    await expect(bench.call('edit_file', { path: 'a.txt', oldText: 'one', newText: 'two' })).rejects.toThrow(/A folder is named \.a\.txt\.logos-lock.*nothing was changed/);
    later.mockRestore();
    expect(await bench.text('a.txt')).toBe('one');
    expect(await bench.names()).toEqual(['.a.txt.logos-lock', 'a.txt']);
  });
});

describe('a file that the agent knows from an earlier turn', () => {
  interface Call {
    readonly tool: string;
    readonly args: Record<string, unknown>;
  }

  /** Makes some calls in one turn, and gives the tools of the next. */
  async function nextTurn(calls: readonly Call[]): Promise<CallTool> {
    const turn = bench.newTask();
    const toolCalls = [];
    for (const { tool, args } of calls) toolCalls.push({ callId: 'c', tool, args, result: (await turn(tool, args)).output });
    return bench.newTask(new AbortController().signal, [{ role: 'assistant', text: '', toolCalls }]);
  }
  const overwrite = { path: 'a.txt', content: 'all new\n' };

  it.each<[string, Call[]]>([
    ['read', [{ tool: 'read_file', args: { path: 'a.txt' } }]],
    ['wrote', [{ tool: 'write_file', args: { path: './a.txt', content: 'mine\n' } }]],
    ['read and edited', [{ tool: 'read_file', args: { path: 'a.txt' } }, { tool: 'edit_file', args: { path: 'a.txt', oldText: 'one', newText: '1' } }]],
  ])('because it %s it is written over as long as nobody else changed it', async (_name, calls) => {
    await bench.put('a.txt', 'one\r\ntwo\r\n');
    const call = await nextTurn(calls);
    await fs.appendFile(bench.path('a.txt'), 'by hand\n');
    const changed = await bench.text('a.txt');
    await expect(call('write_file', overwrite)).rejects.toThrow('a.txt has changed since you read it');
    expect(await bench.text('a.txt')).toBe(changed);
    await call('read_file', { path: 'a.txt' });
    expect(await call('write_file', overwrite)).toMatchObject({ state: 'done' });
    expect((await (await nextTurn(calls.slice(0, 1)))('write_file', overwrite)).output).not.toContain('had not been read');
  });

  it.each(['one\rtwo\r', 'one\r\ntwo\n', 'one\ntwo\n', '\uFEFFone\ntwo\n'])('is known whatever its line ends and its mark are: %j', async (text) => {
    await bench.put('a.txt', text);
    const calls = [{ tool: 'read_file', args: { path: 'a.txt' } }];
    const call = await nextTurn(calls);
    await fs.appendFile(bench.path('a.txt'), 'by hand');
    await expect(call('write_file', overwrite)).rejects.toThrow('a.txt has changed since you read it');
    expect((await (await nextTurn(calls))('write_file', overwrite)).output).not.toContain('had not been read');
  });

  it('is not known where only a part of it was read', async () => {
    await bench.put('a.txt', 'one\ntwo\n');
    const call = await nextTurn([{ tool: 'read_file', args: { path: 'a.txt', limit: 1 } }]);
    await fs.appendFile(bench.path('a.txt'), 'by hand\n');
    expect((await call('write_file', overwrite)).output).toContain('had not been read');
  });
});

describe('sessions that work on one file at once', () => {
  it('lose nothing of each other', async () => {
    await bench.put('a.txt', Array.from({ length: 60 }, (_, n) => `line ${n};\n`).join(''));
    const sessions = Array.from({ length: 6 }, () => bench.newTask());
    const edits = sessions.map(async (call, place) => {
      for (let n = place; n < 60; n += 6) await call('edit_file', { path: 'a.txt', oldText: `line ${n};`, newText: `LINE ${n} of ${place};` });
    });
    await Promise.all(edits);
    expect(await bench.text('a.txt')).toBe(Array.from({ length: 60 }, (_, n) => `LINE ${n} of ${n % 6};\n`).join(''));
    expect(await bench.names()).toEqual(['a.txt']);
  });

  it('make one new file, and the one that is slower writes over it whole', async () => {
    await Promise.all(['a', 'b', 'c'].map((letter) => bench.newTask()('write_file', { path: 'new/x.txt', content: letter.repeat(100_000) })));
    expect(['a', 'b', 'c'].map((letter) => letter.repeat(100_000))).toContain(await bench.text('new/x.txt'));
    expect(await fs.readdir(bench.path('new'))).toEqual(['x.txt']);
  });
});

describe('what a change keeps', () => {
  it('is the mode', async () => {
    await bench.put('run.sh', 'echo 1\n');
    await fs.chmod(bench.path('run.sh'), 0o2751);
    await bench.call('edit_file', { path: 'run.sh', oldText: '1', newText: '2' });
    expect((await fs.stat(bench.path('run.sh'))).mode & 0o7777).toBe(0o2751);
  });

  it('is its access list and what else was noted at it', async (context) => {
    await bench.put('a.txt', 'one');
    // The person and a user of 1000 may read and write, the group may not, though its bits say so.
    const list = "struct.pack('<I' + 'HHI' * 5, 2, 1, 6, 2**32 - 1, 2, 6, 1000, 4, 0, 2**32 - 1, 16, 6, 2**32 - 1, 32, 0, 2**32 - 1)";
    const noted = { 'user.note': "b'kept'", 'system.posix_acl_access': list };
    const python = (text: string): string => execFileSync('python3', ['-c', `import os, struct, sys; name = sys.argv[1]; ${text}`, bench.path('a.txt')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      for (const [name, value] of Object.entries(noted)) python(`os.setxattr(name, '${name}', ${value})`);
    } catch {
      return context.skip('there is no python, or the file system takes no attributes');
    }
    const look = (): string => python('print([(each, os.getxattr(name, each)) for each in sorted(os.listxattr(name))], os.stat(name).st_mode)');
    const before = look();
    await bench.call('edit_file', { path: 'a.txt', oldText: 'one', newText: 'two' });
    expect([await bench.text('a.txt'), look()]).toEqual(['two', before]);
  });

  it('is owner and group', async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('Only root can give files away.');
    await bench.put('a.txt', 'one');
    await fs.chown(bench.path('a.txt'), 12_345, 12_346);
    await bench.call('write_file', { path: 'a.txt', content: 'two' });
    expect(await fs.stat(bench.path('a.txt'))).toMatchObject({ uid: 12_345, gid: 12_346 });
  });

  it('is a symbolic link, also one to a file that is not there yet', async () => {
    await bench.put('deep/real.txt', 'one');
    await fs.symlink('deep/real.txt', bench.path('link.txt'));
    await fs.symlink('deep/new.txt', bench.path('loose.txt'));
    await bench.call('edit_file', { path: 'link.txt', oldText: 'one', newText: 'two' });
    await bench.call('write_file', { path: 'loose.txt', content: 'made' });
    expect(await fs.readlink(bench.path('link.txt'))).toBe('deep/real.txt');
    expect(await fs.readlink(bench.path('loose.txt'))).toBe('deep/new.txt');
    expect(await Promise.all([bench.text('deep/real.txt'), bench.text('deep/new.txt')])).toEqual(['two', 'made']);
  });

  it.each([
    ['is a link into a folder that is not there', 'link', 'link', 'gone/deep/new.txt', 'gone/deep'],
    ['is a link to such a link', 'second', 'second', 'link', 'gone/deep'],
    ['is in a folder that is a link to nothing', 'folder/new.txt', 'folder', 'nowhere', 'nowhere'],
    ['is deep in a folder that is a link to nothing', 'folder/a/b/new.txt', 'folder', 'nowhere', 'nowhere'],
  ])('is nothing where what is to be written %s: link, target and folder are named', async (_what, given, link, to, missing) => {
    await fs.symlink('gone/deep/new.txt', bench.path('link'));
    await fs.symlink('link', bench.path('second'));
    await fs.symlink('nowhere', bench.path('folder'));
    const home = await fs.realpath(bench.workspace);
    await expect(bench.call('write_file', { path: given, content: 'x' })).rejects.toThrow(
      `${bench.path(link)} is a symbolic link to ${to}, and the folder ${path.join(home, missing)} does not exist; nothing was written. Make that folder with mkdir -p`,
    );
    expect(await bench.names()).toEqual(['folder', 'link', 'second']);
    await fs.mkdir(bench.path(missing), { recursive: true });
    expect(await bench.call('write_file', { path: given, content: 'x' })).toMatchObject({ state: 'done' });
    expect(await bench.text(given)).toBe('x');
  });

  it('is a file in the place of a folder, and a folder that is named for a file', async () => {
    await bench.put('a.txt', 'one');
    await expect(bench.call('write_file', { path: 'a.txt/b.txt', content: 'x' })).rejects.toThrow('A part of a.txt/b.txt is a file, not a folder.');
    await expect(bench.call('write_file', { path: 'a.txt/b/c.txt', content: 'x' })).rejects.toThrow('A part of a.txt/b/c.txt is a file, not a folder.');
    for (const name of ['a.txt/', 'new/']) await expect(bench.call('write_file', { path: name, content: 'x' })).rejects.toThrow(`${name} names a folder`);
    expect(await bench.text('a.txt')).toBe('one');
    expect(await bench.names()).toEqual(['a.txt']);
  });

  it('is a hard link, for a longer and for a shorter content', async () => {
    await bench.put('a.txt', 'one two three');
    await fs.link(bench.path('a.txt'), bench.path('b.txt'));
    const before = await inode('a.txt');
    await bench.call('edit_file', { path: 'a.txt', oldText: 'two', newText: 'twenty-two' });
    expect(await bench.text('b.txt')).toBe('one twenty-two three');
    await bench.call('write_file', { path: 'b.txt', content: '1' });
    expect([await bench.text('a.txt'), await inode('a.txt'), await inode('b.txt')]).toEqual(['1', before, before]);
    expect(await bench.names()).toEqual(['a.txt', 'b.txt']);
  });

  it('is everything when the call was stopped before', async () => {
    const stop = new AbortController();
    stop.abort('cancelled');
    await bench.put('a.txt', 'one');
    await expect(bench.newTask(stop.signal)('edit_file', { path: 'a.txt', oldText: 'one', newText: 'two' })).rejects.toBe('cancelled');
    expect([await bench.text('a.txt'), await bench.names()]).toEqual(['one', ['a.txt']]);
  });
});

describe('what a killed edit leaves beside a file', () => {
  it('is found by no search, and goes with the next change of that file', async () => {
    await bench.put('a.txt', 'one');
    for (const name of ['.a.txt.logos-0a1b2c3d', '.a.txt.logos-lock']) await bench.put(name, 'one half');
    expect(await bench.call('search_files', { glob: '*' })).toMatchObject({ output: 'a.txt' });
    expect(await bench.call('search_files', { pattern: 'half' })).toMatchObject({ result: '0 hits' });
    await bench.call('edit_file', { path: 'a.txt', oldText: 'one', newText: 'two' });
    expect([await bench.text('a.txt'), await bench.names()]).toEqual(['two', ['a.txt']]);
  });

  it('may be made up by a command or a repository: no pipe, device, folder or huge file keeps the tools from their work', async () => {
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 600_000);
    try {
      await bench.put('a.txt', 'one');
      await bench.put('.b.txt.logos-0a1b2c3d/kept', 'kept');
      const zero = await fs.stat('/dev/zero');
      await bench.put('.logos-undo/head', `${JSON.stringify({ path: '/dev/zero', ino: String(zero.ino), old: 1, fresh: 1 })}\nab`);
      execFileSync('mkfifo', [bench.path('.logos-undo/pipe')]);
      await fs.symlink('/dev/zero', bench.path('.logos-undo/link'));
      await bench.put('.logos-undo/huge', '');
      await fs.truncate(bench.path('.logos-undo/huge'), 1_000_000_000);
      await takeBackCutWrites(bench.workspace);
      await bench.call('edit_file', { path: 'a.txt', oldText: 'one', newText: 'two' });
      expect([await bench.text('a.txt'), await bench.text('.b.txt.logos-0a1b2c3d/kept')]).toEqual(['two', 'kept']);
      expect(await bench.names()).not.toContain('.logos-undo');
    } finally {
      clock.mockRestore();
    }
  });
});
