import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const source = path.resolve(import.meta.dirname, '../../../server/nodeGuard.cjs');
let folder = '';
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-guard-'));
  fs.copyFileSync(source, path.join(folder, 'server.js'));
  fs.writeFileSync(path.join(folder, 'serverMain.js'), 'console.log("the gateway");');
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Runs the guard on this Node, which says of itself that it is another one. */
function runAs(version: string, ...args: string[]) {
  const preload = path.join(folder, `as-${version}.cjs`);
  fs.writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`);
  return spawnSync(process.execPath, ['--require', preload, path.join(folder, 'server.js'), ...args], { encoding: 'utf8' });
}

describe('the gateway on a Node that is too old', () => {
  it.each(['4.9.1', '12.22.0', '20.19.5', '22.18.0'])('%s says in one sentence which it needs, and nothing on stdout', (version) => {
    const { status, stdout, stderr } = runAs(version, '--stdio');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^Logos needs Node 22\\.19 or newer, and \\S+ is Node ${version}\\. Install Node 24, .*\\.\n$`));
  });

  it('tells it as the error that a starter reads', () => {
    const { status, stdout, stderr } = runAs('20.0.0', '--ensure');
    expect([status, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { class: 'internal', cause: 'node_too_old', message: expect.stringContaining('22.19'), retryable: false } });
  });

  it.each(['22.19.0', '24.0.0', '100.0.0'])('is not told to %s', (version) => {
    expect(runAs(version, '--gateway').stdout).toBe('the gateway\n');
  });

  it('is told in syntax that Node 4 knows', async () => {
    const text = fs.readFileSync(source, 'utf8');
    // Nothing was to be made older.
    expect((await transform(text, { target: 'es2015', minifyWhitespace: true })).code).toBe((await transform(text, { minifyWhitespace: true })).code);
    expect(execFileSync(process.execPath, ['--check', source]).length).toBe(0);
  });
});
