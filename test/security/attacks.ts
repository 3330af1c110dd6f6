/** What the attacked host offers: everything named here is real and can be reached from outside the sandbox. */
export interface Targets {
  /** A file with a secret in the home of another agent, in the user's own home, and in the gateway's state. */
  readonly otherHomeFile: string;
  readonly userHomeFile: string;
  readonly stateFile: string;
  /** Listening sockets of the gateway and of another task of the same agent. */
  readonly stateSocket: string;
  readonly otherTaskSocket: string;
  readonly abstractSocket: string;
  readonly tcpPort: number;
  /** Of a name server on 127.0.0.1 that knows every name. */
  readonly dnsPort: number;
  /** A host process that waits, with a secret in its environment and in its arguments. */
  readonly hostPid: number;
  readonly hostSecret: string;
  readonly gatewaySecret: string;
  /** A folder of the host that is open to everybody, to be found unwritten. */
  readonly openFolder: string;
}

/** One attempt to get out: a body for the sandbox, and what its answer must be. */
export interface Attack {
  readonly name: string;
  readonly body: (targets: Targets) => string;
  /** The answer that shows it was blocked. */
  readonly blocked: { readonly value?: unknown; readonly error?: string | RegExp };
  /** The answer of the same body outside, which shows that the attempt itself works. */
  readonly outside?: { readonly value?: unknown; readonly error?: string | RegExp };
  /** What the body needs inside, an absolute path. */
  readonly needs?: string;
}

const q = (value: unknown): string => JSON.stringify(value);
const readFile = (file: string): string => `return require('fs').readFileSync(${q(file)}, 'utf8').length > 0;`;
const connect = (where: string): string => `
  return await new Promise((resolve, reject) => {
    const socket = require('net').connect(${where});
    socket.setTimeout(1500, () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    socket.on('connect', () => { socket.destroy(); resolve('connected'); });
    socket.on('error', reject);
  });`;
const shell = (script: string): string => `
  const { status, stdout } = require('child_process').spawnSync('/bin/sh', ['-c', ${q(script)}], { encoding: 'utf8' });
  return { status, stdout: stdout.trim() };`;

/** Prints the number of the error of a perl expression, 0 when it worked. */
const perlErrno = (expression: string): string => `
  const { stdout } = require('child_process').spawnSync('/usr/bin/perl', ['-e', ${q(`$! = 0; my $r = ${expression}; print defined($r) && $r ne '' && $r != -1 ? 0 : $!+0;`)}], { encoding: 'utf8' });
  return stdout === '' ? 'perl failed' : Number(stdout);`;
const perl = '/usr/bin/perl';
const errno = { EPERM: 1, ENOTTY: 25, ENOSYS: 38, EAFNOSUPPORT: 97 };

/** System call numbers of this processor. */
const numbers = process.arch === 'arm64'
  ? { unshare: 97, setns: 268, mount: 40, ptrace: 117, readMemory: 270, bpf: 280, keyctl: 219, perf: 241, userfaultfd: 282, chroot: 51, handle: 265, personality: 92, syslog: 116 }
  : { unshare: 272, setns: 308, mount: 165, ptrace: 101, readMemory: 310, bpf: 321, keyctl: 250, perf: 298, userfaultfd: 323, chroot: 161, handle: 304, personality: 135, syslog: 103 };
const refusedCall = (name: string, call: string): Attack => ({ name: `call ${name}`, needs: perl, body: () => perlErrno(`syscall(${call})`), blocked: { value: errno.EPERM } });
const refusedFamily = (name: string, family: number, more = '2, 0'): Attack => ({ name: `open a socket of ${name}`, needs: perl, body: () => perlErrno(`syscall(${process.arch === 'arm64' ? 198 : 41}, ${family}, ${more})`), blocked: { value: errno.EAFNOSUPPORT } });

const tellingParts = [
  ...['shadow', 'gshadow', 'shadow-', 'passwd-', 'sudoers', 'sudoers.d', 'ssh', 'ssl/private', 'pki/tls/private', 'machine-id', 'pam.d', 'security'],
  ...['resolv.conf', 'fstab', 'networks', 'network', 'NetworkManager', 'netplan', 'wireguard', 'environment', 'profile', 'profile.d', 'default'],
  ...['subuid', 'subgid', 'cron.d', 'crontab', 'systemd', 'apt', 'npmrc', 'pip.conf', 'wgetrc', 'gitconfig', 'docker', 'kubernetes', 'maven/settings.xml'],
];

