import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listPolicies } from '../../../server/policies/listPolicies.ts';
import { createPolicyLoader } from '../../../server/policies/loadPolicy.ts';
import { maxPolicyBytes } from '../../../server/policies/parsePolicy.ts';
import type { PolicyFolder } from '../../../server/policies/policyFiles.ts';

const strict = 'version: 1\n';
const loose = 'version: 1\nfilesystem_policy: { include_workdir: true }\n';
const name = 'workspace-only';

let root: string;
let own: string;
let folders: readonly PolicyFolder[];
let ending: (() => Promise<void>)[];

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'lg-own-'));
  own = path.join(root, 'own');
  ending = [];
  folders = [
    { path: own, origin: 'own' },
    { path: path.join(root, 'shipped'), origin: 'shipped' },
  ];
  for (const folder of folders) fs.mkdirSync(folder.path);
  fs.writeFileSync(path.join(root, 'shipped', `${name}.yaml`), loose);
});
afterEach(async () => {
  for (const end of ending) await end();
  fs.rmSync(root, { recursive: true });
});

const place = (file: string): string => path.join(own, file);
const list = async () => await listPolicies({ folders, defaultName: name, loader: createPolicyLoader(folders), assertEnforces: () => undefined });

async function listenAt(file: string): Promise<void> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(file, resolve));
  ending.push(() => new Promise((resolve) => server.close(() => resolve())));
}

/** What can stand for a policy and be none: each makes it under the file name that it is given. */
const unreadable: Readonly<Record<string, (file: string) => unknown>> = {
  'a link to nothing': (file) => fs.symlinkSync(path.join(root, 'gone'), file),
  'a link to itself': (file) => fs.symlinkSync(file, file),
  'a link to a folder': (file) => fs.symlinkSync(root, file),
  'a link to a device': (file) => fs.symlinkSync('/dev/zero', file),
  'a folder': (file) => fs.mkdirSync(file),
  'a pipe': (file) => execFileSync('mkfifo', [file]),
  'a socket': listenAt,
  'an empty file': (file) => fs.writeFileSync(file, ''),
  'a file that does not parse': (file) => fs.writeFileSync(file, 'version: [\n'),
  'a file with an unknown field': (file) => fs.writeFileSync(file, `${strict}surprise: 1\n`),
  'a file that is not text': (file) => fs.writeFileSync(file, Buffer.from([0x76, 0xff, 0xfe])),
  'a file that is too large': (file) => fs.writeFileSync(file, strict + '#'.repeat(maxPolicyBytes)),
};
const spellings = ['workspace-only.yaml', 'workspace-only.yml', 'workspace-only.YAML', 'Workspace-Only.Yml', 'WORKSPACE-ONLY.yaml'];

