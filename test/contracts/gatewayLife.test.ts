import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { acquireLock } from '../../server/store/lock.ts';
import { eventually, isRunning, ServerUnderTest } from '../support/client/serverProcess.ts';

const entry = path.resolve(import.meta.dirname, '../support/gatewayMain.ts');
const servers: ServerUnderTest[] = [];

function serverWith(environment: Record<string, string> = {}): ServerUnderTest {
  const server = new ServerUnderTest(entry, environment);
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.dispose();
});

/** A folder that looks like a build, whose program is the test's. */
function createBuild(folder: string, build: string): string {
  const distribution = path.join(folder, `dist-${build}`);
  fs.mkdirSync(path.join(distribution, 'policies'), { recursive: true });
  fs.writeFileSync(path.join(distribution, 'build.json'), JSON.stringify({ build, version: '1.0.0' }));
  fs.writeFileSync(path.join(distribution, 'policies', 'default.yaml'), 'x: 1\n');
  fs.writeFileSync(path.join(distribution, 'extension.js'), '');
  fs.writeFileSync(path.join(distribution, 'server.js'), `import(${JSON.stringify(entry)});\n`);
  return distribution;
}

/** A socket that nobody listens on: moved away, it outlives its server. */
async function leaveSocket(file: string): Promise<void> {
  const listener = net.createServer().listen(`${file}.new`);
  await once(listener, 'listening');
  fs.renameSync(`${file}.new`, file);
  listener.close();
  await once(listener, 'close');
}

