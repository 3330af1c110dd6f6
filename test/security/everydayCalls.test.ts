import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const agent = '00000000-0000-7000-8000-000000000041';
const others = ['00000000-0000-7000-8000-000000000042', '00000000-0000-7000-8000-000000000043'];
const limits = { workspaceBytes: 30 * 1_048_576 };
const unavailable = whyNoSandbox();
const python = '/usr/bin/python3';
const [createRuleset, setupAio] = process.arch === 'arm64' ? [444, 0] : [444, 206];

const program = (text: string): string =>
  `const { stdout, stderr } = require('child_process').spawnSync('${python}', ['-c', ${JSON.stringify(text)}], { encoding: 'utf8' }); return stdout.trim() || stderr;`;
const begin = `
import ctypes, errno, mmap, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    return 'ok' if libc.syscall(*args) >= 0 else errno.errorcode[ctypes.get_errno()]
`;

/** What real programs do, and what a program of it says when it worked. */
const everyday: readonly (readonly [name: string, text: string, says: string])[] = [
  ['keep a file in memory that no folder names', `f = os.memfd_create('x')\nos.write(f, b'kept')\nprint(os.pread(f, 9, 0).decode())`, 'kept'],
  ['ask which rules of Landlock there are', `print(call(${createRuleset}, 0, 0, 1).replace('EOPNOTSUPP', 'ok'))`, 'ok'],
  ['write by asynchronous requests', `context = ctypes.c_ulong(0)\nprint(call(${setupAio}, 1, ctypes.byref(context)))`, 'ok'],
  ['adopt what its children leave behind', `print(libc.prctl(36, 1, 0, 0, 0))\nif os.fork() == 0:\n    if os.fork() == 0:\n        time.sleep(0.1)\n    os._exit(0)\nos.wait()\nprint('adopted' if os.wait()[1] == 0 else '')`, '0\nadopted'],
  ['make sure of the room for a file, which is written then', `f = os.open('/sandbox/room', os.O_RDWR | os.O_CREAT)\nos.posix_fallocate(f, 0, 1048576)\nprint(os.fstat(f).st_size)`, '1048576'],
  ['give the room in a file back', `f = os.open('/sandbox/hole', os.O_RDWR | os.O_CREAT)\nos.write(f, b'x' * 65536)\nprint(libc.fallocate(f, 3, ctypes.c_long(0), ctypes.c_long(65536)))`, '0'],
  ['share a folder with its group', `os.mkdir('/sandbox/shared')\nos.chmod('/sandbox/shared', 0o2775)\nprint(oct(os.stat('/sandbox/shared').st_mode))`, '0o42775'],
];

describe.each(hostModes)('a program inside, under a gateway that runs as %s', (mode) => {
  let host: SandboxHost;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    host = await SandboxHost.start(mode, { limits });
    for (const each of [agent, ...others]) await host.prepare(each);
  });

  afterAll(async () => await host?.dispose());

  const reason = unavailable ?? (fs.existsSync(python) ? undefined : 'python is not installed');

  for (const [name, text, says] of everyday) {
    it(`may ${name}`, async (context) => {
      if (reason !== undefined) return context.skip(reason);
      expect(await host.run(agent, program(`${begin}${text}`))).toEqual({ value: says });
    });
  }

  it('takes no room on the disk without writing, by any of the calls that reserve it', async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const text = `${begin}
import fcntl, struct
f = os.open('/sandbox/reserved', os.O_RDWR | os.O_CREAT)
size = 1 << 30
said = [errno.errorcode[ctypes.get_errno()] if libc.fallocate(f, mode, ctypes.c_long(0), ctypes.c_long(size)) else 'taken' for mode in (0, 1, 0x10)]
for command in (0x40305828, 0x4030582a, 0x40305839):
    try:
        fcntl.ioctl(f, command, struct.pack('hhxxxxqqiI16x', 0, 0, 0, size, 0, 0))
        said.append('taken')
    except OSError as error:
        said.append(errno.errorcode[error.errno])
print(' '.join(said), os.fstat(f).st_blocks)`;
    expect(await host.run(agent, program(text))).toEqual({ value: `${Array.from({ length: 6 }, () => 'ENOTSUP').join(' ')} 0` });
  });

  it('may have a descriptor in flight while others fill the disk, and is not ended for it', async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const text = `${begin}here, there = socket.socketpair()\nf = os.open('/sandbox/sent', os.O_RDWR | os.O_CREAT)\nos.unlink('/sandbox/sent')\nsocket.send_fds(here, [b'x'], [f])\nos.close(f)\nprint('sent', flush=True)\ntime.sleep(3)`;
    const body = `const child = require('child_process').spawn('${python}', ['-c', ${JSON.stringify(text)}]); await new Promise((resolve) => child.stdout.once('data', resolve)); say('sent'); return await new Promise((resolve) => child.on('close', resolve));`;
    const { task } = await host.start(agent, body);
    await host.said(task);
    for (const other of others) await host.run(other, `require('fs').writeFileSync('/sandbox/filler', Buffer.alloc(25 * 1048576, 1)); return true;`);
    expect(await host.ended(task)).toMatchObject({ exit: { cause: 'exited', code: 0 } });
  });
});
