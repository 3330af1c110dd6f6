import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewaySecret, hostModes, SandboxHost, whyNoSandbox, type Answer } from '../support/sandbox/sandboxHost.ts';
import { fileAttacks, networkAttacks, processAttacks, type Attack, type Targets } from './attacks.ts';
import { openNameServer } from './nameServer.ts';

const agent = '00000000-0000-7000-8000-00000000000a';
const otherAgent = '00000000-0000-7000-8000-00000000000b';
const unavailable = whyNoSandbox();
const worker = path.join(import.meta.dirname, '../support/sandbox/probeWorker.cjs');

/** Runs a body as the test's own user, without a sandbox. */
function runOutside(body: string): Promise<Answer> {
  const child = spawn(process.execPath, [worker], { env: { PATH: '/usr/bin:/bin' }, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write(`${JSON.stringify(body)}\n`);
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
    child.once('close', () => (text === '' ? reject(new Error('The body gave no answer outside.')) : resolve(JSON.parse(text) as Answer)));
  });
}

function expectAnswer(answer: Answer, expected: Attack['blocked']): void {
  if ('value' in expected) expect(answer).toEqual({ value: expected.value });
  else if (typeof expected.error === 'string') expect(answer).toEqual({ error: expected.error });
  else expect(answer).toEqual({ error: expect.stringMatching(expected.error ?? /./) });
}

describe.each(hostModes)('a gateway that runs as %s', (mode) => {
  let host: SandboxHost;
  let targets: Targets;
  const servers: { close(done: () => void): unknown }[] = [];
  const children: ChildProcess[] = [];

  const listen = async (where: string | { port: number; host: string }): Promise<net.Server> => {
    const server = net.createServer((connection) => connection.destroy());
    await new Promise<void>((resolve) => void server.listen(where, resolve));
    servers.push(server);
    return server;
  };

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    host = await SandboxHost.start(mode);
    await host.prepare(agent);
    const other = await host.prepare(otherAgent);
    const own = (name: string, folder: string): string => {
      const file = path.join(folder, name);
      fs.writeFileSync(file, 'secret', { mode: 0o600 });
      if (process.getuid?.() === 0) fs.chownSync(file, host.uid, host.uid);
      return file;
    };
    const userHome = path.join(host.folder, 'user-home');
    const openFolder = path.join(host.folder, 'open');
    fs.mkdirSync(userHome, { mode: 0o755 });
    fs.mkdirSync(openFolder);
    fs.chmodSync(openFolder, 0o777);
    const stateSocket = path.join(host.stateDir, 'gateway.sock');
    await listen(stateSocket);
    fs.chmodSync(stateSocket, 0o666);
    const abstractSocket = `\0logos-test-${process.pid}-${mode}`;
    await listen(abstractSocket);
    const tcp = await listen({ port: 0, host: '127.0.0.1' });
    const names = await openNameServer();
    servers.push(names);
    const hostSecret = `secret-of-the-host-${process.pid}`;
    const bystander = spawn('/bin/sleep', ['1000'], { argv0: `sleep-${hostSecret}`, env: { SECRET: hostSecret }, stdio: 'ignore', ...(process.getuid?.() === 0 ? { uid: host.uid, gid: host.uid } : {}) });
    children.push(bystander);
    const otherTask = await host.start(agent, 'await new Promise((resolve) => setTimeout(resolve, 1e9));');
    targets = {
      otherHomeFile: own('secret', other.homePath),
      userHomeFile: own('secret', userHome),
      stateFile: own('secret', host.stateDir),
      stateSocket,
      otherTaskSocket: otherTask.socket,
      abstractSocket,
      dnsPort: names.address().port,
      tcpPort: (tcp.address() as net.AddressInfo).port,
      hostPid: bystander.pid ?? 0,
      hostSecret,
      gatewaySecret,
      openFolder,
    };
  });

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => void server.close(resolve))));
    await host?.dispose();
  });

  describe.each([
    ['files', fileAttacks],
    ['processes', processAttacks],
    ['network', networkAttacks],
  ] as const)('%s', (_kind, attacks) => {
    for (const attack of attacks) {
      it(`cannot ${attack.name}`, async (context) => {
        if (unavailable !== undefined) return context.skip(unavailable);
        if (attack.needs !== undefined && !fs.existsSync(attack.needs)) return context.skip(`${attack.needs} is not installed`);
        const body = attack.body(targets);
        if (attack.outside !== undefined) expectAnswer(await runOutside(body), attack.outside);
        expectAnswer(await host.run(agent, body), attack.blocked);
      });
    }
  });

  it('leaves the open folder of the machine as it was', (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    fs.rmSync(path.join(targets.openFolder, 'escaped'), { force: true });
    expect(fs.readdirSync(targets.openFolder)).toEqual([]);
  });

  it('reaches its own model, its own home and its own scratch folder', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const body = `
      const fs = require('fs');
      fs.writeFileSync('/sandbox/kept', 'kept'); fs.writeFileSync('/tmp/scratch', '');
      const model = await new Promise((resolve, reject) => { const socket = require('net').connect('/run/logos/inference.sock'); let text = ''; socket.on('data', (chunk) => { text += chunk; }); socket.on('close', () => resolve(text.trim())); socket.on('error', reject); });
      return { model, home: process.env.HOME, folder: process.cwd(), env: Object.keys(process.env).sort() };`;
    expect(await host.run(agent, body)).toEqual({
      value: { model: `model of ${agent}`, home: '/sandbox', folder: '/sandbox', env: ['HOME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'SHELL', 'TMPDIR', 'USER'] },
    });
    expect(await host.run(agent, `return require('fs').readFileSync('/sandbox/kept', 'utf8') + require('fs').readdirSync('/tmp').length;`)).toEqual({ value: 'kept0' });
  });

  it('has it in writing whose the sandboxes are that lie outside its state directory', (context) => {
    if (unavailable !== undefined || mode !== 'root') return context.skip(unavailable ?? 'those of an ordinary user lie in it');
    const [own] = fs.readdirSync(path.join(host.folder, 'system')).filter((name) => /^[0-9a-f]{8}$/.test(name));
    expect(JSON.parse(fs.readFileSync(path.join(host.folder, 'system', own ?? '', 'owner.json'), 'utf8'))).toMatchObject({ stateDir: host.stateDir, process: expect.stringContaining(`${host.pid}-`) });
  });

  it('runs also under a policy that shows /opt', async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    if (!fs.existsSync('/opt')) return context.skip('this machine has no /opt');
    const shipped = fs.readFileSync(path.join(host.folder, 'policies', 'workspace-only.yaml'), 'utf8');
    fs.writeFileSync(path.join(host.folder, 'policies', 'with-opt.yaml'), shipped.replace('    - /usr\n', '    - /usr\n    - /opt\n'));
    await host.prepare(otherAgent, 'with-opt');
    expect(await host.run(otherAgent, `return require('fs').readdirSync('/opt');`)).toEqual({ value: fs.readdirSync('/opt') });
  });
});