export const fileAttacks: readonly Attack[] = [
  { name: "read another agent's home", body: ({ otherHomeFile }) => readFile(otherHomeFile), blocked: { error: 'ENOENT' }, outside: { value: true } },
  { name: "read the user's home", body: ({ userHomeFile }) => readFile(userHomeFile), blocked: { error: 'ENOENT' }, outside: { value: true } },
  { name: "read the gateway's state", body: ({ stateFile }) => readFile(stateFile), blocked: { error: 'ENOENT' }, outside: { value: true } },
  { name: 'read through the root of the first process', body: ({ stateFile }) => readFile(`/proc/1/root${stateFile}`), blocked: { error: /^E(NOENT|ACCES)$/ } },
  { name: "follow a link of its own to the gateway's state", body: ({ stateFile }) => `require('fs').rmSync('/sandbox/link', { force: true }); require('fs').symlinkSync(${q(stateFile)}, '/sandbox/link'); ${readFile('/sandbox/link')}`, blocked: { error: 'ENOENT' } },
  { name: 'read passwords of the machine', body: () => readFile('/etc/shadow'), blocked: { error: 'ENOENT' } },
  {
    name: 'find in /etc what tells of the machine, its network and its secrets',
    body: () => `return ${q(tellingParts)}.filter((name) => require('fs').existsSync('/etc/' + name));`,
    blocked: { value: [] },
  },
  { name: 'learn the accounts of the machine', body: () => `return require('fs').readFileSync('/etc/passwd', 'utf8').trim().split('\\n').length;`, blocked: { value: 1 } },
  { name: 'see files of others in /tmp', body: () => `return require('fs').readdirSync('/tmp');`, blocked: { value: [] } },
  { name: 'list homes and sandboxes of the machine', body: () => `return ['/home', '/root', '/var', '/mnt', '/media', '/boot', '/srv', '/sys'].filter((path) => require('fs').existsSync(path));`, blocked: { value: [] } },
  { name: 'write into a folder of the machine that is open to everybody', body: ({ openFolder }) => `require('fs').writeFileSync(${q(`${openFolder}/escaped`)}, ''); return true;`, blocked: { error: 'ENOENT' }, outside: { value: true } },
  { name: 'write into the system', body: () => `require('fs').writeFileSync('/usr/bin/escaped', '');`, blocked: { error: 'EROFS' } },
  { name: 'write beside its home', body: () => `require('fs').writeFileSync('/escaped', '');`, blocked: { error: 'EROFS' } },
  { name: 'write where the model socket is', body: () => `require('fs').writeFileSync('/run/logos/escaped', '');`, blocked: { error: 'EROFS' } },
  { name: 'change the worker that other tasks run', body: () => `require('fs').appendFileSync('/run/logos/worker.js', ' ');`, blocked: { error: /^E(ROFS|ACCES)$/ } },
  // Opened and closed, never written.
  { name: 'open core_pattern for writing', body: () => `require('fs').closeSync(require('fs').openSync('/proc/sys/kernel/core_pattern', 'r+'));`, blocked: { error: /^E(ROFS|ACCES)$/ } },
  ...['self', '1'].map((process): Attack => ({ name: `be spared when memory runs out, through /proc/${process}`, body: () => `require('fs').writeFileSync('/proc/${process}/oom_score_adj', '0');`, blocked: { error: 'EROFS' } })),
  { name: 'be spared when memory runs out, through the older name', body: () => `require('fs').writeFileSync('/proc/self/oom_adj', '-17');`, blocked: { error: 'EROFS' } },
  { name: 'be other than the first to go when memory runs out', body: () => `return require('fs').readFileSync('/proc/self/oom_score_adj', 'utf8').trim();`, blocked: { value: '1000' } },
  ...['keys', 'key-users', 'cmdline', 'kallsyms', 'kcore', 'modules', 'locks', 'interrupts', 'iomem', 'timer_list', 'sched_debug'].map((file): Attack => ({
    name: `read /proc/${file}, which tells of the machine`,
    body: () => readFile(`/proc/${file}`),
    blocked: { error: /^E(ACCES|PERM|NOENT)$/ },
  })),
  { name: 'open sysrq-trigger for writing', body: () => `require('fs').closeSync(require('fs').openSync('/proc/sysrq-trigger', 'r+'));`, blocked: { error: /^E(ROFS|ACCES|NOENT)$/ } },
  { name: 'open disks and memory of the machine', body: () => `return ['/dev/mem', '/dev/kmsg', '/dev/vda', '/dev/sda', '/dev/kvm', '/dev/fuse', '/dev/vsock', '/dev/net/tun'].filter((path) => require('fs').existsSync(path));`, blocked: { value: [] } },
  { name: 'make a device node', needs: '/usr/bin/mknod', body: () => shell('mknod /sandbox/disk b 254 0 2>/dev/null; test -e /sandbox/disk; echo $?'), blocked: { value: { status: 0, stdout: '1' } } },
  { name: 'make a file that runs as its owner', body: () => `const fs = require('fs'); fs.writeFileSync('/sandbox/suid', ''); fs.chmodSync('/sandbox/suid', 0o4755);`, blocked: { error: 'EPERM' } },
  { name: 'create a file that runs as its owner', body: () => `require('fs').writeFileSync('/sandbox/suid-new', '', { mode: 0o6755 });`, blocked: { error: 'EPERM' } },
  { name: 'become root', body: () => `process.setuid(0);`, blocked: { error: /^E(PERM|INVAL)$/ } },
];

