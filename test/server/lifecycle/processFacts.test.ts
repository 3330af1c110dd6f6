import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CrashBudget } from '../../../server/lifecycle/crashBudget.ts';
import { gatewayEnvironment } from '../../../server/lifecycle/environment.ts';
import { IdleWatch } from '../../../server/lifecycle/idleWatch.ts';
import { installVersion, removeOldVersions } from '../../../server/lifecycle/installVersion.ts';
import { chooseGatewayRuntime, choosePlainNode, type RuntimeFacts } from '../../../server/lifecycle/nodeRuntime.ts';
import { readPointer, removePointer, writePointer } from '../../../server/lifecycle/pointer.ts';
import { hasSlept } from '../../../server/lifecycle/sleepWatch.ts';
import { createSocketServer } from '../../../server/lifecycle/socketServer.ts';
import { chooseHome, prepareHome } from '../../../server/lifecycle/statePaths.ts';

let folder = '';
beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'logos-test-')));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const pid = 2 ** 22 + 1; // Over the kernel's largest pid: nobody has it.

describe('chooseHome', () => {
  const facts = { userHome: '/home/a', platform: 'linux' as const, environment: {} };
  it('takes LOGOS_HOME, else what the platform does', () => {
    expect(chooseHome({ ...facts, environment: { LOGOS_HOME: '/x/y', XDG_STATE_HOME: '/s' } })).toBe('/x/y');
    expect(chooseHome({ ...facts, environment: { LOGOS_HOME: '', XDG_STATE_HOME: '/s' } })).toBe('/s/logos');
    expect(chooseHome({ ...facts, environment: { XDG_STATE_HOME: 'relative' } })).toBe('/home/a/.local/state/logos');
    expect(chooseHome({ ...facts, platform: 'darwin' })).toBe('/home/a/Library/Application Support/Logos');
    expect(chooseHome({ ...facts, platform: 'win32', environment: { LOCALAPPDATA: '/l' } })).toBe('/l/Logos');
  });
});

describe('prepareHome', () => {
  it('leaves a folder alone that holds other things and is open to others', () => {
    fs.writeFileSync(path.join(folder, 'thesis.tex'), '');
    fs.chmodSync(folder, 0o755);
    expect(() => prepareHome(folder)).toThrow(/holds other things, such as thesis.tex/);
    expect(fs.statSync(folder).mode & 0o777).toBe(0o755);
  });

  it('makes the directory private, also one that was open, and names real paths', () => {
    const open = path.join(folder, 'open');
    fs.mkdirSync(open, { mode: 0o755 });
    fs.symlinkSync(open, path.join(folder, 'link'));
    expect(prepareHome(path.join(folder, 'link')).home).toBe(open);
    expect(fs.statSync(open).mode & 0o777).toBe(0o700);
  });

  it('says what is in the way', () => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    expect(() => prepareHome(path.join(folder, 'file', 'x'))).toThrow(/cannot be made: ENOTDIR/);
  });
});

describe('gatewayEnvironment', () => {
  it('passes only what is on its list', () => {
    const given = { PATH: '/bin', HOME: '/h', LOGOS_X: '1', LC_ALL: 'C', XDG_DATA_HOME: '/d', XDG_RUNTIME_DIR: '/run', NODE_OPTIONS: 'x', AWS_SECRET: 'x', http_proxy: 'x', Path: 'x', LANG: undefined };
    expect(gatewayEnvironment(given, 'linux')).toEqual({ PATH: '/bin', HOME: '/h', LOGOS_X: '1', LC_ALL: 'C', XDG_DATA_HOME: '/d' });
    expect(gatewayEnvironment({ Path: 'C:', SystemRoot: 'C:\\Windows', node_options: 'x' }, 'win32')).toEqual({ Path: 'C:', SystemRoot: 'C:\\Windows' });
  });
});

describe('the pointer file', () => {
  const pointer = { pid: 1, startId: '00000000-0000-7000-8000-000000000001', socket: '/s', build: 'b', protocol: 1, token: 't' };
  it('is private, replaced as a whole, and removed only by the start that wrote it', () => {
    const file = path.join(folder, 'gateway.json');
    writePointer(file, pointer);
    writePointer(file, { ...pointer, pid: 2 });
    expect(readPointer(file)).toMatchObject({ pid: 2 });
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(folder)).toEqual(['gateway.json']);
    removePointer(file, '00000000-0000-7000-8000-000000000002');
    expect(fs.existsSync(file)).toBe(true);
    removePointer(file, pointer.startId);
    expect(fs.existsSync(file)).toBe(false);
  });

  it('is no pointer when it is missing, cut short or somebody else’s', () => {
    const file = path.join(folder, 'gateway.json');
    expect(readPointer(file)).toBeUndefined();
    for (const text of ['', '{"pid":1', '[]', '{"pid":"1"}']) {
      fs.writeFileSync(file, text);
      expect(readPointer(file), text).toBeUndefined();
    }
  });
});

