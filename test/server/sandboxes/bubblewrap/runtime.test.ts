import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readProcess } from '../../../../server/process/processTable.ts';
import { isReachable, openRuntime, type Runtime } from '../../../../server/sandboxes/bubblewrap/runtime.ts';

let folder: string;
let copies: string;
let node: string;
let worker: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-runtime-'));
  fs.chmodSync(folder, 0o755);
  copies = path.join(folder, 'copies');
  fs.mkdirSync(copies);
  const hidden = path.join(folder, 'hidden');
  fs.mkdirSync(hidden, { mode: 0o700 });
  node = path.join(hidden, 'node');
  worker = path.join(hidden, 'worker.js');
  fs.writeFileSync(node, 'node', { mode: 0o700 });
  fs.writeFileSync(worker, 'one', { mode: 0o600 });
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const mode = (file: string): number => fs.statSync(file).mode & 0o777;
const inode = (file: string): number => fs.statSync(file).ino;
const openWith = async (text: string): Promise<Runtime> => {
  fs.writeFileSync(worker, text);
  return await openRuntime(node, worker, copies);
};
/** As if a gateway of another process used a build, or of none that lives. */
const useAs = (runtime: Runtime, user: string): void => {
  const users = path.join(path.dirname(runtime.nodePath), 'users');
  fs.rmSync(users, { recursive: true });
  fs.mkdirSync(users);
  if (user !== '') fs.writeFileSync(path.join(users, user), '');
};
const other = (): string => `${process.ppid}-${readProcess(process.ppid)?.startTicks}`;

describe('the programs that tasks start', () => {
  it('are copied once per build when others cannot reach them, readable for them, and a new worker is noticed', async () => {
    expect(isReachable(node)).toBe(false);
    const first = await openRuntime(node, worker, copies);
    expect(path.dirname(first.nodePath)).toBe(path.join(copies, first.build));
    expect([mode(first.nodePath), mode(first.workerPath), mode(node)]).toEqual([0o755, 0o644, 0o700]);
    expect(await openRuntime(node, worker, copies)).toEqual(first);
    const second = await openWith('two');
    expect(second.build).not.toBe(first.build);
    expect(fs.readFileSync(second.workerPath, 'utf8')).toBe('two');
  });

  it('are not copied for an ordinary user', async () => {
    expect(await openRuntime(process.execPath, worker, undefined)).toMatchObject({ nodePath: fs.realpathSync(process.execPath), workerPath: worker });
    expect(fs.readdirSync(copies)).toEqual([]);
  });

  it('are one file of Node for all builds with the same Node, also when it lies elsewhere', async () => {
    const first = await openRuntime(node, worker, copies);
    const second = await openWith('two');
    const moved = path.join(path.dirname(node), 'elsewhere');
    fs.copyFileSync(node, moved);
    const third = await openRuntime(moved, worker, copies);
    expect(third.build).not.toBe(second.build);
    expect([inode(second.nodePath), inode(third.nodePath)]).toEqual([inode(first.nodePath), inode(first.nodePath)]);
  });

  it('are a file of Node each when Node changes in place', async () => {
    const first = await openRuntime(node, worker, copies);
    fs.writeFileSync(node, 'newer');
    const second = await openRuntime(node, worker, copies);
    expect(fs.readFileSync(first.nodePath, 'utf8')).toBe('node');
    expect(fs.readFileSync(second.nodePath, 'utf8')).toBe('newer');
  });

  it('take no room twice when the source itself may stand in for its copy', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('a file of root is linked by root alone');
    fs.chmodSync(node, 0o755);
    const { nodePath } = await openRuntime(node, worker, copies);
    // Where the file system can share blocks the copy is a file of its own.
    if (inode(nodePath) === inode(node)) expect(fs.statSync(node).nlink).toBe(2);
    else expect(fs.readFileSync(nodePath, 'utf8')).toBe('node');
  });

  it('go when no living gateway uses them, but for the two newest, and Node goes with the last of them', async () => {
    const runtimes: Runtime[] = [];
    for (const text of ['one', 'two', 'three', 'four']) {
      const runtime = await openWith(text);
      useAs(runtime, '4194304-1');
      runtimes.push(runtime);
    }
    fs.writeFileSync(node, 'newer');
    for (const text of ['five', 'six', 'seven']) useAs(await openWith(text), '');
    const last = await openWith('eight');
    expect(fs.readdirSync(copies).filter((name) => !name.startsWith('.')).length).toBe(3);
    expect(runtimes.filter(({ nodePath }) => fs.existsSync(nodePath))).toEqual([]);
    expect(fs.statSync(last.nodePath).nlink).toBe(3);
  });

  it('stay while another gateway uses them, however old', async () => {
    const used = await openWith('used');
    useAs(used, other());
    for (let round = 0; round < 5; round += 1) useAs(await openWith(`round ${round}`), '');
    expect(fs.readFileSync(used.workerPath, 'utf8')).toBe('used');
  });

  it('are not kept by a process that only has the number of one that is gone', async () => {
    const used = await openWith('used');
    useAs(used, `${process.ppid}-1`);
    for (let round = 0; round < 5; round += 1) useAs(await openWith(`round ${round}`), '');
    expect(fs.existsSync(used.workerPath)).toBe(false);
  });

  it('are made anew where somebody removed a part of them', async () => {
    const first = await openRuntime(node, worker, copies);
    fs.rmSync(first.nodePath);
    expect(await openRuntime(node, worker, copies)).toEqual(first);
    expect(fs.readFileSync(first.nodePath, 'utf8')).toBe('node');
  });

  it('are made once by many at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, async () => await openRuntime(node, worker, copies)));
    expect(new Set(all.map(({ nodePath }) => nodePath)).size).toBe(1);
    expect(fs.readdirSync(copies)).toEqual([all[0]?.build]);
  });
});