export const processAttacks: readonly Attack[] = [
  { name: 'see processes of the machine', body: ({ hostSecret }) => `const fs = require('fs'); return fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).some((pid) => { try { return fs.readFileSync('/proc/' + pid + '/cmdline', 'latin1').includes(${q(hostSecret)}); } catch { return false; } });`, blocked: { value: false }, outside: { value: true } },
  { name: 'read secrets in the environment of any process', body: ({ hostSecret, gatewaySecret }) => `const fs = require('fs'); return fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).some((pid) => { try { const text = fs.readFileSync('/proc/' + pid + '/environ', 'latin1'); return text.includes(${q(hostSecret)}) || text.includes(${q(gatewaySecret)}); } catch { return false; } });`, blocked: { value: false }, outside: { value: true } },
  { name: 'find a host path in the arguments of its own first process', body: ({ stateFile }) => `return require('fs').readFileSync('/proc/1/cmdline', 'latin1').includes(${q(stateFile.split('/').slice(0, 3).join('/'))});`, blocked: { value: false } },
  { name: 'have any descriptor but its three pipes', body: () => `const fs = require('fs'); return fs.readdirSync('/proc/1/fd').concat(fs.readdirSync('/proc/2/fd')).map((fd) => { for (const pid of [1, 2]) { try { return fs.readlinkSync('/proc/' + pid + '/fd/' + fd); } catch {} } return ''; }).filter((target) => /^\\/(?!dev\\/null|dev\\/urandom)/.test(target) && !target.startsWith('/proc'));`, blocked: { value: [] } },
  { name: 'signal a process of the machine', body: ({ hostPid }) => `process.kill(${hostPid}, 0); return true;`, blocked: { error: 'ESRCH' }, outside: { value: true } },
  { name: 'have a capability, or a way to get one', body: () => `const text = require('fs').readFileSync('/proc/self/status', 'utf8'); return [...text.matchAll(/^(Cap\\w+|NoNewPrivs|Seccomp):\\s*(\\w+)/gm)].map((m) => m[1] + ' ' + parseInt(m[2], 16));`, blocked: { value: ['CapInh 0', 'CapPrm 0', 'CapEff 0', 'CapBnd 0', 'CapAmb 0', 'NoNewPrivs 1', 'Seccomp 2'] } },
  { name: 'make a user namespace', needs: '/usr/bin/unshare', body: () => shell('unshare -Ur true 2>/dev/null; echo $?'), blocked: { value: { status: 0, stdout: '1' } } },
  { name: 'make a sandbox within', needs: '/usr/bin/bwrap', body: () => shell('bwrap --ro-bind /usr /usr --symlink usr/lib64 /lib64 --symlink usr/lib /lib /usr/bin/true 2>/dev/null; echo $?'), blocked: { value: { status: 0, stdout: '1' } } },
  refusedCall('unshare(CLONE_NEWUSER)', `${numbers.unshare}, 0x10000000`),
  refusedCall('setns', `${numbers.setns}, 0, 0`),
  refusedCall('mount', `${numbers.mount}, my $from = 'none', my $to = '/tmp', my $type = 'tmpfs', 0, 0`),
  refusedCall('chroot', `${numbers.chroot}, my $to = '/tmp'`),
  refusedCall('ptrace on its first process', `${numbers.ptrace}, 16, 1, 0, 0`),
  refusedCall('ptrace on its first process, without stopping it', `${numbers.ptrace}, 0x4206, 1, 0, 0`),
  refusedCall('process_vm_readv on its first process', `${numbers.readMemory}, 1, 0, 0, 0, 0, 0`),
  refusedCall('process_vm_writev on its first process', `${numbers.readMemory + 1}, 1, 0, 0, 0, 0, 0`),
  refusedCall('bpf', `${numbers.bpf}, 0, 0, 0`),
  refusedCall('keyctl', `${numbers.keyctl}, 0, -3, 0`),
  refusedCall('perf_event_open', `${numbers.perf}, 0, 0, -1, -1, 0`),
  refusedCall('userfaultfd', `${numbers.userfaultfd}, 1`),
  refusedCall('open_by_handle_at', `${numbers.handle}, 0, 0, 0`),
  refusedCall('personality', `${numbers.personality}, 0x0040000`),
  refusedCall('syslog', `${numbers.syslog}, 3, 0, 0`),
  { name: 'call clone3, whose flags a filter cannot see', needs: perl, body: () => perlErrno('syscall(435, 0, 0)'), blocked: { value: errno.ENOSYS } },
  { name: 'call io_uring_setup', needs: perl, body: () => perlErrno('syscall(425, 1, 0)'), blocked: { value: errno.ENOSYS } },
  { name: 'type into a terminal with TIOCSTI', needs: perl, body: () => perlErrno(`do { open(my $null, '<', '/dev/null'); ioctl($null, 0x5412, my $key = 'x') }`), blocked: { value: errno.EPERM }, outside: { value: errno.ENOTTY } },
];

