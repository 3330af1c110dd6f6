import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const agent = '00000000-0000-7000-8000-00000000000c';
const unavailable = whyNoSandbox();
const mebibyte = 1_048_576;
const limits = { memoryBytes: 300 * mebibyte, processes: 64, openFiles: 128, fileBytes: 10 * mebibyte, workspaceBytes: 40 * mebibyte };

const shell = (script: string): string => `
  const { status, signal, stdout } = require('child_process').spawnSync('/bin/sh', ['-c', ${JSON.stringify(script)}], { encoding: 'utf8' });
  return { status, signal, stdout: stdout.trim() };`;
const hog = `const held = []; for (;;) { held.push(Buffer.alloc(8 * 1048576, 1)); await new Promise((resolve) => setTimeout(resolve, 2)); }`;

describe.each(hostModes)('the limits of a task, under a gateway that runs as %s', (mode) => {
  let host: SandboxHost;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    host = await SandboxHost.start(mode, { limits });
    await host.prepare(agent);
  });

  afterAll(async () => await host?.dispose());

  const check = (name: string, body: (context: { skip(why: string): void }) => Promise<void>): void => {
    it(name, async (context) => (unavailable === undefined ? await body(context) : context.skip(unavailable)));
  };

  const empty = async (): Promise<void> => {
    await host.remove(agent);
    await host.prepare(agent);
  };

  check('processes and threads: a fork bomb stops at the limit and harms nobody', async () => {
    const bomb = 'i=0; while [ $i -lt 200 ]; do sleep 60 >/dev/null 2>&1 & i=$((i+1)); done';
    const body = `require('child_process').spawnSync('/bin/sh', ['-c', ${JSON.stringify(bomb)}]); return require('fs').readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length;`;
    const { value } = (await host.run(agent, body)) as { value: number };
    expect(value).toBeLessThanOrEqual(limits.processes);
    expect(value).toBeGreaterThan(limits.processes / 2);
    expect(await host.run(agent, 'return true;')).toEqual({ value: true });
  });

  check('processes cannot be raised', async () => {
    expect(await host.run(agent, shell('ulimit -n 4096 2>/dev/null; ulimit -n'))).toMatchObject({ value: { stdout: String(limits.openFiles) } });
    expect(await host.run(agent, shell('ulimit -H -c'))).toMatchObject({ value: { stdout: '0' } });
  });

  check('open files', async () => {
    const body = `const fs = require('fs'); let open = 0; try { for (;;) { fs.openSync('/dev/null', 'r'); open += 1; } } catch (error) { return { open, code: error.code }; }`;
    const { value } = (await host.run(agent, body)) as { value: { open: number; code: string } };
    expect(value.code).toBe('EMFILE');
    expect(value.open).toBeLessThan(limits.openFiles);
  });

  check('the size of a file', async () => {
    await host.run(agent, shell('head -c 20M /dev/zero > /sandbox/big; true'));
    expect(await host.run(agent, `const size = require('fs').statSync('/sandbox/big').size; require('fs').rmSync('/sandbox/big'); return size;`)).toEqual({ value: limits.fileBytes });
  });

  check('scratch and shared memory, and nothing else that is in memory', async () => {
    const fill = (folder: string): string => shell(`cd ${folder} && i=0; while head -c 9M /dev/zero > fill$i 2>/dev/null && [ $i -lt 40 ]; do i=$((i+1)); done; du -sm . | cut -f1`);
    const small = (await host.run(agent, fill('/dev/shm'))) as { value: { stdout: string } };
    expect(Number(small.value.stdout)).toBeLessThanOrEqual(65);
    expect(await host.run(agent, shell('for d in / /run /etc /dev /opt; do touch $d/x 2>/dev/null && echo $d; done; true'))).toMatchObject({ value: { stdout: '' } });
    expect(await host.run(agent, shell('df -m /tmp | tail -1 | tr -s " " | cut -d" " -f2'))).toMatchObject({ value: { stdout: '256' } });
  });

  check('memory: the task is ended and the exit says why', async () => {
    const { task } = await host.start(agent, hog);
    expect((await host.ended(task)).exit).toMatchObject({ cause: 'out_of_memory' });
  });

  check('memory of a child counts too', async () => {
    const body = `const { signal } = require('child_process').spawnSync(process.execPath, ['-e', 'const h=[];setInterval(()=>h.push(Buffer.alloc(8*1048576,1)),2)']); return signal;`;
    const { task } = await host.start(agent, body);
    const { exit, lines } = await host.ended(task);
    // A control group kills the child alone; the watchdog ends the task.
    expect(exit.cause === 'exited' ? lines : exit.cause).toEqual(exit.cause === 'exited' ? ['{"value":"SIGKILL"}'] : 'out_of_memory');
  });

  check('the workspace: the task is ended and the exit says why', async () => {
    const { task } = await host.start(agent, `const fs = require('fs'); for (let i = 0; ; i += 1) { fs.writeFileSync('/sandbox/fill' + i, Buffer.alloc(5 * 1048576, 1)); await new Promise((resolve) => setTimeout(resolve, 20)); if (i > 2000) return 'never stopped'; }`);
    expect((await host.ended(task)).exit).toMatchObject({ cause: 'out_of_disk' });
    await empty();
  });

  check('a workspace over its limit can still be worked in and cleaned up, but takes no more', async () => {
    const fill = `const fs = require('fs'); for (let i = 0; i < 500; i += 1) { fs.writeFileSync('/sandbox/fill' + i, Buffer.alloc(5 * 1048576, 1)); await new Promise((resolve) => setTimeout(resolve, 20)); }`;
    await host.ended((await host.start(agent, fill)).task);
    const more = `for (let i = 0; i < 400; i += 1) { require('fs').writeFileSync('/sandbox/more' + i, Buffer.alloc(1048576, 1)); await new Promise((resolve) => setTimeout(resolve, 50)); } return 'never stopped';`;
    expect((await host.ended((await host.start(agent, more)).task)).exit).toMatchObject({ cause: 'out_of_disk' });
    const slowCleaning = `const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)); await wait(3000); for (const name of require('fs').readdirSync('/sandbox')) require('fs').rmSync('/sandbox/' + name, { recursive: true }); await wait(500); return 'clean';`;
    expect(await host.run(agent, slowCleaning)).toEqual({ value: 'clean' });
    expect((await host.ended((await host.start(agent, fill)).task)).exit).toMatchObject({ cause: 'out_of_disk' });
    await empty();
  });

  check('the workspace counts also where it forbids to be looked at', async () => {
    const body = `const fs = require('fs'); fs.mkdirSync('/sandbox/hidden'); fs.chmodSync('/sandbox/hidden', 0o300); for (let i = 0; ; i += 1) { fs.writeFileSync('/sandbox/hidden/' + i, Buffer.alloc(5 * 1048576, 1)); await new Promise((resolve) => setTimeout(resolve, 20)); if (i > 500) return 'never stopped'; }`;
    const { task } = await host.start(agent, body);
    expect((await host.ended(task)).exit).toMatchObject({ cause: 'out_of_disk' });
    await empty();
  });

  check('the workspace counts empty files too', async () => {
    const body = `const fs = require('fs'); for (let d = 0; ; d += 1) { fs.mkdirSync('/sandbox/empty/' + d, { recursive: true }); for (let i = 0; i < 500; i += 1) fs.closeSync(fs.openSync('/sandbox/empty/' + d + '/' + i, 'w')); await new Promise((resolve) => setTimeout(resolve, 20)); if (d > 200) return 'never stopped'; }`;
    const { task } = await host.start(agent, body);
    expect((await host.ended(task)).exit).toMatchObject({ cause: 'out_of_disk' });
    await empty();
  });

  check('memory that belongs to no process cannot be had', async (context) => {
    if (!fs.existsSync('/usr/bin/perl')) return context.skip('perl is not installed');
    const shmget = process.arch === 'arm64' ? 194 : 29;
    const perl = (program: string): string => `return require('child_process').spawnSync('/usr/bin/perl', ['-e', ${JSON.stringify(program)}], { encoding: 'utf8' }).stdout;`;
    expect(await host.run(agent, perl(`print syscall(${shmget}, 0, 80 * 1048576, 0600 | 512) < 0 ? $!+0 : 'made'`))).toEqual({ value: '1' });
    expect(await host.run(agent, perl(`print syscall(${shmget}, 0, 4096, 0600 | 512) < 0 ? $!+0 : 'made'`))).toEqual({ value: 'made' });
  });

  check('what was made to stay is removed with the sandbox: trees deeper than a path, names that are no text, folders that nobody may read', async () => {
    const other = '00000000-0000-7000-8000-00000000000d';
    const { homePath } = await host.prepare(other);
    await host.run(other, `for (let depth = 0; depth < 60; depth += 1) { require('fs').mkdirSync('d'.repeat(200)); process.chdir('d'.repeat(200)); } return true;`);
    await host.run(other, shell(`cd /sandbox; name=$(printf '\\377\\376'); mkdir -p "$name/$name"; touch "$name/$name/file"; chmod 0 "$name/$name" "$name"`));
    await host.remove(other);
    const folder = homePath.slice(0, homePath.lastIndexOf(`/${other}/`));
    expect(fs.readdirSync(folder).filter((name) => name !== agent)).toEqual([]);
  });

  check('what holds each limit is told truly', async () => {
    const { limits: told } = await host.probe();
    const holder = Object.fromEntries(told.map((limit) => [limit.name, limit.enforcedBy]));
    const hasCgroups = mode === 'root' && fs.existsSync('/sys/fs/cgroup/memory/tasks');
    expect(holder).toMatchObject({ processes: 'rlimit', openFiles: 'rlimit', fileBytes: 'rlimit', workspaceBytes: 'watchdog', toolMs: 'worker' });
    if (hasCgroups) expect(holder.memoryBytes).toBe('cgroup');
    expect(told.find((limit) => limit.name === 'memoryBytes')?.value).toBe(limits.memoryBytes);
  });
});
