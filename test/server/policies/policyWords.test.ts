import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../server/policies/parsePolicy.ts';
import { policyWords } from '../../../server/policies/policyWords.ts';

const shipped = (name: string) => fs.readFileSync(path.join(import.meta.dirname, '../../../policies', `${name}.yaml`), 'utf8');
const words = (text: string): string => policyWords(parsePolicy('p', 'p.yaml', text));
const filesystem = (fields: string): string => `version: 1\nfilesystem_policy: { ${fields} }\n`;
const endpoint = (host: string): string => `{ host: ${host}, port: 443 }`;

describe('policyWords', () => {
  it.each([
    [shipped('workspace-only'), 'Reads workspace, writes in workspace only, no network'],
    [shipped('read-only'), 'Reads workspace, writes nothing, no network'],
    ['version: 1\n', 'Reads nothing, writes nothing, no network'],
    [filesystem('read_only: [/]'), 'Reads everything, writes nothing, no network'],
    [filesystem('read_only: [/usr, /home], read_write: [/tmp]'), 'Reads home, writes nothing, no network'],
    [filesystem('include_workdir: true, read_write: [/data/a, /data/b]'), 'Reads workspace, /data/a and /data/b, writes in workspace, /data/a and /data/b only, no network'],
    [`version: 1\nnetwork_policies: { a: { endpoints: [${endpoint('a.example')}] } }`, 'Reads nothing, writes nothing, reaches 1 host'],
    [`version: 1\nnetwork_policies: { a: { endpoints: [${endpoint('a.example')}, ${endpoint('b.example')}] }, b: { endpoints: [${endpoint('a.example')}] } }`, 'Reads nothing, writes nothing, reaches 2 hosts'],
    ['version: 1\nnetwork_policies: { a: { endpoints: [{ port: 443, allowed_ips: [0.0.0.0/0] }] } }', 'Reads nothing, writes nothing, any network'],
  ])('%j', (text, expected) => {
    expect(words(text)).toBe(expected);
  });
});
