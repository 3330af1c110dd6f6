import fs from 'node:fs/promises';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ToolBench } from './toolBench.ts';

let bench: ToolBench;
const started: number[] = [];
const logs: string[] = [];
beforeEach(async () => void (bench = await ToolBench.create()));
afterEach(async () => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  }
  for (const log of logs.splice(0)) await fs.rm(log, { force: true });
  await bench.dispose();
});

/** Runs a command that leaves something running; gives its result with what that says. */
async function leave(command: string): Promise<{ output: string; pids: number[]; log: string }> {
  const { output } = await bench.call('run_command', { command });
  const pids = (/Stop it with: kill ([\d ]+)\]/.exec(output)?.[1] ?? '').split(' ').filter((pid) => pid !== '').map(Number);
  const log = /still prints goes to (\S+)\./.exec(output)?.[1] ?? '';
  started.push(...pids);
  if (log !== '') logs.push(log);
  return { output, pids, log };
}

async function until(claim: () => Promise<boolean>): Promise<void> {
  while (!(await claim())) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('what a command leaves running', () => {
  it('serves the next command, and what it prints goes to the file that the result names', async () => {
    const port = await freePort();
    const server = `require('http').createServer((request, response) => { console.log('asked ' + request.url); console.error('warned'); response.end('hello'); }).listen(${port}, '127.0.0.1', () => console.log('ready'))`;
    const { output, pids, log } = await leave(`"${process.execPath}" -e "${server}" & while ! grep -q :$(printf %04X ${port}) /proc/net/tcp; do :; done`);
    expect(output).toContain('Runs on in the background');
    expect(pids).toHaveLength(1);
    const ask = `"${process.execPath}" -e "fetch('http://127.0.0.1:${port}/a').then((r) => r.text()).then(console.log)"`;
    for (let round = 0; round < 3; round += 1) expect((await bench.call('run_command', { command: ask })).output).toContain('hello');
    await until(async () => (await fs.readFile(log, 'utf8')).split('warned').length === 4);
    expect((await bench.call('run_command', { command: `cat ${log}` })).output).toContain('asked /a\nwarned\nasked /a\n');
  });

  it('is named with its pids, which end it', async () => {
    const { output, pids } = await leave('sleep 300 & (sleep 301 & sleep 302) & echo begun');
    expect(output).toMatch(/^begun\n\[Runs on in the background, until your answer has ended: sleep 300 \(pid \d+\)/);
    expect(output).toContain('sleep 302 (pid');
    await bench.call('run_command', { command: `kill ${pids.join(' ')}` });
    await until(async () => (await Promise.all(pids.map((pid) => fs.readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')))).every((stat) => / [ZX]/.test(stat.slice(stat.lastIndexOf(')')))));
  });

  it('is found when it left the session of its command, and when its output is elsewhere', async () => {
    const apart = await leave('setsid sleep 300 & sleep 0.1');
    expect(apart.output).toContain('sleep 300 (pid');
    const quiet = await leave('sleep 300 > quiet.log 2>&1 &');
    expect(quiet.output).toMatch(/Runs on .*sleep 300 \(pid \d+\)\. Stop it with: kill \d+\]$/);
    expect(quiet.log).toBe('');
  });

  it('is found when it left its session and holds none of the output', async () => {
    const { output, pids } = await leave('setsid nohup sleep 304 > /dev/null 2>&1 < /dev/null & (setsid sh -c "sleep 305 &" > /dev/null 2>&1) ; echo gone');
    expect(output).toMatch(/^gone\n\[Runs on in the background/);
    expect(output).toContain('sleep 304 (pid');
    expect(output).toContain('sleep 305 (pid');
    expect(pids).toHaveLength(2);
    const second = await bench.call('run_command', { command: 'true' });
    expect(second.output).not.toContain('Runs on');
  });

  it('is not told of when nothing is left', async () => {
    expect((await bench.call('run_command', { command: 'sleep 0.1 & wait; echo done' })).output).toBe('done\n');
    expect((await bench.call('run_command', { command: 'sleep 300 > /dev/null 2>&1 & kill $!; wait; echo done' })).output).toBe('done\n');
  });
});

describe('the output of a command', () => {
  it('can be opened again by the names of its descriptors, and keeps its order', async () => {
    const { output } = await bench.call('run_command', { command: 'echo 1; echo 2 > /dev/stderr; echo 3 | tee /dev/stderr; echo 4 >> /dev/stdout; echo 5 >&2' });
    expect(output).toBe('1\n2\n3\n3\n4\n5\n');
  });

  it.each([
    ['TMPDIR', 'can be opened again where there is no folder for scratch', 'echo 1; echo 2 > /dev/stderr; exit 3'],
    ['PATH', 'is there too where no pipe can be made', 'echo 1; echo 2; exit 3'],
  ])('without %s %s', async (variable, _name, command) => {
    const before = process.env[variable];
    process.env[variable] = '/nonexistent';
    try {
      expect((await bench.call('run_command', { command })).output).toBe('1\n2\n[exit 3]');
    } finally {
      if (before === undefined) delete process.env[variable];
      else process.env[variable] = before;
    }
  });
});
