import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPolicyLoader } from '../../../server/policies/loadPolicy.ts';

let folder: string;
let own: string;
let shipped: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-policies-'));
  own = path.join(folder, 'own');
  shipped = path.join(folder, 'shipped');
  fs.mkdirSync(own);
  fs.mkdirSync(shipped);
  fs.writeFileSync(path.join(shipped, 'workspace-only.yaml'), 'version: 1\nfilesystem_policy: { include_workdir: true }\n');
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

const loader = () => createPolicyLoader([{ path: own, origin: 'own' }, { path: shipped, origin: 'shipped' }]);

describe('createPolicyLoader', () => {
  it('gives a shipped policy by its name', async () => {
    expect(await loader().load('workspace-only')).toMatchObject({ name: 'workspace-only', filesystem: { includeWorkdir: true } });
  });

  it('lets a person own file win', async () => {
    fs.writeFileSync(path.join(own, 'workspace-only.yaml'), 'version: 1\n');
    expect((await loader().load('workspace-only')).filesystem.includeWorkdir).toBe(false);
  });

  it('denies when a person own file does not parse, instead of taking the shipped one', async () => {
    fs.writeFileSync(path.join(own, 'workspace-only.yaml'), 'version: 1\nsurprise: 1\n');
    await expect(loader().load('workspace-only')).rejects.toMatchObject({ class: 'policy_invalid', details: { file: path.join(own, 'workspace-only.yaml'), line: 2 } });
  });

  it('denies when a person own file cannot be read', async () => {
    fs.mkdirSync(path.join(own, 'workspace-only.yaml'));
    await expect(loader().load('workspace-only')).rejects.toMatchObject({ class: 'policy_invalid', message: expect.stringContaining('not a regular file') });
  });

  it('denies, and does not wait, when a pipe is in the place of the file', async () => {
    execFileSync('mkfifo', [path.join(own, 'workspace-only.yaml')]);
    await expect(loader().load('workspace-only')).rejects.toMatchObject({ class: 'policy_invalid', message: expect.stringContaining('not a regular file') });
  });

  it('denies when the file is not text', async () => {
    fs.writeFileSync(path.join(own, 'workspace-only.yaml'), Buffer.from([0x76, 0xff, 0xfe]));
    await expect(loader().load('workspace-only')).rejects.toMatchObject({ message: expect.stringContaining('not UTF-8') });
  });

  it('denies when there is no file', async () => {
    await expect(loader().load('absent')).rejects.toMatchObject({ class: 'policy_invalid', reason: 'missing', hint: expect.stringContaining('absent.yaml') });
  });

  it.each(['../shipped/workspace-only', 'a/b', '', '.', 'UPPER', 'x'.repeat(65)])('takes no path for a name: %j', async (name) => {
    await expect(loader().load(name)).rejects.toMatchObject({ class: 'policy_invalid', reason: 'bad_name' });
  });

  it('reads the file anew each time', async () => {
    const policies = loader();
    const before = await policies.load('workspace-only');
    fs.appendFileSync(path.join(shipped, 'workspace-only.yaml'), '# more\n');
    expect((await policies.load('workspace-only')).hash).not.toBe(before.hash);
  });
});
