import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const unavailable = whyNoSandbox();
let host: SandboxHost | undefined;

afterEach(async () => {
  await host?.dispose();
  host = undefined;
});

/**
 * Bubblewrap as a faulty build or distribution could give it: it says all that the real one says, and does not do one thing
 * that it is asked for. `weaken` is an expression over `args`, its options.
 */
const faultyBwrap = (weaken: string): string => `
const fs = require('fs');
const { spawnSync } = require('child_process');
const argv = process.argv.slice(2);
const inherited = Array.from({ length: 10 }, (_, fd) => fd);
if (argv[0] !== '--args') process.exit(spawnSync('/usr/bin/bwrap', argv, { stdio: 'inherit' }).status);
let args = fs.readFileSync(3, 'latin1').split('\\0').slice(0, -1);
const without = (...options) => args.filter((arg) => !options.includes(arg));
const everythingBut = (...kinds) => ['user', 'ipc', 'pid', 'net', 'uts', 'cgroup'].filter((kind) => !kinds.includes(kind)).map((kind) => '--unshare-' + kind);
args = ${weaken};
const { status, signal } = spawnSync('/usr/bin/bwrap', [...args, ...argv.slice(2)], { stdio: inherited });
process.exit(status ?? 1);
`;

const faults: readonly (readonly [fault: string, weaken: string, attack: string])[] = [
  ['shows a folder of the machine', `args.join('\\0').replace('--remount-ro\\0/\\0', '--bind\\0/tmp\\0/tmp\\0--remount-ro\\0/\\0').split('\\0')`, '(read the state of the gateway|write outside its workspace)'],
  ['shares the network', `[...everythingBut('net'), ...without('--unshare-all')]`, 'reach the network'],
  ['shares the processes', `[...everythingBut('pid'), ...without('--unshare-all')]`, 'see processes of the machine'],
  ['shares shared memory', `[...everythingBut('ipc'), ...without('--unshare-all')]`, 'see processes of the machine'],
  ['leaves out the filter of system calls', `args.filter((arg, at) => arg !== '--seccomp' && args[at - 1] !== '--seccomp')`, 'gain privileges'],
  ['leaves capabilities', `args.join('\\0').replace('--cap-drop\\0ALL', '--cap-add\\0CAP_SYS_CHROOT').split('\\0')`, 'gain privileges'],
  ['leaves its root writable', `args.join('\\0').replace(/--remount-ro\\0\\/\\0/, '').split('\\0')`, 'write outside its workspace'],
  ['leaves /proc writable', `args.join('\\0').replace('--remount-ro\\0/proc\\0', '').split('\\0')`, 'write outside its workspace'],
];

describe.each(hostModes)('the test of the sandbox by attacks from within, under a gateway that runs as %s', (mode) => {
  it('is passed by this machine, leaves nothing, and is not repeated', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    host = await SandboxHost.start(mode);
    await host.probe();
    expect(host.stderr.match(/withstood its 5 attacks/g)).toHaveLength(1);
    const left = fs.readdirSync(host.folder, { recursive: true, encoding: 'utf8' }).map((file) => path.basename(file)).filter((file) => file.includes('self-test'));
    expect(left).toEqual(['.self-test']);
    await host.probe();
    expect(host.stderr.match(/withstood/g)).toHaveLength(1);
  });

  for (const [fault, weaken, attack] of faults) {
    it(`refuses a bubblewrap that ${fault}`, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      host = await SandboxHost.start(mode, { bwrap: faultyBwrap(weaken) });
      const refusal = { class: 'sandbox_unsupported', cause: 'self_test', message: expect.stringMatching(`a program inside could ${attack} \\(`) };
      await expect(host.probe()).rejects.toMatchObject(refusal);
      // It is not noted as passed.
      await expect(host.probe()).rejects.toMatchObject(refusal);
    });
  }

  it('refuses a sandbox in which the test does not come to its end', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    host = await SandboxHost.start(mode, { bwrap: faultyBwrap(`(argv.at(-1) === '-' && process.exit(0), args)`) });
    await expect(host.probe()).rejects.toMatchObject({ class: 'sandbox_unsupported', cause: 'self_test', message: expect.stringContaining('did not run to its end') });
  });
});
