import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const unavailable = whyNoSandbox();
const python = '/usr/bin/python3';
const mebibyte = 1_048_576;
const limits = { fileBytes: 20 * mebibyte, workspaceBytes: 50 * mebibyte };

/** Holds twelve files of ten megabytes each, which no folder names, and does with each what `how` says. */
const holder = (how: string, before = ''): string => `
  const program = ${JSON.stringify(`
import ctypes, mmap, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
kept = []
def make(n):
    fd = os.open('/sandbox/held%d' % n, os.O_RDWR | os.O_CREAT, 0o700)
    os.unlink('/sandbox/held%d' % n)
    for _ in range(10):
        os.write(fd, os.urandom(1048576))
    return fd
${before}
for n in range(12):
    fd = make(n)
${how.replace(/^/gm, '    ')}
    time.sleep(0.05)
time.sleep(1000)
`)};
  const child = require('child_process').spawn('${python}', ['-c', program], { stdio: ['inherit', 'inherit', 'inherit'] });
  const code = await new Promise((resolve) => child.on('close', resolve));
  return 'the program ended with ' + code;`;

/** Writes a little, forks and is gone, for ever: its child does the same. While its reaper is stopped there may be no room for one more. */
const hopper = `
held = []
os.setsid()
while True:
    try:
        child = os.fork()
    except OSError:
        continue
    if child:
        os._exit(0)
    if not held or os.fstat(held[-1]).st_size >= 10485760:
        if len(held) == 12:
            continue
        held.append(os.open('/sandbox/hop', os.O_RDWR | os.O_CREAT, 0o600))
        os.unlink('/sandbox/hop')
    os.write(held[-1], os.urandom(262144))
`;

/** Ways to hold the space of a file that nobody can see in a folder. */
const ways: readonly (readonly [name: string, how: string, before?: string])[] = [
  ['open', 'kept.append(fd)'],
  ['open in a process that does not let itself be looked at', 'kept.append(fd)', 'libc.prctl(4, 0, 0, 0, 0)'],
  ['mapped and closed', 'kept.append(mmap.mmap(fd, 4096))\nos.close(fd)'],
  ['in flight in a socket', 'socket.send_fds(here, [b"x"], [fd])\nos.close(fd)', 'here, there = socket.socketpair()'],
  ['in flight in a connection that nobody has accepted', 'c = socket.socket(socket.AF_UNIX)\nc.connect("/tmp/s")\nsocket.send_fds(c, [b"x"], [fd])\nos.close(fd)\nc.close()', 'server = socket.socket(socket.AF_UNIX)\nserver.bind("/tmp/s")\nserver.listen(64)'],
  ['in flight in a socket that is itself in flight', 'socket.send_fds(c, [b"x"], [fd])\nos.close(fd)\nif n == 3:\n    socket.send_fds(a, [b"x"], [c.fileno(), d.fileno()])\n    c.close()\n    d.close()\n    c, d = socket.socketpair()', 'a, b = socket.socketpair()\nc, d = socket.socketpair()'],
  [
    'open in threads that share their descriptors with nobody',
    'if n % 2:\n    stacks.append(mmap.mmap(-1, 1048576))\n    top = ctypes.addressof(ctypes.c_char.from_buffer(stacks[-1])) + 1048320\n    libc.clone(ctypes.cast(libc.pause, ctypes.c_void_p), ctypes.c_void_p(top & ~15), 0x10900, None)\n    os.close(fd)\n    os.close(last)\nlast = fd',
    'stacks = []',
  ],
  ['a program that runs', 'os.write(fd, b"x")\nos.close(fd)\nname = "/sandbox/run%d" % n\nopen(name, "wb").write(open("/usr/bin/sleep", "rb").read() + os.urandom(9437184))\nos.chmod(name, 0o700)\nif os.fork() == 0:\n    os.execv(name, [name, "1000"])\ntime.sleep(0.05)\nos.unlink(name)'],
  ['in flight to us, in the pipe of its input', 'socket.send_fds(pipe, [b"x"], [fd])\nos.close(fd)', 'pipe = socket.socket(fileno=os.dup(0))'],
  ['mapped by a process whose first thread has ended', '', `import threading
libc.mmap.restype = ctypes.c_void_p
def fill():
    for n in range(12):
        fd = make(n)
        libc.mmap(None, 4096, 1, 1, fd, ctypes.c_long(0))
        os.close(fd)
        time.sleep(0.05)
    time.sleep(1000)
threading.Thread(target=fill).start()
libc.syscall(60 if os.uname().machine == 'x86_64' else 93, 0)`],
  ['handed on by processes that are gone before anybody looks', '', `if os.fork():\n    time.sleep(1000)\n${hopper}`],
];

