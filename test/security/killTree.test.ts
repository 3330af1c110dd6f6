import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProcesses } from '../support/sandbox/hostProcesses.ts';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const agent = '00000000-0000-7000-8000-00000000000d';
const unavailable = whyNoSandbox();
let count = 0;

/** Spawns programs whose arguments hold a marker, by which they are found on the host. */
const sleepers = (marker: string, how: string): string => `
  const { spawn, spawnSync } = require('child_process');
  ${how.replaceAll('MARK', marker)}
  say('up');
  await new Promise((resolve) => setTimeout(resolve, 1e9));`;

/** How a task may try to leave something behind. */
const stubborn: readonly (readonly [name: string, how: string, atLeast: number])[] = [
  ['a child that holds the pipes open', `spawn('/bin/sleep', ['1000.MARK'], { stdio: 'inherit' });`, 1],
  ['a daemon that left by setsid and a double fork', `spawnSync('/bin/sh', ['-c', 'setsid sh -c "sleep 1000.MARK & " >/dev/null 2>&1 </dev/null &']);`, 1],
  ['a storm of forks', `for (let i = 0; i < 60; i += 1) spawn('/bin/sh', ['-c', 'sleep 1000.MARK; true'], { stdio: 'ignore', detached: true });`, 60],
  ['a worker and children that ignore SIGTERM', `process.on('SIGTERM', () => {}); spawn('/bin/sh', ['-c', 'trap "" TERM HUP INT; sleep 1000.MARK; sleep 1000.MARK'], { stdio: 'inherit' });`, 1],
  ['a worker that stops itself', `process.on('SIGTERM', () => {}); spawn('/bin/sleep', ['1000.MARK']); setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 50);`, 1],
];

/** How a worker may end by itself. */
const exits = [
  ['a worker that exits with a code', 'process.exit(3);', { code: 3, signal: null, cause: 'exited' }],
  ['a worker that kills itself', `process.kill(process.pid, 'SIGKILL'); await new Promise(() => setTimeout(() => 0, 1e6));`, { code: 137, signal: 'SIGKILL', cause: 'killed' }],
  ['a worker that is done', 'return 1;', { code: 0, signal: null, cause: 'exited' }],
] as const;

describe.each(hostModes)('ending a task, under a gateway that runs as %s', (mode) => {
  let host: SandboxHost;
  let marker: string;

  beforeEach(async () => {
    if (unavailable !== undefined) return;
    count += 1;
    marker = `${process.pid}${count}`;
    host = await SandboxHost.start(mode);
    await host.prepare(agent);
  });

  afterEach(async () => await host?.dispose());

  const startUp = async (how: string, atLeast: number): Promise<{ task: number; pid: number }> => {
    const started = await host.start(agent, sleepers(marker, how));
    expect(await host.said(started.task)).toBe('up');
    await expect.poll(() => findProcesses(`1000.${marker}`).length, { timeout: 5000 }).toBeGreaterThanOrEqual(atLeast);
    return started;
  };

  for (const [name, how, atLeast] of stubborn) {
    it(`leaves nothing of ${name}`, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      const { task } = await startUp(how, atLeast);
      const { exit } = await host.terminate(task);
      expect(findProcesses(`1000.${marker}`)).toEqual([]);
      expect(exit.cause).toBe('stopped_by_us');
    });

    it(`leaves nothing of ${name} when the gateway itself is killed`, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      await startUp(how, atLeast);
      await host.killDriver();
      await expect.poll(() => findProcesses(`1000.${marker}`), { timeout: 5000 }).toEqual([]);
    });
  }

  it('lets a worker that heeds SIGTERM end by itself', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const { task } = await host.start(agent, `process.on('SIGTERM', () => { say('bye'); process.exitCode = 0; setTimeout(() => process.exit(7), 10); }); say('up'); await new Promise((resolve) => setTimeout(resolve, 1e9));`);
    await host.said(task);
    const ended = await host.terminate(task);
    expect(ended.exit).toEqual({ code: 7, signal: null, cause: 'stopped_by_us' });
    expect(ended.lines.at(-1)).toContain('bye');
  });

  it('kills at once when it is told to', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const { task } = await startUp(`process.on('SIGTERM', () => {}); spawn('/bin/sleep', ['1000.MARK']);`, 1);
    expect((await host.kill(task)).exit.cause).toBe('stopped_by_us');
    expect(findProcesses(`1000.${marker}`)).toEqual([]);
  });

  it('ends everything of a sandbox that is removed, with its home', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const { task } = await startUp(`require('fs').mkdirSync('/sandbox/locked/in', { recursive: true }); require('fs').chmodSync('/sandbox/locked', 0); spawn('/bin/sleep', ['1000.MARK']);`, 1);
    const { homePath } = await host.prepare(agent);
    await host.remove(agent);
    expect((await host.ended(task)).exit.cause).toBe('stopped_by_us');
    expect(findProcesses(`1000.${marker}`)).toEqual([]);
    expect(fs.existsSync(homePath)).toBe(false);
  });

  for (const [name, body, expected] of exits) {
    it(`tells the exit of ${name}`, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      const { task } = await host.start(agent, body);
      expect((await host.ended(task)).exit).toEqual(expected);
    });
  }

  it('tells a sandbox that was killed from outside from everything else', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const { task, pid } = await startUp(`spawn('/bin/sleep', ['1000.MARK']);`, 1);
    process.kill(pid, 'SIGKILL');
    expect((await host.ended(task)).exit.cause).toBe('sandbox_gone');
    expect(findProcesses(`1000.${marker}`)).toEqual([]);
  });
});