describe.skipIf(process.platform === 'win32')('A policy of a person', () => {
  for (const [what, make] of Object.entries(unreadable)) {
    it.each(spellings)(`that is ${what} named %s denies, in lists and for a turn, and gives no way to a shipped one`, async (file) => {
      await make(place(file));
      const error = await createPolicyLoader(folders).load(name).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ class: 'policy_invalid', details: { file: place(file) } });
      const listed = await list();
      expect(listed).toMatchObject([{ name, origin: 'own', error: { class: 'policy_invalid', hint: expect.stringContaining('everything is denied') } }]);
      expect(listed[0]).not.toHaveProperty('words');
    });
  }

  it.each(['workspace-only.yaml.txt', 'workspace-only.txt', 'workspace-only.json', 'workspace-only', 'Workspace Only', 'workspace_only.yaml', 'WORKSPACE_ONLY.yml.txt', 'workspace-only .yaml', 'workspace-only.yaml.yaml', 'workspace–only.yaml', 'workspace.only.yaml', 'workspace-only\u200b.yaml', 'workspace-only.yaml.', 'workspace-only.yam', 'workspace-only.toml', 'workspace-only.yaml.1', 'workspace-only.yaml?raw=true', 'workspace-only.yalm', 'workspace-only,yaml', 'workspace-only-yaml', 'workspace-only.ini', 'workspace-only.yaml.md', 'workspace-only (1).yaml', 'workspace-only 2.yaml', 'Copy of workspace-only.yaml', 'workspace-only - Copy.yaml', 'workspace\u2212only.yaml', 'workspace\u00adonly.yaml', 'workspace-only..yaml'])(
    'that was saved as %s denies under the name that was meant, and says how to rename it',
    async (file) => {
      fs.writeFileSync(place(file), strict);
      const error = await createPolicyLoader(folders).load(name).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ class: 'policy_invalid', details: { file: place(file), fix: expect.stringContaining(`Rename it to ${name}.yaml`) } });
      const listed = (await list()).find((policy) => policy.name === name);
      expect(listed).toMatchObject({ origin: 'own', error: { class: 'policy_invalid' } });
    },
  );

  it.each(['workspace-only.yaml.bak', 'workspace-only.yaml~', '.workspace-only.yaml.swp', '#workspace-only.yaml#', 'README.md', 'workspace-only-2.json', 'workspace-only.yaml.orig', 'my-workspace-only.yaml', 'workspace-only-yaml.yaml'])('is nothing that an editor leaves beside it, such as %s', async (file) => {
    fs.writeFileSync(place(file), 'no policy');
    expect((await createPolicyLoader(folders).load(name)).filesystem.includeWorkdir).toBe(true);
  });

  it('decides where another file beside it is named nearly so', async () => {
    fs.writeFileSync(place('workspace-only.json'), '{}');
    fs.writeFileSync(place('workspace-only.yaml'), strict);
    expect((await createPolicyLoader(folders).load(name)).filesystem.includeWorkdir).toBe(false);
  });

  it.each(spellings)('decides under the file name %s', async (file) => {
    fs.writeFileSync(place(file), strict);
    expect((await createPolicyLoader(folders).load(name)).filesystem.includeWorkdir).toBe(false);
    expect(await list()).toMatchObject([{ name, origin: 'own', words: 'Reads nothing, writes nothing, no network' }]);
  });

  it('denies when two files stand for its name, whichever of them could be read', async () => {
    fs.writeFileSync(place('workspace-only.yaml'), strict);
    fs.writeFileSync(place('Workspace-Only.yml'), loose);
    await expect(createPolicyLoader(folders).load(name)).rejects.toMatchObject({ class: 'policy_invalid', message: expect.stringContaining('stands for the same policy') });
    expect(await list()).toMatchObject([{ name, origin: 'own', error: { class: 'policy_invalid' } }]);
  });

  it('denies from the next turn on when the target of its link goes away, and decides again when it is back', async () => {
    const target = path.join(root, 'target.yaml');
    fs.writeFileSync(target, strict);
    fs.symlinkSync(target, place('workspace-only.yaml'));
    const loader = createPolicyLoader(folders);
    expect((await loader.load(name)).filesystem.includeWorkdir).toBe(false);
    fs.renameSync(target, `${target}.away`);
    await expect(loader.load(name)).rejects.toMatchObject({ class: 'policy_invalid', message: expect.stringContaining('link to a file that is not there') });
    expect(await list()).toMatchObject([{ origin: 'own', error: { class: 'policy_invalid' } }]);
    fs.renameSync(`${target}.away`, target);
    expect((await loader.load(name)).filesystem.includeWorkdir).toBe(false);
  });

  it.each<readonly [string, (folder: string) => void]>([
    ['a link to nothing', (folder) => fs.symlinkSync(path.join(root, 'gone'), folder)],
    ['a link to itself', (folder) => fs.symlinkSync(folder, folder)],
    ['a file', (folder) => fs.writeFileSync(folder, '')],
    ['a pipe', (folder) => execFileSync('mkfifo', [folder])],
  ])('is taken to be there when the folder of all of them is %s: every policy is refused and says why', async (_what, make) => {
    fs.rmdirSync(own);
    make(own);
    await expect(createPolicyLoader(folders).load(name)).rejects.toMatchObject({ class: 'policy_invalid', reason: 'folder_unreadable', details: { file: own } });
    expect(await list()).toMatchObject([{ name, error: { class: 'policy_invalid', message: expect.stringContaining('folder of your own policies') } }]);
  });

  it('is not there when there is no folder for it, nor when a backup of an editor has its name in it', async () => {
    fs.writeFileSync(place('workspace-only.yaml~'), strict);
    fs.writeFileSync(place('workspace-only.yaml.bak'), strict);
    expect((await createPolicyLoader(folders).load(name)).filesystem.includeWorkdir).toBe(true);
    fs.rmSync(own, { recursive: true });
    expect((await createPolicyLoader(folders).load(name)).filesystem.includeWorkdir).toBe(true);
  });

  it.each<readonly [string, () => void]>([
    ['its file', () => fs.rmSync(place('workspace-only.yaml'))],
    ['the folder of all of them', () => fs.rmSync(own, { recursive: true })],
  ])('denies when %s is gone after an agent was given it, in lists too, and only a copy of the shipped one stands in for it', async (_what, remove) => {
    fs.writeFileSync(place('workspace-only.yaml'), strict);
    const used = new Set<string>();
    const ports = { has: async (each: string) => used.has(each), add: async (each: string) => void used.add(each) };
    expect((await createPolicyLoader(folders, ports).use(name)).filesystem.includeWorkdir).toBe(false);
    remove();
    const loader = createPolicyLoader(folders, ports);
    const gone = { class: 'policy_invalid', reason: 'own_gone', hint: expect.stringContaining(own) };
    await expect(loader.load(name)).rejects.toMatchObject(gone);
    await expect(loader.use(name)).rejects.toMatchObject(gone);
    const listed = async () => await listPolicies({ folders, defaultName: name, loader, assertEnforces: () => undefined });
    expect(await listed()).toMatchObject([{ name, origin: 'own', error: { class: 'policy_invalid' } }]);
    fs.mkdirSync(own, { recursive: true });
    fs.writeFileSync(place('workspace-only.yaml'), loose);
    expect((await loader.use(name)).filesystem.includeWorkdir).toBe(true);
  });

  it('gives way to the shipped one when it goes before any agent was given it', async () => {
    fs.writeFileSync(place('workspace-only.yaml'), strict);
    expect((await createPolicyLoader(folders).load(name)).filesystem.includeWorkdir).toBe(false);
    fs.rmSync(place('workspace-only.yaml'));
    expect((await createPolicyLoader(folders).use(name)).filesystem.includeWorkdir).toBe(true);
  });
});
