import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sandboxArguments, workerCommand } from '../../../../server/sandboxes/bubblewrap/bwrapArguments.ts';
import { ownFiles } from '../../../../server/sandboxes/bubblewrap/etcFolder.ts';
import { readPolicyMounts } from '../../../../server/sandboxes/bubblewrap/policyMounts.ts';
import { defaultLimits } from '../../../../server/sandboxes/limits.ts';
import { policyOf } from '../fakeEngine.ts';

const system = '/usr, /bin, /sbin, /lib, /lib64, /etc, /proc';
const filesystem = (fields: string, more = '') => policyOf(`filesystem_policy: { ${fields} }\n${more}`);
const usual = filesystem(`include_workdir: true, read_only: [${system}], read_write: [/tmp]`);
const argumentsOf = (policy = usual): string[] =>
  sandboxArguments({ policy: readPolicyMounts(policy), etcPath: '/host/etc', homePath: '/host/home', nodePath: '/host/node', workerPath: '/host/worker.js', limits: defaultLimits }, '/host/socket');
const after = (list: readonly string[], target: string): string | undefined => list[list.indexOf(target) - 2];

describe('readPolicyMounts', () => {
  it('reads the shipped default', () => {
    expect(readPolicyMounts(usual)).toMatchObject({ workspace: 'write', scratch: 'write', hasProc: true, uid: 1000, gid: 1000 });
  });

  it.each([
    ['a path of this machine that is to be written', `read_only: [${system}], read_write: [/srv/data]`, '/srv/data'],
    ['a part of the workspace', `read_only: [${system}], read_write: [/sandbox/out]`, '/sandbox/out'],
    ['homes', `read_only: [${system}, /root]`, '/root'],
    ['logs', `read_only: [${system}, /var/log]`, '/var/log'],
    ['the whole machine', 'read_only: [/]', 'read_only: /'],
    ['a secret part of /etc', `read_only: [/usr, /lib, /lib64, /etc/shadow]`, '/etc/shadow'],
    ['a system without libraries', 'read_only: [/usr]', '/lib'],
    ['nothing of the system', 'include_workdir: true', '/usr'],
  ])('refuses %s, and names the rule', (_what, fields, rule) => {
    expect(() => readPolicyMounts(filesystem(fields))).toThrowError(expect.objectContaining({ class: 'policy_unenforceable', message: expect.stringContaining(rule) }));
  });

  it.each([
    ['network_policies: { api: { endpoints: [{ host: a.example, port: 1 }] } }', 'network_policies.api'],
    ['network_middlewares: { audit: { middleware: log } }', 'network_middlewares.audit'],
    ['landlock: { compatibility: hard_requirement }', 'landlock'],
  ])('refuses %s', (more, rule) => {
    expect(() => readPolicyMounts(filesystem(`read_only: [${system}]`, more))).toThrowError(expect.objectContaining({ class: 'policy_unenforceable', message: expect.stringContaining(rule) }));
  });

  it('refuses a link in the system that leads out of it', () => {
    const link = '/run/logos-test-link';
    if (process.getuid?.() !== 0) return;
    fs.symlinkSync('/root', link);
    try {
      expect(() => readPolicyMounts(filesystem(`read_only: [${system}, ${link}]`))).toThrowError(expect.objectContaining({ class: 'policy_unenforceable' }));
    } finally {
      fs.rmSync(link);
    }
  });

  it.each(['/usr/local/share/logos', '/usr'])('refuses to show the state of the gateway in %s, whatever is above or below it', (folder) => {
    expect(() => readPolicyMounts(usual, [folder])).toThrowError(expect.objectContaining({ class: 'policy_unenforceable', message: expect.stringContaining(`the state of the gateway lies in ${folder}`) }));
  });

  it('leaves out what this machine does not have', () => {
    expect(readPolicyMounts(filesystem(`read_only: [${system}, /opt/absent, /nix/store/absent]`)).mounts.map(({ target }) => target)).not.toContain('/opt/absent');
  });

  it('shows of /etc nothing that tells of accounts, hosts or resolvers', () => {
    const { etc, mounts } = readPolicyMounts(usual);
    for (const secret of ['/etc', '/etc/passwd', '/etc/shadow', '/etc/hosts', '/etc/resolv.conf', '/etc/ssh', '/etc/ssl', '/etc/ssl/private']) expect(etc).not.toContain(secret);
    expect(etc.every((entry) => entry.startsWith('/etc/'))).toBe(true);
    expect(etc.length).toBeGreaterThan(0);
    expect(mounts.filter(({ target }) => target.startsWith('/etc'))).toEqual([]);
    expect(after(argumentsOf(), '/etc')).toBe('--ro-bind');
  });

  it('takes the id inside from the policy', () => {
    expect(readPolicyMounts(filesystem(`read_only: [${system}]`, 'process: { run_as_user: 4242, run_as_group: 4343 }'))).toMatchObject({ uid: 4242, gid: 4343 });
  });
});