export const networkAttacks: readonly Attack[] = [
  { name: 'reach a server on 127.0.0.1', body: ({ tcpPort }) => connect(`{ host: '127.0.0.1', port: ${tcpPort} }`), blocked: { error: 'ECONNREFUSED' }, outside: { value: 'connected' } },
  { name: 'reach an abstract socket', body: ({ abstractSocket }) => connect(q(abstractSocket)), blocked: { error: 'ECONNREFUSED' }, outside: { value: 'connected' } },
  { name: "reach the gateway's socket", body: ({ stateSocket }) => connect(q(stateSocket)), blocked: { error: 'ENOENT' }, outside: { value: 'connected' } },
  { name: "reach the model through another task's socket", body: ({ otherTaskSocket }) => connect(q(otherTaskSocket)), blocked: { error: 'ENOENT' }, outside: { value: 'connected' } },
  { name: 'look up a name', body: ({ dnsPort }) => `const resolver = new (require('dns').promises.Resolver)({ timeout: 1000, tries: 1 }); resolver.setServers(['127.0.0.1:${dnsPort}']); return await resolver.resolve4('name.test');`, blocked: { error: 'ECONNREFUSED' }, outside: { value: ['192.0.2.7'] } },
  { name: 'see an interface that leads out', body: () => `return require('fs').readFileSync('/proc/net/dev', 'utf8').split('\\n').slice(2).map((line) => line.split(':')[0].trim()).filter((name) => name !== '' && name !== 'lo');`, blocked: { value: [] } },
  refusedFamily('AF_VSOCK', 40, '1, 0'),
  refusedFamily('AF_PACKET', 17, '3, 0'),
  refusedFamily('AF_ALG', 38, '5, 0'),
  refusedFamily('AF_BLUETOOTH', 31),
  refusedFamily('AF_CAN', 29, '3, 1'),
  refusedFamily('AF_XDP', 44, '3, 0'),
  refusedFamily('AF_NETLINK beyond routes', 16, '3, 15'),
];
