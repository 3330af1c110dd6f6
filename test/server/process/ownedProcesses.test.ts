import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endLeftovers, spawnOwned } from '../../../server/process/ownedProcesses.ts';
import { listMarked, markedName, ownerMark } from '../../../server/process/ownerMark.ts';
import { processName } from '../../../server/process/processTable.ts';

const whyNot = process.platform === 'linux' ? undefined : 'needs /proc';

describe.skipIf(whyNot !== undefined)('processes that must not outlive their gateway', () => {
  let folder: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-owned-'));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const start = async (argv0: string): Promise<ChildProcess> => {
    const child = spawn('/bin/sleep', ['1000'], { argv0, stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    return child;
  };
  const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;
  const markOf = (stateDir: string, gateway: string): string => ownerMark(stateDir).replace(processName(process.pid) ?? '', gateway);

  /** The name of a process that has ended. */
  async function deadName(): Promise<string> {
    const child = await start('gateway');
    const name = processName(child.pid ?? 0) ?? '';
    child.kill('SIGKILL');
    await once(child, 'exit');
    return name;
  }

  it('are ended by the next start when their gateway is dead', async () => {
    const dead = await deadName();
    const left = await Promise.all((['bwrap', 'node'] as const).map((program) => start(markedName(program, markOf(folder, dead)))));
    expect(await endLeftovers(folder)).toBe(2);
    await expect.poll(() => left.filter(isRunning)).toEqual([]);
  });

  it('are left alone when their gateway lives, when they are of another state directory, and when they only speak of a mark', async () => {
    const dead = await deadName();
    const other = path.join(folder, 'other');
    fs.mkdirSync(other);
    const theirs = [markedName('bwrap', ownerMark(folder)), markedName('bwrap', markOf(other, dead)), `grep ${markedName('bwrap', markOf(folder, dead))}`, `${markedName('bwrap', markOf(folder, dead))} x`];
    const running = await Promise.all(theirs.map(start));
    expect(await endLeftovers(folder)).toBe(0);
    expect(running.filter(isRunning)).toHaveLength(theirs.length);
  });

  it('are of another state directory when its folder was made anew at the same place', async () => {
    const child = await start(markedName('bwrap', markOf(folder, await deadName())));
    fs.renameSync(folder, `${folder}-moved`);
    fs.mkdirSync(folder);
    expect(await endLeftovers(folder)).toBe(0);
    expect(isRunning(child)).toBe(true);
    fs.rmSync(`${folder}-moved`, { recursive: true });
  });

  it('take with them what they had started and left unfinished', async () => {
    const child = await spawnOwned(folder, '/bin/sh', ['-c', '(while :; do :; done) & echo begun; read line'], { env: {} });
    await once(child.stdout, 'data');
    expect(listMarked(folder)).toHaveLength(2);
    child.kill('SIGKILL');
    await child.exited;
    await expect.poll(() => listMarked(folder)).toEqual([]);
  });
});
