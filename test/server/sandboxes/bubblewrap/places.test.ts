import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTaskDirectory, openPlaces, sandboxFolder } from '../../../../server/sandboxes/bubblewrap/places.ts';
import { removeTree } from '../../../../server/sandboxes/bubblewrap/removeTree.ts';

const uid = process.getuid?.() ?? 0;
let folder: string;

beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-places-')); });
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const mode = (file: string): number => fs.statSync(file).mode & 0o777;

describe('openPlaces', () => {
  it('keeps the sandboxes of an ordinary user private in the state directory', (context) => {
    if (uid === 0) return context.skip('the folders of an ordinary user cannot be made as root');
    const places = openPlaces({ stateDir: folder, systemRoot: '/nowhere', uid });
    expect(mode(places.sandboxes)).toBe(0o700);
    expect(path.dirname(places.tasks)).toBe(folder);
  });

  it('lets an unprivileged id pass, and not look, below the folders of root', (context) => {
    if (uid !== 0) return context.skip('needs root');
    const places = openPlaces({ stateDir: '/state', systemRoot: path.join(folder, 'system'), uid });
    for (const place of [path.join(folder, 'system'), places.sandboxes, places.tasks, places.runtimes ?? '']) expect(mode(place)).toBe(0o711);
    expect(mode(path.join(folder, 'system', 'uids'))).toBe(0o700);
  });

  it('keeps gateways of several state directories apart', (context) => {
    if (uid !== 0) return context.skip('needs root');
    const systemRoot = path.join(folder, 'system');
    expect(openPlaces({ stateDir: '/a', systemRoot, uid }).sandboxes).not.toBe(openPlaces({ stateDir: '/b', systemRoot, uid }).sandboxes);
  });

  it('keeps socket paths short, and gives each task a folder that only its sandbox enters', (context) => {
    if (uid !== 0) return context.skip('needs root');
    const places = openPlaces({ stateDir: `/${'long/'.repeat(60)}`, systemRoot: '/tmp/logos-test-system', uid });
    try {
      const directory = makeTaskDirectory(places, { uid: 200_123, gid: 200_123 });
      expect(Buffer.byteLength(path.join(directory, 'inference.sock'))).toBeLessThan(100);
      expect(mode(directory)).toBe(0o700);
      expect(fs.statSync(directory).uid).toBe(200_123);
    } finally {
      fs.rmSync('/tmp/logos-test-system', { recursive: true });
    }
  });

  it.each(['../../etc', '', 'x', '00000000-0000-7000-8000-000000000001/..'])('makes no path from what is not an id: %j', (agentId) => {
    expect(() => sandboxFolder({ sandboxes: folder, tasks: folder, etc: '', runtimes: undefined, accounts: undefined, system: undefined }, agentId)).toThrowError(/is not the id of an agent/);
  });
});

describe('removeTree', () => {
  it('removes folders that were made unreadable, and follows no link', async () => {
    const outside = path.join(folder, 'outside');
    const tree = path.join(folder, 'tree');
    fs.mkdirSync(outside);
    fs.writeFileSync(path.join(outside, 'kept'), '');
    fs.mkdirSync(path.join(tree, 'locked', 'in'), { recursive: true });
    fs.symlinkSync(outside, path.join(tree, 'link'));
    fs.chmodSync(path.join(tree, 'locked'), 0);
    await removeTree(tree);
    expect(fs.existsSync(tree)).toBe(false);
    expect(fs.readdirSync(outside)).toEqual(['kept']);
  });
});
