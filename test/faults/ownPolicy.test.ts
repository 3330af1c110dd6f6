import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestGateway } from '../support/gateway/testGateway.ts';

const strict = 'version: 1\nfilesystem_policy: { read_only: [/usr, /bin, /sbin, /lib, /lib64, /etc, /proc], read_write: [/tmp, /dev/null] }\n';
const writes = (name: string): string => `[[tool:run_command {"command":"echo x > /sandbox/${name}"}]] write ${name}`;
const shippedFile = path.join(import.meta.dirname, '../../policies/workspace-only.yaml');

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.start();
});
afterAll(() => gateway.dispose());

it('An own policy whose link target goes away between two turns denies the second one, which writes nothing', async () => {
  const own = path.join(gateway.home, 'policies');
  const target = path.join(gateway.home, 'strict.yaml');
  fs.mkdirSync(own, { recursive: true });
  fs.writeFileSync(target, strict);
  fs.symlinkSync(target, path.join(own, 'workspace-only.yaml'));
  const watch = await gateway.newSession();
  expect((await watch.ask(writes('first'))).outcome).toBe('completed');
  fs.rmSync(target);
  expect(await watch.ask(writes('second'))).toMatchObject({ outcome: 'failed', error: { class: 'policy_invalid' } });
  const { items } = await gateway.client.request<{ items: object[] }>('policies/list', {});
  expect(items).toContainEqual(expect.objectContaining({ name: 'workspace-only', origin: 'own', error: expect.objectContaining({ class: 'policy_invalid' }) }));
  fs.rmSync(path.join(own, 'workspace-only.yaml'));
  await gateway.client.request('chat/sendQueued', { sessionId: watch.sessionId });
  expect((await watch.ask(writes('third'))).outcome).toBe('failed');
  fs.copyFileSync(shippedFile, path.join(own, 'workspace-only.yaml'));
  await gateway.client.request('chat/sendQueued', { sessionId: watch.sessionId });
  expect((await watch.ask(writes('fourth'))).outcome).toBe('completed');
  expect(fs.readdirSync(gateway.sandboxHome())).toEqual(['fourth']);
});

/** Ways in which an own policy goes; each gets the folder of own policies. */
const goings: Readonly<Record<string, (own: string) => void>> = {
  'file was removed': (own) => fs.rmSync(path.join(own, 'read-only.yaml')),
  'folder was renamed, as when its disk is not mounted': (own) => fs.renameSync(own, `${own}-${Date.now()}`),
};

for (const [name, go] of Object.entries(goings)) {
  it(`An own policy whose ${name} is refused aloud from the next turn on, also to another gateway, until its file is back`, async () => {
    const own = path.join(gateway.home, 'policies');
    fs.mkdirSync(own, { recursive: true });
    fs.writeFileSync(path.join(own, 'read-only.yaml'), `${strict}# mine\n`);
    const agentId = await gateway.newAgent(name);
    const { revision } = await gateway.client.request<{ revision: number }>('agents/get', { agentId });
    await gateway.client.request('agents/update', { agentId, revision, policy: 'read-only' });
    go(own);
    const watch = await gateway.newSession(agentId);
    const refused = { outcome: 'failed', error: { class: 'policy_invalid', hint: expect.stringContaining('Put read-only.yaml back') } };
    expect(await watch.ask('[[say:first]]')).toMatchObject(refused);
    await gateway.process.kill();
    await gateway.startAgain();
    const again = await gateway.newSession(agentId);
    expect(await again.ask('[[say:second]]')).toMatchObject(refused);
    const { items } = await gateway.client.request<{ items: object[] }>('policies/list', {});
    expect(items).toContainEqual(expect.objectContaining({ name: 'read-only', origin: 'own', error: expect.objectContaining({ class: 'policy_invalid' }) }));
    fs.mkdirSync(own, { recursive: true });
    fs.writeFileSync(path.join(own, 'read-only.yaml'), strict);
    const back = await gateway.newSession(agentId);
    expect((await back.ask('[[say:third]]')).outcome).toBe('completed');
  });
}
