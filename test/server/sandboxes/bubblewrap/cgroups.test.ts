import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cgroups, readCgroupSources } from '../../../../server/sandboxes/bubblewrap/cgroups.ts';
import { defaultLimits } from '../../../../server/sandboxes/limits.ts';
import { spawnProcess } from '../../../../server/process/spawn.ts';

let root: string;

beforeEach(() => { root = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-cgroup-')); });
afterEach(() => fs.rmSync(root, { recursive: true }));

/** Makes a group of a made-up tree with the files that the kernel would put there. */
function group(name: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = path.join(root, name);
  fs.mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, file), text);
  return folder;
}

const read = (...parts: string[]): string => fs.readFileSync(path.join(root, ...parts), 'utf8').trim();

describe('version 2', () => {
  const membership = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/code.scope\n';
  const service = 'user.slice/user-1000.slice/user@1000.service';

  beforeEach(() => {
    group('user.slice/user-1000.slice', { 'cgroup.subtree_control': 'memory pids', 'cgroup.procs': '' });
    group(service, { 'cgroup.subtree_control': 'cpu memory pids', 'cgroup.procs': '' });
    group(`${service}/app.slice`, { 'cgroup.subtree_control': 'memory pids', 'cgroup.procs': '' });
    group(`${service}/app.slice/code.scope`, { 'cgroup.subtree_control': '', 'cgroup.procs': '' });
  });

  it('makes groups below the nearest parent that hands memory and pids down', () => {
    const cgroups = Cgroups.open({ root, membership });
    cgroups?.create('task-1', defaultLimits).add(4242);
    const own = `${service}/app.slice/logos-${process.pid}`;
    expect(read(own, 'cgroup.subtree_control')).toBe('+memory +pids');
    expect(read(own, 'task-1', 'memory.max')).toBe('2147483648');
    expect(read(own, 'task-1', 'memory.swap.max')).toBe('0');
    expect(read(own, 'task-1', 'pids.max')).toBe('258');
    expect(read(own, 'task-1', 'cgroup.procs')).toBe('4242');
  });

  it('lets all tasks together weigh as much as one program where the parent hands the processors down', () => {
    fs.writeFileSync(path.join(root, service, 'app.slice/cgroup.subtree_control'), 'cpu memory pids');
    const task = Cgroups.open({ root, membership })?.create('task-1', defaultLimits);
    const own = `${service}/app.slice/logos-${process.pid}`;
    expect(read(own, 'cgroup.subtree_control')).toBe('+memory +pids +cpu');
    expect(read(own, 'cpu.weight')).toBe('100');
    expect(task?.holdsShare).toBe(true);
  });

  it('says that it holds no share where it does not', () => {
    expect(Cgroups.open({ root, membership })?.create('task-1', defaultLimits).holdsShare).toBe(false);
  });

  it('reads what the kernel killed', () => {
    const task = Cgroups.open({ root, membership })?.create('task-1', defaultLimits);
    expect(task?.countOutOfMemoryKills()).toBe(0);
    fs.writeFileSync(path.join(root, service, `app.slice/logos-${process.pid}/task-1/memory.events`), 'low 0\noom 2\noom_kill 3\n');
    expect(task?.countOutOfMemoryKills()).toBe(3);
  });

  it('has none where no parent hands the controllers down', () => {
    for (const folder of ['user.slice/user-1000.slice', service, `${service}/app.slice`]) fs.writeFileSync(path.join(root, folder, 'cgroup.subtree_control'), 'cpu');
    expect(Cgroups.open({ root, membership })).toBeUndefined();
  });

  it('never goes above the root of the tree', () => {
    expect(Cgroups.open({ root, membership: '0::/../../outside\n' })).toBeUndefined();
  });

  it('removes groups of gateways that are gone, and leaves those of living ones alone', () => {
    const parent = path.join(root, service, 'app.slice');
    const dead = path.join(parent, 'logos-4194304', 'task-old');
    const living = path.join(parent, `logos-${process.ppid}`, 'task-new');
    for (const folder of [dead, living]) fs.mkdirSync(folder, { recursive: true });
    Cgroups.open({ root, membership });
    expect(fs.existsSync(path.dirname(dead))).toBe(false);
    expect(fs.existsSync(living)).toBe(true);
  });
});

describe('version 1', () => {
  it('makes a group per controller, where this process stands', () => {
    group('memory/here');
    group('pids');
    const cgroups = Cgroups.open({ root, membership: '8:pids:/\n4:memory:/here\n0::/\n' });
    cgroups?.create('task-1', defaultLimits).add(7);
    expect(read(`memory/here/logos-${process.pid}/task-1`, 'memory.limit_in_bytes')).toBe('2147483648');
    expect(read(`memory/here/logos-${process.pid}/task-1`, 'memory.kmem.tcp.limit_in_bytes')).toBe('268435456');
    expect(read(`memory/here/logos-${process.pid}/task-1`, 'cgroup.procs')).toBe('7');
    expect(read(`pids/logos-${process.pid}/task-1`, 'pids.max')).toBe('258');
  });

  it('lets all tasks together weigh as much as one program where it may', () => {
    for (const controller of ['memory', 'pids', 'cpu']) group(controller);
    const task = Cgroups.open({ root, membership: '8:pids:/\n4:memory:/\n1:cpu:/\n' })?.create('task-1', defaultLimits);
    task?.add(7);
    expect(read(`cpu/logos-${process.pid}`, 'cpu.shares')).toBe('1024');
    expect(read(`cpu/logos-${process.pid}/task-1`, 'cgroup.procs')).toBe('7');
    expect(task?.holdsShare).toBe(true);
    task?.hasten();
    expect(read(`cpu/logos-${process.pid}`, 'cpu.shares')).toBe('4096');
    task?.remove();
    expect(read(`cpu/logos-${process.pid}`, 'cpu.shares')).toBe('1024');
  });

  it('has none where a controller is missing', () => {
    group('memory/here');
    expect(Cgroups.open({ root, membership: '4:memory:/here\n' })).toBeUndefined();
  });
});

it('has none without a tree', () => {
  expect(Cgroups.open(undefined)).toBeUndefined();
  expect(Cgroups.open({ root, membership: '' })).toBeUndefined();
});

it('holds and lets go of a real process where this machine allows it', async (context) => {
  const cgroups = Cgroups.open(readCgroupSources());
  if (cgroups === undefined) return context.skip('this user may make no control groups here');
  const task = cgroups.create(`task-test-${process.pid}`, defaultLimits);
  const child = await spawnProcess('/bin/sleep', ['100'], { env: {} });
  task.add(child.pid);
  expect(fs.readFileSync(`/proc/${child.pid}/cgroup`, 'utf8')).toContain(`task-test-${process.pid}`);
  expect(task.remove()).toBe(false);
  child.kill('SIGKILL');
  await child.closed;
  await expect.poll(() => task.remove()).toBe(true);
  cgroups.dispose();
});
