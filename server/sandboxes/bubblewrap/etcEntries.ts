import fs from 'node:fs';
import path from 'node:path';
import { isWithin } from '../../policies/workspace.ts';

/**
 * Parts of /etc that a sandbox may show: what programs of the system read there, many by links out of /usr, and nothing that tells
 * of this machine, its people, its network or its secrets. `*` stands for any end of a name.
 */
const entries: readonly string[] = [
  // Starting programs.
  ...['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'alternatives', 'terminfo', 'inputrc', 'shells'],
  // Certificates, and how libraries encrypt.
  ...['ssl/certs', 'ssl/cert.pem', 'ssl/ca-bundle.pem', 'ssl/openssl.cnf', 'ca-certificates.conf', 'ca-certificates/extracted'],
  ...['pki/tls/certs', 'pki/tls/cert.pem', 'pki/tls/openssl.cnf', 'pki/ca-trust/extracted', 'pki/java', 'crypto-policies', 'gnutls'],
  // Names of services, protocols, types, zones, releases.
  ...['services', 'protocols', 'rpc', 'ethertypes', 'mime.types', 'mailcap', 'magic', 'magic.mime', 'papersize'],
  ...['localtime', 'timezone', 'locale.alias', 'locale.conf', 'os-release', 'debian_version', '*-release', 'dpkg/origins'],
  // Languages and tools.
  ...['.java', 'java*', 'jvm*', 'maven/m2.conf', 'maven/logging', 'python*', 'perl', 'R', 'dotnet', 'gdb', 'vim', 'vimrc', 'nanorc', 'emacs'],
  ...['fonts', 'ghostscript', 'ImageMagick-*', 'groff', 'manpath.config', 'texmf', 'sgml', 'xml', 'gtk-*', 'glvnd', 'OpenCL', 'vulkan'],
];

const folder = '/etc';
const patterns = entries.map((entry) => new RegExp(`^${entry.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`));

/** Whether a sandbox could show something of a path at or in /etc. */
export function isShownOfEtc(rule: string): boolean {
  return entries.some((entry) => isWithin(`${folder}/${entry}`, rule)) || entryOf(rule) !== undefined;
}

/** What of a path at or in /etc is to be shown and exists, as absolute paths. `source` is another folder than /etc for tests. */
export function listShownOfEtc(rule: string, source = folder): string[] {
  const whole = entryOf(rule);
  const shown = whole === undefined ? entries.flatMap((entry) => expand(entry, source)).filter((entry) => isWithin(entry, rule)) : [rule];
  return shown.filter((entry) => fs.lstatSync(inSource(entry, source), { throwIfNoEntry: false }) !== undefined);
}

/** Where an entry of /etc lies when `source` stands for it. */
export function inSource(entry: string, source: string): string {
  return path.join(source, path.relative(folder, entry));
}

/** The entry that a path is, or lies in. */
function entryOf(rule: string): string | undefined {
  const names = path.relative(folder, rule).split('/');
  const parents = names.map((_name, index) => names.slice(0, index + 1).join('/'));
  return parents.find((parent) => patterns.some((pattern) => pattern.test(parent)));
}

function expand(entry: string, source: string): string[] {
  if (!entry.includes('*')) return [`${folder}/${entry}`];
  const pattern = patterns[entries.indexOf(entry)];
  const names = fs.existsSync(source) ? fs.readdirSync(source).sort() : [];
  return names.filter((name) => pattern?.test(name) === true).map((name) => `${folder}/${name}`);
}