describe('sandboxArguments', () => {
  it('separates everything, gives no capability, and closes the root', () => {
    const list = argumentsOf();
    for (const option of ['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session', '--clearenv']) expect(list).toContain(option);
    expect(list.join(' ')).toContain('--cap-drop ALL');
    expect(list.join(' ')).toContain('--ro-bind /proc/sys /proc/sys');
    expect(list.join(' ')).toContain('--remount-ro /');
    expect(list).not.toContain('--share-net');
  });

  it('gives every tmpfs a size', () => {
    const list = argumentsOf();
    for (const [index, option] of list.entries()) if (option === '--tmpfs') expect(list[index - 2]).toBe('--size');
  });

  it('binds the home as the policy says', () => {
    expect(argumentsOf()[argumentsOf().lastIndexOf('/host/home') - 1]).toBe('--bind');
    const readOnly = argumentsOf(filesystem(`read_only: [/sandbox, ${system}]`));
    expect(readOnly[readOnly.indexOf('/host/home') - 1]).toBe('--ro-bind');
    expect(argumentsOf(filesystem(`read_only: [${system}]`))).not.toContain('/host/home');
  });

  it('places nothing of its own where a policy may show something of the machine', () => {
    const targets = new Set(readPolicyMounts(filesystem(`read_only: [${system}, /opt]`)).mounts.map(({ target }) => target));
    for (const own of ['/run/logos/inference.sock', '/run/logos/node', '/run/logos/worker.js', '/sandbox']) {
      for (const target of targets) expect(own.startsWith(`${target}/`)).toBe(false);
    }
  });

  it('binds socket, Node and worker read-only, each at its place', () => {
    const list = argumentsOf();
    for (const target of ['/run/logos/inference.sock', '/run/logos/node', '/run/logos/worker.js']) expect(after(list, target)).toBe('--ro-bind');
  });

  it('gives no scratch folder and no /proc that the policy does not name', () => {
    const list = argumentsOf(filesystem('read_only: [/usr, /lib, /lib64]'));
    expect(list).not.toContain('/tmp');
    expect(list).not.toContain('/proc');
    expect(list.join(' ')).not.toContain('TMPDIR');
  });

  it('names only ids in the files about accounts', () => {
    expect(ownFiles(readPolicyMounts(usual)).passwd).toBe('sandbox:x:1000:1000:sandbox:/sandbox:/bin/sh\n');
  });

  it('sets every limit inside, before the worker', () => {
    expect(workerCommand(defaultLimits)).toEqual(['--', '/usr/bin/prlimit', '--nproc=256', '--nofile=1024', '--fsize=1073741824', '--core=0', '--nice=0', '--memlock=65536', '--msgqueue=0', '--sigpending=1024', '--', '/run/logos/node', '--max-old-space-size=1536', '--single-threaded-gc', '/run/logos/worker.js']);
  });
});
