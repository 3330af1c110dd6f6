import { open } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { spawnProcess, type StdioEntry } from '../../../server/process/spawn.ts';

const env = { PATH: '/usr/bin:/bin' };

describe('spawnProcess', () => {
  it('gives the child the environment that is named and nothing else', async () => {
    const child = await spawnProcess('/usr/bin/env', [], { env: { ONLY: 'this' } });
    expect(await text(child.stdout)).toBe('ONLY=this\n');
    expect(await child.closed).toEqual({ code: 0, signal: null });
  });

  it('starts in the root folder unless told', async () => {
    const child = await spawnProcess('/bin/pwd', [], { env });
    expect(await text(child.stdout)).toBe('/\n');
  });

  it('passes further descriptors as pipes in both directions', async () => {
    const child = await spawnProcess('/bin/sh', ['-c', 'cat <&3 >&4'], { env, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
    child.pipe(3).end('over the third');
    expect(await text(child.pipe(4))).toBe('over the third');
  });

  it('hands no descriptor down that it inherited itself, whatever its number', async () => {
    const source = new URL('../../../server/process/spawn.ts', import.meta.url).href;
    const script = `import(${JSON.stringify(source)}).then(async ({ spawnProcess }) => {
      const child = await spawnProcess('/usr/bin/readlink', ['/proc/self/fd/240'], { env: {}, stdio: ['ignore', 1, 'ignore'] });
      await child.closed;
    })`;
    const secret = await open('/etc/passwd', 'r');
    const stdio: StdioEntry[] = ['ignore', 'pipe', 'pipe', ...Array.from({ length: 237 }, () => 'ignore' as const), secret.fd];
    const outer = await spawnProcess(process.execPath, ['-e', script], { env, stdio });
    await secret.close();
    expect(await text(outer.stdout)).toBe('/dev/null\n');
  });

  it('names cause and next step when the program is not there', async () => {
    await expect(spawnProcess('/nonexistent/program', [], { env })).rejects.toMatchObject({
      class: 'internal',
      reason: 'ENOENT',
      message: 'Cannot start /nonexistent/program in /: ENOENT.',
      hint: expect.stringContaining('Install it'),
    });
  });

  it('names cause and next step when the program may not be executed', async () => {
    await expect(spawnProcess(path.join(import.meta.dirname, 'spawn.test.ts'), [], { env })).rejects.toMatchObject({ reason: 'EACCES', hint: expect.stringContaining('executable') });
  });

  it('survives a child that does not read its input', async () => {
    const child = await spawnProcess('/bin/true', [], { env });
    child.stdin.write(Buffer.alloc(10_000_000));
    expect(await child.closed).toEqual({ code: 0, signal: null });
  });

  it('tells a signal from an exit code', async () => {
    const child = await spawnProcess('/bin/sleep', ['100'], { env });
    expect(child.kill('SIGKILL')).toBe(true);
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(child.hasExited()).toBe(true);
  });

  it('refuses to start from a worker thread', async () => {
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData).then(({ spawnProcess }) => { try { spawnProcess('/bin/true', [], { env: {} }); parentPort.postMessage('started'); } catch (e) { parentPort.postMessage(e.reason); } });`;
    const thread = new Worker(source, { eval: true, workerData: new URL('../../../server/process/spawn.ts', import.meta.url).href });
    const said = await new Promise((resolve, reject) => { thread.once('message', resolve); thread.once('error', reject); });
    expect(said).toBe('not_main_thread');
    await thread.terminate();
  });
});
