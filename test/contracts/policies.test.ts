import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RpcClient } from '../support/client/rpcClient.ts';
import { ServerUnderTest } from '../support/client/serverProcess.ts';

interface Summary {
  readonly name: string;
  readonly hash?: string;
  readonly error?: { class: string; message: string; hint: string };
}

describe('policies and files over --stdio', { timeout: 60_000 }, () => {
  const server = new ServerUnderTest(path.resolve(import.meta.dirname, '../../dist/server.js'), { LOGOS_MODEL_SERVERS: 'none' });
  let client: RpcClient;
  const list = async (): Promise<Summary[]> => (await client.request<{ items: Summary[] }>('policies/list', {})).items;

  beforeAll(async () => {
    client = await server.connect('policies');
  });
  afterAll(() => server.dispose());

  it('lists what came with Logos, each with words made from its rules', async () => {
    expect(await list()).toEqual([
      { name: 'read-only', origin: 'shipped', isDefault: false, description: expect.any(String), words: 'Reads workspace, writes nothing, no network', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { name: 'workspace-only', origin: 'shipped', isDefault: true, description: expect.any(String), words: 'Reads workspace, writes in workspace only, no network', hash: expect.any(String) },
    ]);
  });

  it('lists the policies of a person as soon as they are there, and takes for an agent just those without an error', async () => {
    const own = path.join(server.home, 'policies');
    fs.mkdirSync(own, { recursive: true });
    fs.writeFileSync(path.join(own, 'mine.yaml'), 'version: 1\nfilesystem_policy: { include_workdir: true, read_only: [/usr, /lib, /lib64] }\n');
    fs.writeFileSync(path.join(own, 'broken.yaml'), 'version: 1\nsurprise: yes\n');
    fs.writeFileSync(path.join(own, 'network.yaml'), 'version: 1\nnetwork_policies:\n  web: { endpoints: [{ host: example.org, port: 443 }] }\n');
    const policies = await list();
    expect(policies.map(({ name }) => name)).toEqual(['broken', 'mine', 'network', 'read-only', 'workspace-only']);
    for (const { name, error } of policies) {
      const made = await client.request('agents/create', { agentId: randomUUID(), name: `With ${name}`, soul: 'general', policy: name }).then(() => undefined, (refused: { errorClass: string }) => refused.errorClass);
      expect(made, name).toBe(error?.class);
    }
  });

  it('says where the files of an agent lie once its sandbox was made, and knows no other agent', async () => {
    const { items } = await client.request<{ items: { id: string }[] }>('agents/list', {});
    const agentId = items[0]?.id ?? '';
    expect(await client.request('sandboxes/home', { agentId })).toEqual({});
    await client.request('sandboxes/start', { agentId });
    const home = async () => (await client.request<{ path?: string }>('sandboxes/home', { agentId })).path;
    await expect.poll(home, { timeout: 20_000 }).toMatch(new RegExp(`${agentId}/home$`));
    expect(fs.statSync((await home()) ?? '').isDirectory()).toBe(true);
    await expect(client.request('sandboxes/home', { agentId: randomUUID() })).rejects.toMatchObject({ errorClass: 'not_found' });
  });
});