describe('the life of the gateway', { timeout: 60_000 }, () => {
  it('starts once, for everybody, with a private pointer and socket, and is gone after a stop', async () => {
    const server = serverWith();
    const first = await server.ensure();
    expect(first).toMatchObject({ hasStarted: true, isOtherBuild: false });
    expect(await server.ensure()).toMatchObject({ hasStarted: false, pid: first.pid, startId: first.startId });
    for (const file of [server.pointerFile, first.socket]) expect(fs.statSync(file).mode & 0o077).toBe(0);
    expect(fs.statSync(server.home).mode & 0o777).toBe(0o700);
    const client = await server.connect();
    await client.request('gateway/stop', { when: 'now' });
    await eventually(() => !isRunning(first.pid), 'the end of the gateway');
    expect(fs.existsSync(first.socket)).toBe(false);
    expect(fs.existsSync(server.pointerFile)).toBe(false);
  });

  it('has one winner when eight start it at once', async () => {
    const server = serverWith();
    const all = await Promise.all(Array.from({ length: 8 }, () => server.ensure()));
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
    expect(all.filter(({ hasStarted }) => hasStarted)).toHaveLength(1);
  });

  it('lets a second gateway of the directory end with its own exit code', async () => {
    const server = serverWith();
    await server.ensure();
    const second = await server.run('--gateway');
    expect(second).toMatchObject({ code: 75, stderr: expect.stringContaining(server.home) });
  });

  it('starts anew after kill -9, over what the dead one left', async () => {
    const server = serverWith();
    const first = await server.ensure();
    process.kill(first.pid, 'SIGKILL');
    const second = await server.ensure();
    expect(second).toMatchObject({ hasStarted: true });
    expect(second.pid).not.toBe(first.pid);
    expect(second.socket).not.toBe(first.socket);
  });

  it('removes the sockets that a killed gateway left, and no other file of such a name', async () => {
    const server = serverWith();
    const first = await server.ensure();
    await leaveSocket(path.join(server.home, 'model-0123456789ab.sock'));
    await leaveSocket(path.join(server.home, 'theirs.sock'));
    fs.writeFileSync(path.join(server.home, 'model-ba9876543210.sock'), 'no socket');
    process.kill(first.pid, 'SIGKILL');
    await eventually(() => !isRunning(first.pid), 'the end of the gateway');
    expect(fs.existsSync(first.socket)).toBe(true);
    const second = await server.ensure();
    const left = fs.readdirSync(server.home).filter((name) => name.endsWith('.sock'));
    expect(left.toSorted()).toEqual([path.basename(second.socket), 'model-ba9876543210.sock', 'theirs.sock']);
  });

  it('ends in order on SIGTERM', async () => {
    const server = serverWith();
    const { pid, socket } = await server.ensure();
    const client = await server.connect();
    process.kill(pid, 'SIGTERM');
    await client.waitForEnd();
    await eventually(() => !isRunning(pid), 'the end of the gateway');
    expect([fs.existsSync(socket), fs.existsSync(server.pointerFile)]).toEqual([false, false]);
  });

  it('knows nothing of the environment and folder it was started from but the allow-list, and how its allocator is to give memory back', async () => {
    const server = serverWith();
    const { pid } = await server.ensure({ NODE_OPTIONS: '--max-http-header-size=9999', ELECTRON_RUN_AS_NODE: '1', OPENAI_API_KEY: 'sk-secret', HTTP_PROXY: 'http://x', LC_ALL: 'C.UTF-8', XDG_RUNTIME_DIR: '/run/user/0' });
    const names = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').map((line) => line.split('=')[0]);
    for (const refused of ['NODE_OPTIONS', 'ELECTRON_RUN_AS_NODE', 'OPENAI_API_KEY', 'HTTP_PROXY', 'XDG_RUNTIME_DIR', 'VITEST', 'NODE_ENV']) expect(names).not.toContain(refused);
    expect(names).toEqual(expect.arrayContaining(['PATH', 'LC_ALL', 'LOGOS_HOME', 'MALLOC_TRIM_THRESHOLD_']));
    expect(fs.readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    expect(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(server.readPointer().token);
  });

  it('answers initialize and status while the store is down, says so, and fails all else with the class', async () => {
    const server = serverWith({ LOGOS_TEST_STORE: 'corrupt' });
    const client = await server.connect();
    expect(await client.request('gateway/status', {})).toMatchObject({ store: { state: 'failed', error: { class: 'storage_corrupt' } } });
    await expect(client.request('souls/list', {})).rejects.toMatchObject({ errorClass: 'storage_corrupt', code: 1502 });
    await expect(client.request('unsubscribe', { subscriptionId: '00000000-0000-7000-8000-000000000001' })).rejects.toMatchObject({ errorClass: 'storage_corrupt' });
    await client.request('gateway/stop', { when: 'idle' });
  });

  it('refuses to stop when idle is asked for and work runs', async () => {
    const server = serverWith({ LOGOS_TEST_BUSY: '1' });
    const client = await server.connect();
    await expect(client.request('gateway/stop', { when: 'idle' })).rejects.toMatchObject({ errorClass: 'conflict', details: { runningTurns: 1 } });
    await client.request('gateway/stop', { when: 'now' });
  });

  it('goes away when nothing was asked for long enough, though a client is connected', async () => {
    const server = serverWith({ LOGOS_IDLE_MINUTES: '0.005' });
    const client = await server.connect();
    const { pid } = server.readPointer();
    await client.waitForEnd();
    await eventually(() => !isRunning(pid), 'the end of the gateway');
  });

  it('stays while work runs', async () => {
    const server = serverWith({ LOGOS_IDLE_MINUTES: '0.002', LOGOS_TEST_BUSY: '1' });
    const { pid } = await server.ensure();
    const client = await server.connect();
    for (let n = 0; n < 20; n++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isRunning(pid)).toBe(true);
    await client.request('gateway/stop', { when: 'now' });
  });

  it('tells the last words of a gateway that cannot start, and stops trying after three deaths', async () => {
    const server = serverWith({ LOGOS_TEST_CRASH: 'the module is broken' });
    for (let n = 0; n < 3; n++) {
      const { error } = await server.ensure();
      expect(error).toMatchObject({ cause: 'start_failed', message: expect.stringContaining('the module is broken') });
    }
    expect((await server.ensure()).error).toMatchObject({ cause: 'crash_budget', message: expect.stringContaining('3 times') });
    expect(await server.ensure({ LOGOS_CRASH_BUDGET: '100', LOGOS_TEST_CRASH: undefined })).toMatchObject({ hasStarted: true });
  });

  it('says over the wire why it cannot be had, with the way on, and starts again when a person asks', async () => {
    const server = serverWith({ LOGOS_TEST_CRASH: 'the module is broken' });
    const refusals = [];
    for (let n = 0; n < 4; n++) {
      const { client, ended } = server.stdio();
      refusals.push(await client.initialize().catch((error: unknown) => error));
      expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('the module is broken') });
    }
    const log = path.join(server.home, 'logs', 'gateway-start.log');
    expect(refusals[0]).toMatchObject({ code: -32603, errorClass: 'internal', reason: 'start_failed', hint: expect.stringContaining(log) });
    expect(refusals[3]).toMatchObject({
      code: -32603,
      message: expect.stringMatching(/failed to start 3 times.*the module is broken/),
      errorClass: 'internal',
      reason: 'crash_budget',
      hint: expect.stringMatching(/gateway-start\.log.*--anew/),
      details: { deaths: 3, logPath: log },
    });
    const mended = { LOGOS_TEST_CRASH: undefined };
    expect((await server.ensure(mended)).error).toMatchObject({ cause: 'crash_budget' });
    expect(await server.ensure(mended, undefined, '--ensure --anew')).toMatchObject({ hasStarted: true });
  });

  it('ends the bridge of a client that goes away before it was refused', async () => {
    const server = serverWith({ LOGOS_TEST_CRASH: 'the module is broken' });
    expect(await server.run('--stdio')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('the module is broken') });
  });

  it('does not count a gateway that was stopped in order', async () => {
    const server = serverWith();
    for (let n = 0; n < 4; n++) {
      const { pid, hasStarted } = await server.ensure();
      expect(hasStarted).toBe(true);
      process.kill(pid, 'SIGTERM');
      await eventually(() => !isRunning(pid), 'the end of the gateway');
    }
  });

  it('waits for a gateway that is still going away', async () => {
    const server = serverWith();
    const lock = await acquireLock(server.home);
    const child = server.run('--gateway', { LOGOS_IDLE_MINUTES: '0.002' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    lock?.release();
    expect(await child).toMatchObject({ code: 0 });
  });
});

describe('builds', { timeout: 60_000 }, () => {
  it('runs from a copy of the build, so that the folder it came from may go', async () => {
    const server = serverWith();
    const distribution = createBuild(server.home, 'aaaa');
    await server.ensure({ LOGOS_TEST_DISTRIBUTION: distribution }, path.join(distribution, 'server.js'));
    const copy = path.join(server.home, 'versions', 'aaaa');
    expect(fs.readdirSync(copy).toSorted()).toEqual(['build.json', 'policies', 'server.js']);
    fs.rmSync(distribution, { recursive: true });
    expect(fs.readFileSync(`/proc/${server.readPointer().pid}/cmdline`, 'utf8')).toContain(copy);
  });

  it('replaces an idle gateway of another build, keeps a busy one and says so, and keeps two copies', async () => {
    const server = serverWith();
    const builds = ['aaaa', 'bbbb', 'cccc'].map((build) => createBuild(server.home, build));
    const ensure = (index: number, more: Record<string, string> = {}) => server.ensure({ LOGOS_TEST_DISTRIBUTION: builds[index], ...more }, path.join(builds[index] ?? '', 'server.js'));
    const first = await ensure(0);
    const second = await ensure(1);
    expect(second).toMatchObject({ hasStarted: true, build: 'bbbb', isOtherBuild: false });
    expect(isRunning(first.pid)).toBe(false);
    const third = await ensure(2, { LOGOS_TEST_BUSY: '1' });
    expect(third).toMatchObject({ hasStarted: true, build: 'cccc' });
    expect(await ensure(0)).toMatchObject({ hasStarted: false, pid: third.pid, build: 'cccc', isOtherBuild: true });
    expect(fs.readdirSync(path.join(server.home, 'versions')).toSorted()).toEqual(['bbbb', 'cccc']);
  });
});

describe('--stdio', { timeout: 60_000 }, () => {
  it('presents the token by itself, once and again after a refusal, and passes everything else on as it is', async () => {
    const server = serverWith();
    const { client } = server.stdio();
    await expect(client.request('souls/list', {})).rejects.toMatchObject({ errorClass: 'not_initialized' });
    await expect(client.request('initialize', { initializationOptions: { logos: { protocol: 9 } } })).rejects.toMatchObject({ reason: 'protocol_version' });
    await client.initialize();
    expect(await client.request('souls/list', {})).toEqual({ items: [], broken: [] });
    client.sendRaw('Content-Length: nonsense\r\n\r\n');
    await client.waitForEnd();
    expect(client.received.at(-1)).toMatchObject({ error: { code: -32700 } });
  });

  it('answers all that was said before stdin ended, and ends with 0', async () => {
    const server = serverWith();
    const { client, ended } = server.stdio();
    client.begin('initialize', {});
    const asked = client.begin('souls/list', {});
    client.endInput();
    expect(await client.answer(asked)).toEqual({ items: [], broken: [] });
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('ends with 0 after exit', async () => {
    const server = serverWith();
    const { client, ended } = server.stdio();
    await client.initialize();
    await client.request('shutdown');
    client.notify('exit');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('ends with 1 and one sentence when the gateway dies', async () => {
    const server = serverWith();
    const { client, ended } = server.stdio();
    await client.initialize();
    const { pid } = server.readPointer();
    process.kill(pid, 'SIGKILL');
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`pid ${pid}`)]);
  });

  it('refuses arguments that it does not know', async () => {
    const server = serverWith();
    expect(await server.run('--gatewayy')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--ensure') });
    expect(await server.run('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^logos /) });
  });
});