describe('CrashBudget', () => {
  const logPath = '/state/logs/gateway-start.log';

  it('counts deaths of the last three minutes, and neither the living nor those crossed out', () => {
    const budget = new CrashBudget(path.join(folder, 'starts.json'));
    const now = 1_000_000;
    for (let n = 0; n < 3; n++) budget.noteStart(pid + n, now);
    expect(() => budget.assertLeft({ lastWords: () => 'it said so', logPath }, now + 1)).toThrow(/failed to start 3 times.*it said so/);
    expect(() => budget.assertLeft({ lastWords: () => '', logPath }, now + 180_001)).not.toThrow();
    budget.crossOut(pid, now + 1);
    budget.noteStart(process.pid, now);
    expect(() => budget.assertLeft({ lastWords: () => '', logPath }, now + 1)).not.toThrow();
  });

  it('is not moved by whoever sets the clock', () => {
    const budget = new CrashBudget(path.join(folder, 'starts.json'));
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now });
    try {
      for (let n = 0; n < 3; n++) budget.noteStart(pid + n);
      for (const movedMs of [-3_600_000, 3_600_000]) {
        vi.setSystemTime(now + movedMs);
        expect(() => budget.assertLeft({ lastWords: () => '', logPath })).toThrow(/failed to start 3 times/);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('begins anew when its file is broken', () => {
    fs.writeFileSync(path.join(folder, 'starts.json'), 'nonsense');
    expect(() => new CrashBudget(path.join(folder, 'starts.json')).assertLeft({ lastWords: () => '', logPath })).not.toThrow();
  });
});

describe('IdleWatch', () => {
  it('is idle after its time without requests and work, and the end of work counts as a request', () => {
    let now = 0;
    let hasWork = false;
    const watch = new IdleWatch({ idleMs: 1000, hasWork: () => hasWork, now: () => now }, () => undefined);
    now = 999;
    expect(watch.isIdle()).toBe(false);
    now = 1000;
    expect(watch.isIdle()).toBe(true);
    watch.touch();
    expect(watch.isIdle()).toBe(false);
    now = 5000;
    hasWork = true;
    expect(watch.isIdle()).toBe(false);
    hasWork = false;
    now = 5999;
    expect(watch.isIdle()).toBe(false);
    now = 6000;
    expect(watch.isIdle()).toBe(true);
    watch.dispose();
  });

  it('tells by itself, and never when it is to stay', () => {
    vi.useFakeTimers();
    const told = vi.fn();
    const never = vi.fn();
    const watches = [new IdleWatch({ idleMs: 1000, hasWork: () => false }, told), new IdleWatch({ idleMs: 0, hasWork: () => false }, never)];
    vi.advanceTimersByTime(1500);
    expect(told).toHaveBeenCalled();
    expect(never).not.toHaveBeenCalled();
    for (const watch of watches) watch.dispose();
    vi.useRealTimers();
  });
});

describe('hasSlept', () => {
  it('sees a jump between the clocks, or a look that comes far too late', () => {
    const before = { wall: 1000, monotonic: 1000 };
    expect(hasSlept(before, { wall: 11_000, monotonic: 11_000 })).toBe(false);
    expect(hasSlept(before, { wall: 25_000, monotonic: 11_000 })).toBe(false);
    expect(hasSlept(before, { wall: 45_000, monotonic: 11_000 })).toBe(true);
    expect(hasSlept(before, { wall: 60_000, monotonic: 60_000 })).toBe(true);
    expect(hasSlept(before, { wall: -50_000, monotonic: 11_000 })).toBe(false);
  });
});

describe('installVersion', () => {
  function buildOf(name: string) {
    const distribution = path.join(folder, name);
    fs.mkdirSync(path.join(distribution, 'webviews'), { recursive: true });
    fs.mkdirSync(path.join(distribution, 'souls', 'general'), { recursive: true });
    for (const file of ['server.js', 'server.js.map', 'worker.js', 'build.json', 'better.node', 'extension.js', 'souls/general/soul.md']) fs.writeFileSync(path.join(distribution, file), name);
    return { build: name, version: '1', distribution, entry: path.join(distribution, 'server.js'), isBundled: true };
  }

  it('copies what the gateway reads, once, and runs the sources where they are', () => {
    const versions = path.join(folder, 'versions');
    fs.mkdirSync(versions);
    const build = buildOf('one');
    const entry = installVersion(build, versions);
    expect(fs.readdirSync(path.dirname(entry)).toSorted()).toEqual(['better.node', 'build.json', 'server.js', 'souls', 'worker.js']);
    fs.writeFileSync(entry, 'kept');
    installVersion(build, versions);
    expect(fs.readFileSync(entry, 'utf8')).toBe('kept');
    expect(installVersion({ ...build, isBundled: false, entry: '/src/main.ts' }, versions)).toBe('/src/main.ts');
  });

  it('removes what was left unfinished and what nobody uses, but the two newest', () => {
    const versions = path.join(folder, 'versions');
    fs.mkdirSync(path.join(versions, 'new-abc'), { recursive: true });
    ['one', 'two', 'three', 'four'].forEach((name, index) => {
      installVersion(buildOf(name), versions);
      fs.utimesSync(path.join(versions, name), index + 1, index + 1);
    });
    removeOldVersions(versions, new Set(['one']));
    expect(fs.readdirSync(versions).toSorted()).toEqual(['four', 'one', 'three']);
  });
});

describe('choosing a Node', () => {
  const facts = (more: Partial<RuntimeFacts>): RuntimeFacts => ({ environment: {}, userHome: folder, execPath: process.execPath, versions: { node: '24.1.0' }, ...more });
  const fakeNode = (name: string, answer: string): string => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
    return file;
  };

  it('takes the one that is named before its own, and its own before PATH', async () => {
    const named = fakeNode('named', '["23.1.0",null]');
    const onPath = path.dirname(fakeNode('bin/node', '["22.19.0",null]'));
    expect(await choosePlainNode(facts({ environment: { LOGOS_NODE: named, PATH: onPath } }))).toEqual({ path: named, version: '23.1.0', isElectron: false });
    expect(await choosePlainNode(facts({ environment: { PATH: onPath } }))).toMatchObject({ path: process.execPath });
    expect(await choosePlainNode(facts({ environment: { PATH: onPath }, versions: { node: '22.18.0' } }))).toMatchObject({ path: path.join(onPath, 'node'), version: '22.19.0' });
  });

  it('passes over what is old, Electron, broken or not there, and finds the cached one', async () => {
    const cached = fakeNode(`.cache/logos-node/node-24/node_modules/node-${process.platform}-${process.arch}/bin/node`, '["24.0.0",null]');
    const environment = { LOGOS_NODE: path.join(folder, 'missing'), PATH: [path.dirname(fakeNode('old/node', '["20.0.0",null]')), path.dirname(fakeNode('electron/node', '["24.0.0","40.0.0"]')), path.dirname(fakeNode('broken/node', 'oops'))].join(':') };
    expect(await choosePlainNode(facts({ environment, versions: { node: '24.0.0', electron: '40.0.0' } }))).toMatchObject({ path: cached });
  });

  it('runs the gateway, but no worker, on Electron when there is nothing else, and says what to install when there is nothing at all', async () => {
    const electron = facts({ versions: { node: '24.0.0', electron: '40.0.0' } });
    expect(await choosePlainNode(electron)).toBeUndefined();
    expect(await chooseGatewayRuntime(electron)).toMatchObject({ isElectron: true });
    await expect(chooseGatewayRuntime(facts({ versions: { node: '20.0.0' } }))).rejects.toMatchObject({ reason: 'node_missing', hint: expect.stringContaining('LOGOS_NODE') });
  });
});

describe('createSocketServer', () => {
  it('stays below the limit of a socket path, in a private folder of its own when the state directory has a long path', async () => {
    const long = path.join(folder, 'x'.repeat(120));
    fs.mkdirSync(long);
    const server = createSocketServer(long, (socket) => socket.destroy());
    expect(Buffer.byteLength(server.address)).toBeLessThan(100);
    await server.listen();
    expect(fs.statSync(path.dirname(server.address)).mode & 0o777).toBe(0o700);
    await server.stopListening();
    expect(fs.existsSync(server.address)).toBe(false);
    await server.listen();
    await server.dispose();
    expect(fs.existsSync(path.dirname(server.address))).toBe(false);
  });
});
