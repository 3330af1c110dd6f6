import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestGateway } from '../support/gateway/testGateway.ts';

const strict = 'version: 1\nfilesystem_policy: { read_only: [/usr, /bin, /sbin, /lib, /lib64, /etc, /proc], read_write: [/tmp, /dev/null] }\n';
const writes = (name: string): string => `[[tool:run_command {"command":"echo x > /sandbox/${name}"}]] write ${name}`;

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
  expect((await watch.ask(writes('third'))).outcome).toBe('completed');
  expect(fs.readdirSync(gateway.sandboxHome())).toEqual(['third']);
});