describe.each(hostModes)('space that a task holds without a name, under a gateway that runs as %s', (mode) => {
  let host: SandboxHost;
  let count = 0;
  const newAgent = async (): Promise<string> => {
    count += 1;
    const agent = `00000000-0000-7000-8000-0000000001${String(count).padStart(2, '0')}`;
    await host.prepare(agent);
    return agent;
  };

  beforeAll(async () => {
    if (unavailable === undefined) host = await SandboxHost.start(mode, hostModes.includes('root') ? { limits, diskMebibytes: 500 } : { limits });
  });

  afterAll(async () => await host?.dispose());

  for (const [name, how, before] of ways) {
    it(`counts for the workspace when it is ${name}`, { timeout: 30_000 }, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      if (!fs.existsSync(python)) return context.skip('python is not installed');
      const { task } = await host.start(await newAgent(), holder(how, before));
      expect(await host.ended(task)).toMatchObject({ exit: { cause: 'out_of_disk' }, lines: [] });
    });
  }

  it('counts together for the tasks of one agent', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const agent = await newAgent();
    const body = (name: string): string => `const fs = require('fs'); for (let i = 0; i < 3; i += 1) { const file = '/sandbox/${name}' + i; fs.openSync(file, 'w'); fs.writeFileSync(file, Buffer.alloc(10 * 1048576, 1)); fs.unlinkSync(file); } await new Promise(() => setTimeout(() => 0, 1e6));`;
    const tasks = [await host.start(agent, body('a')), await host.start(agent, body('b'))];
    const first = await Promise.race(tasks.map(async ({ task }) => await host.ended(task)));
    expect(first.exit.cause).toBe('out_of_disk');
    await Promise.all(tasks.map(async ({ task }) => await host.kill(task)));
  });

  it('leaves a task alone that deletes as much as it writes', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const body = `const fs = require('fs'); for (let i = 0; i < 30; i += 1) { fs.writeFileSync('/sandbox/passing', Buffer.alloc(15 * 1048576, 1)); await new Promise((resolve) => setTimeout(resolve, 50)); fs.unlinkSync('/sandbox/passing'); } return 'done';`;
    expect(await host.run(await newAgent(), body)).toEqual({ value: 'done' });
  });

  const forSomeTime = 'const { spawn, spawnSync } = require("child_process"); const end = Date.now() + 7_000;';
  const innocents: readonly (readonly [name: string, body: string])[] = [
    ['whose processes come and go', `${forSomeTime} while (Date.now() < end) spawnSync('/bin/sh', ['-c', 'i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done']); return 'done';`],
    ['that does not wait for what it started', `${forSomeTime} const parent = spawn('/bin/sh', ['-c', '/bin/true & exec sleep 1000']); await new Promise((resolve) => setTimeout(resolve, 7_000)); parent.kill('SIGKILL'); return 'done';`],
  ];
  for (const [name, innocent] of innocents) {
    it(`is not held against a task ${name}, while others fill the disk`, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      const answer = host.run(await newAgent(), innocent);
      const others = [await newAgent(), await newAgent(), await newAgent()];
      const fill = `for (const name of ['a', 'b']) require('fs').writeFileSync('/sandbox/' + name, Buffer.alloc(18 * 1048576, 1)); return 'done';`;
      for (const other of others) expect(await host.run(other, fill)).toEqual({ value: 'done' });
      expect(await answer).toEqual({ value: 'done' });
      for (const other of others) await host.remove(other);
    }, 30_000);
  }

  it('is not held by rules of Landlock, which pin a file without a descriptor', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    if (!fs.existsSync(python)) return context.skip('python is not installed');
    const body = `return require('child_process').spawnSync('${python}', ['-c', ${JSON.stringify(`import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nfor call in (444, 445, 446):\n    print(libc.syscall(call, 0, 0, 1), ctypes.get_errno())`)}], { encoding: 'utf8' }).stdout;`;
    expect(await host.run(await newAgent(), body)).toEqual({ value: '-1 38\n-1 38\n-1 38\n' });
  });
});
