import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../server/base/appError.ts';
import { listPolicies } from '../../../server/policies/listPolicies.ts';
import { createPolicyLoader } from '../../../server/policies/loadPolicy.ts';
import type { PolicyFolder } from '../../../server/policies/policyFiles.ts';

let root: string;
let folders: readonly PolicyFolder[];
const write = (at: number, name: string, text: string) => fs.writeFileSync(path.join(folders[at]?.path ?? '', name), text);
const list = () =>
  listPolicies({
    folders,
    defaultName: 'workspace-only',
    loader: createPolicyLoader(folders),
    assertEnforces: ({ networkRules }) => {
      if (networkRules.length > 0) throw new AppError('policy_unenforceable', 'No rule about the network can be held here.', { hint: 'Remove it.' });
    },
  });

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'lg-policies-'));
  folders = [
    { path: path.join(root, 'own'), origin: 'own' },
    { path: path.join(root, 'shipped'), origin: 'shipped' },
  ];
  for (const folder of folders) fs.mkdirSync(folder.path);
});
afterEach(() => fs.rmSync(root, { recursive: true }));

describe('listPolicies', () => {
  it('names each policy with what its comment says and what its rules mean, by name', async () => {
    write(1, 'workspace-only.yaml', '# The agent writes\n#   its workspace.\nversion: 1\n# not this\nfilesystem_policy: { include_workdir: true }\n');
    write(0, 'nothing.yaml', 'version: 1\n');
    write(0, 'notes.txt', 'x');
    expect(await list()).toEqual([
      { name: 'nothing', origin: 'own', isDefault: false, words: 'Reads nothing, writes nothing, no network', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { name: 'workspace-only', origin: 'shipped', isDefault: true, description: 'The agent writes its workspace.', words: 'Reads workspace, writes in workspace only, no network', hash: expect.any(String) },
    ]);
  });

  it('shows the own policy in the place of a shipped one of its name, and the same text under the same hash', async () => {
    write(1, 'a.yaml', 'version: 1\nfilesystem_policy: { include_workdir: true }\n');
    write(0, 'a.yaml', 'version: 1\n');
    write(1, 'b.yaml', 'version: 1\n');
    const [a, b] = await list();
    expect(a).toMatchObject({ name: 'a', origin: 'own', words: 'Reads nothing, writes nothing, no network' });
    expect(a?.hash).toBe(b?.hash);
  });

  it('lists what does not parse, cannot be enforced or has no proper name with the reason, and nothing that it would allow', async () => {
    write(0, 'Broken Name.yaml', 'version: 1\n');
    write(0, 'broken.yaml', 'version: 1\nsurprise: 1\n');
    write(0, 'net.yaml', 'version: 1\nnetwork_policies:\n  web: { endpoints: [{ host: example.org, port: 443 }] }\n');
    fs.mkdirSync(path.join(root, 'own', 'folder.yaml'));
    const found = new Map((await list()).map((policy) => [policy.name, policy]));
    expect(found.get('broken')).toMatchObject({ error: { class: 'policy_invalid', details: { line: 2 } } });
    expect(found.get('broken')?.words).toBeUndefined();
    expect(found.get('Broken Name')).toMatchObject({ error: { class: 'policy_invalid', cause: 'bad_name' } });
    expect(found.get('folder')).toMatchObject({ error: { class: 'policy_invalid' } });
    expect(found.get('net')).toMatchObject({ words: expect.stringContaining('reaches 1 host'), error: { class: 'policy_unenforceable' } });
  });

  it('lists the shipped ones where a person has none', async () => {
    fs.rmdirSync(path.join(root, 'own'));
    write(1, 'a.yaml', 'version: 1\n');
    expect(await list()).toMatchObject([{ name: 'a', origin: 'shipped' }]);
  });
});
