import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeys } from '../../../server/inference/keys.ts';

let folder: string;
let file: string;

const at = (id: string, baseUrl = 'http://127.0.0.1:1/v1') => ({ id, baseUrl });

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-keys-'));
  file = path.join(folder, 'keys.json');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('the keys of model servers', () => {
  it('are kept over a restart in a file that only its owner can read', async () => {
    const keys = openKeys(file);
    expect(await keys.get(at('a'))).toBeUndefined();
    expect(fs.existsSync(file)).toBe(false);
    await keys.set(at('a'), 'one');
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(await openKeys(file).get(at('a'))).toBe('one');
  });

  it('belong to an address: at another one a server has none, and what an earlier version kept is given until it has a new one', async () => {
    fs.writeFileSync(file, '{"a":"early"}');
    const keys = openKeys(file);
    expect(await keys.get(at('a'))).toBe('early');
    await keys.set(at('a'), 'one');
    expect(await keys.get(at('a', 'http://127.0.0.1:2/v1'))).toBeUndefined();
    await keys.set(at('a', 'http://127.0.0.1:2/v1'), 'two');
    await keys.set(at('ab'), 'other');
    await keys.keepOnly(at('a', 'http://127.0.0.1:2/v1'));
    expect([await keys.get(at('a')), await keys.get(at('a', 'http://127.0.0.1:2/v1')), await keys.get(at('ab'))]).toEqual([undefined, 'two', 'other']);
    await keys.remove('a');
    expect(fs.readFileSync(file, 'utf8')).not.toMatch(/early|one|two/);
  });

  it('survive many changes at one time, each whole', async () => {
    const keys = openKeys(file);
    await Promise.all(Array.from({ length: 20 }, (_, n) => keys.set(at(`s${n}`), `k${n}`)));
    await Promise.all([keys.remove('s3'), keys.remove('none'), keys.set(at('s4'), 'new')]);
    const again = openKeys(file);
    expect([await again.get(at('s3')), await again.get(at('s4')), await again.get(at('s19'))]).toEqual([undefined, 'new', 'k19']);
    expect(fs.readdirSync(folder)).toEqual(['keys.json']);
  });

  it('leave no copy behind: what a kill left beside their file goes with the next change', async () => {
    fs.writeFileSync(`${file}.new`, '{"a":"removed long a', { mode: 0o600 });
    await openKeys(file).set(at('b'), 'two');
    expect(fs.readdirSync(folder)).toEqual(['keys.json']);
  });

  it('are told to whoever must keep them out of the log, before they are given out', async () => {
    const told: string[] = [];
    await openKeys(file, (key) => told.push(key)).set(at('a'), 'one');
    expect(told).toEqual(['one']);
    await openKeys(file, (key) => told.push(key)).get(at('a'));
    expect(told).toEqual(['one', 'one']);
  });

  it('are closed again when somebody opened their file to others', async () => {
    await openKeys(file).set(at('a'), 'one');
    fs.chmodSync(file, 0o644);
    await openKeys(file).get(at('a'));
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  it('are not taken for none when their file is damaged, and the damage does not spread', async () => {
    fs.writeFileSync(file, '{"a":"one"');
    const keys = openKeys(file);
    await expect(keys.get(at('a'))).rejects.toMatchObject({ class: 'storage_corrupt' });
    await expect(keys.set(at('b'), 'two')).rejects.toMatchObject({ class: 'storage_corrupt' });
    expect(fs.readFileSync(file, 'utf8')).toBe('{"a":"one"');
  });

  it('say which key could not be kept without saying the key', async () => {
    const keys = openKeys(path.join(folder, 'missing', 'keys.json'));
    const error = await keys.set(at('a'), 'very-secret').catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ class: 'storage_full', reason: 'ENOENT' });
    expect(JSON.stringify(error)).not.toContain('very-secret');
    expect(await keys.get(at('a'))).toBeUndefined();
  });
});
