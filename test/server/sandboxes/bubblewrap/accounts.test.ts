import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Accounts, isMapped, type IdSources } from '../../../../server/sandboxes/bubblewrap/accounts.ts';

const whole: IdSources = { uidMap: '         0          0 4294967295\n', subordinateIds: '', accounts: '' };
let folder: string;

beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-uids-')); });
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('Accounts', () => {
  it('gives each owner an id of its own, from 2100000000 on, and the same one again', () => {
    const accounts = new Accounts(folder, whole);
    expect([accounts.take('/a'), accounts.take('/b'), accounts.take('/a')]).toEqual([2_100_000_000, 2_100_000_001, 2_100_000_000]);
    expect(new Accounts(folder, whole).take('/b')).toBe(2_100_000_001);
  });

  it('gives no id twice to several gateways that share the range', () => {
    const owners = Array.from({ length: 30 }, (_, index) => `/owner${index}`);
    const ids = owners.map((owner) => new Accounts(folder, whole).take(owner));
    expect(new Set(ids).size).toBe(owners.length);
  });

  it('gives an id back', () => {
    const accounts = new Accounts(folder, whole);
    accounts.take('/a');
    accounts.release('/a');
    expect(accounts.find('/a')).toBeUndefined();
    expect(accounts.take('/b')).toBe(2_100_000_000);
  });

  it('gives an id back while another gateway takes it, which keeps it', () => {
    const accounts = new Accounts(folder, whole);
    accounts.take('/a');
    const remove = fs.rmSync.bind(fs);
    const spy = vi.spyOn(fs, 'rmSync').mockImplementationOnce((target, options) => {
      remove(path.join(String(target), 'owner'));
      new Accounts(folder, whole).take('/b');
      remove(target, options);
    });
    accounts.release('/a');
    spy.mockRestore();
    expect(accounts.find('/b')).toBe(2_100_000_000);
  });

  it('takes the id of an owner back whose folder is gone, once its claim is older than an hour', () => {
    const accounts = new Accounts(folder, whole);
    const age = (id: number, minutes: number): void => {
      const madeAt = new Date(Date.now() - minutes * 60_000);
      fs.utimesSync(path.join(folder, String(id)), madeAt, madeAt);
    };
    const present = fs.mkdtempSync(path.join(folder, 'home-'));
    for (const owner of [present, '/gone/fresh', '/gone/old']) accounts.take(owner);
    age(2_100_000_000, 90);
    age(2_100_000_001, 50);
    age(2_100_000_002, 90);
    expect([accounts.take('/new'), accounts.take('/newer')]).toEqual([2_100_000_002, 2_100_000_003]);
    expect([accounts.find('/gone/old'), accounts.find(present), accounts.find('/gone/fresh')]).toEqual([undefined, 2_100_000_000, 2_100_000_001]);
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('keeps an old claim that its owner takes again', () => {
    const accounts = new Accounts(folder, whole);
    accounts.take('/gone');
    fs.utimesSync(path.join(folder, '2100000000'), new Date(0), new Date(0));
    expect([accounts.take('/gone'), accounts.take('/other')]).toEqual([2_100_000_000, 2_100_000_001]);
  });

  it('lets an owner keep an id that lies elsewhere', () => {
    fs.mkdirSync(path.join(folder, '200000'));
    fs.writeFileSync(path.join(folder, '200000', 'owner'), '/old');
    expect(new Accounts(folder, { ...whole, subordinateIds: 'me:165536:65536\n' }).take('/old')).toBe(200_000);
  });

  it('takes no id that a system may yet give to its users for containers, to containers, or to accounts of a domain', () => {
    const id = new Accounts(folder, whole).take('/a');
    for (const [first, last] of [[1, 600_100_000], [524_288, 1_878_982_655], [200_000, 2_000_200_000], [2_147_352_576, 4_294_967_295]] as const) {
      expect(id < first || id > last).toBe(true);
    }
  });

  it('leaves ids of containers and of accounts alone', () => {
    const accounts = new Accounts(folder, { ...whole, subordinateIds: 'me:2099999000:2000\n', accounts: 'x:x:2100001000:1::/:/bin/sh\ng:x:2100001001:\n' });
    expect(accounts.take('/a')).toBe(2_100_001_002);
  });

  it('takes only ids that exist in its user namespace', () => {
    expect(new Accounts(folder, { ...whole, uidMap: '0 100000 65536\n' }).take('/a')).toBe(50_000);
  });

  it('refuses aloud when root is only called so, and no other id exists', () => {
    expect(() => new Accounts(folder, { ...whole, uidMap: '         0       1000          1\n' }).take('/a')).toThrowError(
      expect.objectContaining({ class: 'sandbox_unsupported', reason: 'root_without_ids', hint: expect.stringContaining('ordinary user') }),
    );
  });
});

it.each([
  ['0 0 4294967295', 200_000, true],
  ['0 1000 1', 0, true],
  ['0 1000 1', 1, false],
  ['0 1000 1\n1 100000 65536', 65_536, true],
  ['', 0, false],
])('in the map %j, %d is mapped: %s', (map, id, expected) => {
  expect(isMapped(map, id)).toBe(expected);
});
