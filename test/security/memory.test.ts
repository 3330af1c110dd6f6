import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const agent = '00000000-0000-7000-8000-000000000031';
const unavailable = whyNoSandbox();
const python = '/usr/bin/python3';
const limits = { memoryBytes: 200 * 1_048_576 };

const program = (text: string): string => `
  const child = require('child_process').spawn('${python}', ['-c', ${JSON.stringify(text)}], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = await new Promise((resolve) => child.on('close', (...end) => resolve(end)));
  return { code, signal };`;

const fillSockets = `
import socket, time
kept = []
for _ in range(400):
    pair = socket.socketpair()
    kept.append(pair)
    for one in pair:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        one.setblocking(False)
        try:
            while True:
                one.send(b'x' * 65536)
        except BlockingIOError:
            pass
time.sleep(1000)`;

/** Ways to take 300 MiB, a half more than the limit. */
const takings: readonly (readonly [name: string, how: string])[] = [
  ['memory of a process', 'kept = bytearray(os.urandom(1 << 20)) * 300'],
  ['memory of a process whose first thread has ended', `
def fill():
    global kept
    kept = bytearray(os.urandom(1 << 20)) * 300
    time.sleep(1000)
threading.Thread(target=fill).start()
libc.syscall(60 if os.uname().machine == 'x86_64' else 93, 0)`],
  ['memory of several processes', `
for _ in range(6):
    if os.fork() == 0:
        kept = bytearray(os.urandom(1 << 20)) * 50
        time.sleep(1000)`],
  ['memory that processes share', `
kept = mmap.mmap(-1, 300 << 20)
for at in range(0, len(kept), 1 << 20):
    kept[at:at + (1 << 20)] = os.urandom(1 << 20)`],
  ['files in memory that no folder names', `
kept = os.memfd_create('kept')
for _ in range(300):
    os.write(kept, os.urandom(1 << 20))`],
  ['files in folders that lie in memory', `
with open('/tmp/kept', 'wb') as file:
    for _ in range(240):
        file.write(os.urandom(1 << 20))`],
];

/** What a task may have a lot of. */
const harmless: readonly (readonly [name: string, how: string])[] = [
  ['pages of a large file that it has mapped', `
with open('/sandbox/large', 'wb') as file:
    file.truncate(1 << 30)
with open('/sandbox/large', 'rb') as file:
    kept = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
for at in range(0, len(kept), 4096):
    kept[at]
os.unlink('/sandbox/large')`],
  ['idle connections', `
kept = [socket.socketpair() for _ in range(480)]`],
  ['memory that processes have in common', `
kept = bytearray(os.urandom(1 << 20)) * 130
for _ in range(5):
    if os.fork() == 0:
        time.sleep(2)
        os._exit(0)`],
];

const python3 = (how: string, end: string): string => `
  const text = ${JSON.stringify('import ctypes, mmap, os, socket, threading, time\nlibc = ctypes.CDLL(None)\n')} + ${JSON.stringify(how)} + ${JSON.stringify(`\n${end}\n`)};
  const child = require('child_process').spawn('${python}', ['-c', text], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = await new Promise((resolve) => child.on('close', (...end) => resolve(end)));
  return { code, signal };`;

const makeEmptyFiles = `const fs = require('fs'); for (let i = 0; i < 400_000; i += 1) { fs.closeSync(fs.openSync('/dev/shm/' + i, 'w')); if (i % 1000 === 0) await new Promise((resolve) => setImmediate(resolve)); } await new Promise(() => setTimeout(() => 0, 1e6));`;

describe.each(hostModes)('memory of a task, without control groups, under a gateway that runs as %s', (mode) => {
  let host: SandboxHost;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    host = await SandboxHost.start(mode, { limits, withoutCgroups: true });
    await host.prepare(agent);
  });

  afterAll(async () => await host?.dispose());

  for (const [name, how] of takings) {
    it(`counts ${name}`, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      if (!fs.existsSync(python)) return context.skip('python is not installed');
      const { task } = await host.start(agent, python3(how, 'time.sleep(1000)'));
      expect((await host.ended(task)).exit.cause).toBe('out_of_memory');
    });
  }

  for (const [name, how] of harmless) {
    it(`does not hold ${name} against a task`, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      if (!fs.existsSync(python)) return context.skip('python is not installed');
      // Long enough for several looks.
      expect(await host.run(agent, python3(how, 'time.sleep(2)'))).toEqual({ value: { code: 0, signal: null } });
    });
  }

  it('counts files without content in folders that lie in memory', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const { task } = await host.start(agent, makeEmptyFiles);
    expect((await host.ended(task)).exit.cause).toBe('out_of_memory');
  });

  it('does not hold open files against a task that only has many of them', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const body = `const fs = require('fs'); for (let i = 0; i < 900; i += 1) fs.openSync('/dev/null', 'r'); await new Promise((resolve) => setTimeout(resolve, 1500)); return 'done';`;
    expect(await host.run(agent, body)).toEqual({ value: 'done' });
  });

  it('gives no large set of semaphores, no queue of messages by name, and no pages pinned in a pipe', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    if (!fs.existsSync(python)) return context.skip('python is not installed');
    const [semget, vmsplice, queue] = process.arch === 'arm64' ? [190, 75, 180] : [64, 278, 240];
    const calls = [[semget, '0, 32000, 0o1600'], [semget, '0, 8, 0o1600'], [vmsplice, '0, 0, 0, 0'], [queue, 'b"queue", 0o102, 0o600, 0']] as const;
    const text = `import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n${calls.map(([call, rest]) => `print(ctypes.get_errno() if libc.syscall(${call}, ${rest}) < 0 else 'made')`).join('\n')}`;
    expect(await host.run(agent, `return require('child_process').spawnSync('${python}', ['-c', ${JSON.stringify(text)}], { encoding: 'utf8' }).stdout.trim().split('\\n');`)).toEqual({ value: ['1', 'made', '1', '24'] });
  });
});

it('is counted by a control group: what waits in sockets, too', async (context) => {
  if (unavailable !== undefined || !hostModes.includes('root') || !fs.existsSync(python)) return context.skip('needs root, bubblewrap and python');
  const host = await SandboxHost.start('root', { limits });
  try {
    const held = (await host.probe()).limits.find((limit) => limit.name === 'memoryBytes')?.enforcedBy;
    if (held !== 'cgroup') return context.skip('this machine gives no control groups');
    await host.prepare(agent);
    const { task } = await host.start(agent, program(fillSockets));
    const { exit, lines } = await host.ended(task);
    expect(exit.cause === 'exited' ? lines : exit.cause).toEqual(exit.cause === 'exited' ? ['{"value":{"code":null,"signal":"SIGKILL"}}'] : 'out_of_memory');
  } finally {
    await host.dispose();
  }
});
