import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isShownOfEtc, listShownOfEtc } from '../../../../server/sandboxes/bubblewrap/etcEntries.ts';
import { EtcFolders } from '../../../../server/sandboxes/bubblewrap/etcFolder.ts';

let folder: string;
let etc: string;
let folders: EtcFolders;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-etc-'));
  etc = path.join(folder, 'etc');
  fs.mkdirSync(path.join(folder, 'made'));
  write('services', 'http 80/tcp\n');
  write('java-99-openjdk/security/java.security', 'providers\n');
  folders = new EtcFolders(path.join(folder, 'made'), etc);
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string, mode = 0o644): void {
  const file = path.join(etc, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  fs.chmodSync(file, mode);
}

const open = (rule = '/etc'): string => folders.open({ etc: listShownOfEtc(rule, etc), uid: 1000, gid: 1000 });
const read = (name: string, from = open()): string | undefined => {
  const file = path.join(from, name);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
};
const own = ['group', 'hostname', 'hosts', 'nsswitch.conf', 'passwd'];

describe('The /etc of a sandbox', () => {
  it('has what programs of the system read there, whichever version of them', () => {
    expect([read('services'), read('java-99-openjdk/security/java.security')]).toEqual(['http 80/tcp\n', 'providers\n']);
  });

  it('has accounts and hosts of its own, and knows its own name', () => {
    write('passwd', 'root:x:0:0::/root:/bin/sh\n');
    write('hosts', '192.0.2.1 secret\n');
    expect(read('passwd')).toBe('sandbox:x:1000:1000:sandbox:/sandbox:/bin/sh\n');
    expect(read('hosts')).toBe('127.0.0.1 localhost sandbox\n::1 localhost sandbox\n');
  });

  it('has nothing that is not on the list', () => {
    for (const name of ['shadow', 'sudoers', 'ssh/ssh_host_rsa_key', 'ssl/private/key.pem', 'environment', 'maven/settings.xml', 'resolv.conf']) write(name, 'secret');
    write('ssl/certs/ca.pem', 'certificate');
    write('maven/m2.conf', 'main');
    expect(fs.readdirSync(open()).sort()).toEqual([...own, 'java-99-openjdk', 'maven', 'services', 'ssl'].sort());
    expect([fs.readdirSync(path.join(open(), 'ssl')), fs.readdirSync(path.join(open(), 'maven'))]).toEqual([['certs'], ['m2.conf']]);
  });

  it('leaves out of what it shows each file that is not for everybody, or is secret by its name or by what it holds', () => {
    write('java-99-openjdk/management/for-root', 'secret', 0o640);
    write('java-99-openjdk/management/jmxremote.password', 'secret');
    write('ssl/certs/both.pem', '-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\nsecret\n');
    write('ssl/certs/ca.pem', '-----BEGIN CERTIFICATE-----\n');
    expect(fs.readdirSync(path.join(open(), 'java-99-openjdk/management'))).toEqual([]);
    expect(fs.readdirSync(path.join(open(), 'ssl/certs'))).toEqual(['ca.pem']);
  });

  it('leaves out what somebody else than the owner of /etc has put there', (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root can give files away');
    write('java-99-openjdk/foreign', 'x');
    fs.chownSync(path.join(etc, 'java-99-openjdk/foreign'), 61_234, 61_234);
    expect(read('java-99-openjdk/foreign')).toBeUndefined();
  });

  it('follows no link to what it does not show', () => {
    write('secret', 'secret');
    fs.symlinkSync('../secret', path.join(etc, 'java-99-openjdk/near'));
    fs.symlinkSync(path.join(etc, 'secret'), path.join(etc, 'java-99-openjdk/far'));
    fs.symlinkSync('/proc/self/environ', path.join(etc, 'mailcap'));
    for (const link of ['java-99-openjdk/near', 'java-99-openjdk/far', 'mailcap']) expect(fs.lstatSync(path.join(open(), link)).isSymbolicLink()).toBe(true);
    expect(read('java-99-openjdk/near')).toBeUndefined();
  });

  it('keeps links into the system as they are', () => {
    fs.mkdirSync(path.join(etc, 'alternatives'));
    fs.symlinkSync('/usr/bin/gcc-12', path.join(etc, 'alternatives/cc'));
    expect(fs.readlinkSync(path.join(open(), 'alternatives/cc'))).toBe('/usr/bin/gcc-12');
  });

  it('can be read by everybody, whatever the mask of the gateway', () => {
    const before = process.umask(0o077);
    try {
      const made = open();
      const modes = ['', 'services', 'java-99-openjdk', 'java-99-openjdk/security/java.security', 'passwd'].map((name) => fs.statSync(path.join(made, name)).mode & 0o777);
      expect(modes).toEqual([0o755, 0o644, 0o755, 0o644, 0o644]);
    } finally {
      process.umask(before);
    }
  });

  it('is made once, and anew when something in /etc has changed or was installed', () => {
    const first = open();
    expect(open()).toBe(first);
    write('java-99-openjdk/security/java.security', 'changed\n');
    const second = open();
    expect([second === first, read('java-99-openjdk/security/java.security', second)]).toEqual([false, 'changed\n']);
    write('java-100-openjdk/net.properties', 'new\n');
    expect(read('java-100-openjdk/net.properties')).toBe('new\n');
    fs.rmSync(path.join(etc, 'services'));
    expect(read('services')).toBeUndefined();
  });

  it('stays the same one, which workers that wait already have, when something else in /etc has changed', () => {
    const first = open();
    write('resolv.conf', 'nameserver 192.0.2.1\n');
    write('services', 'http 80/tcp\n');
    expect(open()).toBe(first);
    expect(fs.readdirSync(path.join(folder, 'made'))).toHaveLength(1);
  });

  it('says why when it cannot be made', () => {
    fs.rmSync(path.join(folder, 'made'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'made'), '');
    expect(() => open()).toThrowError(expect.objectContaining({ class: 'sandbox_unavailable', hint: expect.stringContaining('Make room on the disk') }));
  });

  it('shows once what a policy names twice', () => {
    fs.mkdirSync(path.join(etc, 'ssl/certs'), { recursive: true });
    fs.symlinkSync('../nowhere', path.join(etc, 'ssl/certs/dangling'));
    const twice = [...listShownOfEtc('/etc/ssl', etc), ...listShownOfEtc('/etc/ssl/certs/dangling', etc)];
    expect(fs.readdirSync(path.join(folders.open({ etc: twice, uid: 1, gid: 1 }), 'ssl/certs'))).toEqual(['dangling']);
  });

  it('is another one for other ids and for a policy that shows less', () => {
    write('ssl/certs/ca.pem', 'certificate');
    expect(fs.readdirSync(open('/etc/ssl')).sort()).toEqual([...own, 'ssl'].sort());
    expect(fs.readdirSync(path.join(open('/etc/java-99-openjdk/security'), 'java-99-openjdk'))).toEqual(['security']);
    expect(fs.readFileSync(path.join(folders.open({ etc: [], uid: 7, gid: 8 }), 'passwd'), 'utf8')).toContain(':7:8:');
  });
});

it.each([
  ['/etc', true],
  ['/etc/ssl', true],
  ['/etc/ssl/certs/java', true],
  ['/etc/java-17-openjdk/security', true],
  ['/etc/os-release', true],
  ['/etc/shadow', false],
  ['/etc/ssl/private', false],
  ['/etc/localtime-of-mine', false],
  ['/etc/ldXso.cache', false],
])('of /etc, whether something of %s can be shown is %s', (rule, isShown) => expect(isShownOfEtc(rule)).toBe(isShown));
