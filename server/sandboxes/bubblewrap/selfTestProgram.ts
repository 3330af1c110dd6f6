/** What the program is told to attack: all of it is made for the test and goes with it. */
export interface SelfTestTargets {
  /** Folder of the gateway's state, and a file in it. */
  readonly stateDir: string;
  readonly stateFile: string;
  /** A folder that every user of the machine may write. */
  readonly openFolder: string;
  /** Name of the files that it tries to write. */
  readonly fileName: string;
  /** Listening on 127.0.0.1, and an abstract socket. */
  readonly tcpPort: number;
  readonly abstractSocket: string;
  readonly hostPid: number;
  readonly hostCommand: string;
  /** Kind and number of the namespaces of the gateway. */
  readonly namespaces: Readonly<Record<string, string>>;
}

/** What the program answers, as one line of JSON. */
export interface SelfTestAnswer {
  /** What each attack came to: `blocked`, or what it reached. */
  readonly attacks: Readonly<Record<string, string>>;
}

/** The five attacks, by what a program inside would do with them. */
export const selfTestAttacks = ['read the state of the gateway', 'write outside its workspace', 'reach the network', 'see processes of the machine', 'gain privileges'] as const;

/** The program that attacks, for Node inside, as text for its stdin. It gives up nothing: whatever does not throw has worked. */
export function selfTestProgram(targets: SelfTestTargets): string {
  return `'use strict';
const targets = ${JSON.stringify(targets)};
const names = ${JSON.stringify(selfTestAttacks)};
${attacks}`;
}

const attacks = String.raw`
const fs = require('fs');
const { spawnSync } = require('child_process');
const works = (act) => { try { return act() !== false; } catch { return false; } };
const firstOf = (items, tries) => items.find((item) => works(() => tries(item)));
const connects = (where) => new Promise((resolve) => {
  const socket = require('net').connect(where);
  const end = (answer) => { socket.destroy(); resolve(answer); };
  socket.setTimeout(1000, () => end(false));
  socket.on('connect', () => end(true));
  socket.on('error', () => end(false));
});
const runs = (file, args) => spawnSync(file, args, { stdio: 'ignore', timeout: 2000 }).status === 0;

const attempts = [
  () => firstOf([targets.stateDir, '/proc/1/root' + targets.stateDir], (folder) => fs.readdirSync(folder))
    ?? firstOf([targets.stateFile, '/proc/1/root' + targets.stateFile], (file) => fs.readFileSync(file)),
  () => {
    const folders = [targets.openFolder, '/', '/usr', '/usr/local', '/usr/bin', '/etc', '/opt', '/var', '/home', '/root', '/run', '/run/logos', '/dev', '/proc/sys/kernel'];
    const folder = firstOf(folders, (place) => {
      const file = place + '/' + targets.fileName;
      fs.writeFileSync(file, '');
      fs.rmSync(file);
    });
    // Opened and closed, never written.
    const opens = (file) => fs.closeSync(fs.openSync(file, 'r+'));
    return folder ?? firstOf(['/run/logos/node', '/run/logos/worker.js', '/proc/sys/kernel/core_pattern', '/proc/self/oom_score_adj'], opens);
  },
  async () => {
    const outward = Object.keys(require('os').networkInterfaces()).find((name) => name !== 'lo');
    if (outward !== undefined) return 'the interface ' + outward;
    if (await connects({ host: '127.0.0.1', port: targets.tcpPort })) return '127.0.0.1 of the machine';
    return (await connects({ path: '\0' + targets.abstractSocket })) ? 'an abstract socket of the machine' : undefined;
  },
  () => {
    const shared = Object.entries(targets.namespaces).find(([kind, number]) => works(() => fs.readlinkSync('/proc/self/ns/' + kind) === number));
    if (shared !== undefined) return 'the namespace ' + shared[0];
    const command = (pid) => fs.readFileSync('/proc/' + pid + '/cmdline', 'latin1');
    return works(() => command(targets.hostPid) === targets.hostCommand) ? 'process ' + targets.hostPid : undefined;
  },
  () => {
    const status = fs.readFileSync('/proc/self/status', 'latin1');
    const field = (name) => new RegExp('^' + name + ':\\s*(\\w+)', 'm').exec(status)?.[1];
    const held = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].find((name) => !/^0+$/.test(field(name) ?? ''));
    if (held !== undefined) return held + ' ' + field(held);
    if (field('NoNewPrivs') !== '1') return 'new privileges by running a program';
    if (field('Seccomp') !== '2') return 'every system call';
    if (process.getuid() === 0 || works(() => process.setuid(0))) return 'the id 0';
    const file = '/tmp/' + targets.fileName;
    fs.writeFileSync(file, '');
    if (works(() => fs.chmodSync(file, 0o4755))) return 'a file that runs as its owner';
    if (runs('/usr/bin/unshare', ['-Ur', 'true'])) return 'a user namespace';
    return runs('/usr/bin/mount', ['-t', 'tmpfs', 'none', '/tmp']) ? 'a mount' : undefined;
  },
];

(async () => {
  const said = {};
  for (const [index, attempt] of attempts.entries()) said[names[index]] = (await attempt()) ?? 'blocked';
  process.stdout.write(JSON.stringify({ attacks: said }) + '\n');
})().catch((error) => { process.stderr.write(String(error)); process.exitCode = 1; });
`;
