import fs from 'node:fs';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesWith } from '../support/store/filesWith.ts';
import type { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await TestGateway.start();
});
afterAll(() => gateway.dispose());

const traces = (mark: string): string[] => gateway.paths.filter((folder) => fs.existsSync(folder)).flatMap((folder) => filesWith(folder, mark));

/** A session in which a mark was said by everybody: the person, the model, a tool, a server that refuses, and a message that waits. */
async function talk(mark: string, agentId?: string): Promise<SessionWatch> {
  const watch = await gateway.newSession(agentId);
  expect((await watch.ask(`[[tool:run_command {"command":"echo ${mark}; echo ${mark} >&2"}]] [[say:${mark} said]]`)).outcome).toBe('completed');
  const refused = { status: 400, headers: { 'content-type': 'application/json' }, steps: [{ raw: JSON.stringify({ error: { message: `The words ${mark} are not allowed.` } }) }] };
  expect((await watch.ask(`[[script:${JSON.stringify(refused)}]]`)).outcome).toBe('failed');
  await gateway.client.request('chat/send', { sessionId: watch.sessionId, messageId: v7(), text: `${mark} waits` }).catch(() => undefined);
  return watch;
}

describe('Deleting for good', { timeout: 60_000 }, () => {
  it('a session leaves nothing of what was said in it in any file of the gateway, and answers when that is so', async () => {
    const watch = await talk('SESSIONMARK');
    const other = await talk('OTHERMARK');
    await gateway.client.request('sessions/delete', { sessionId: watch.sessionId });
    await gateway.client.request('sessions/erase', { sessionId: watch.sessionId });
    expect(traces('SESSIONMARK')).toEqual([]);
    await expect(gateway.client.request('sessions/get', { sessionId: watch.sessionId })).rejects.toMatchObject({ errorClass: 'not_found' });
    expect(await gateway.client.request('sessions/erase', { sessionId: watch.sessionId })).toEqual({});
    expect(traces('OTHERMARK')).not.toEqual([]);
    await gateway.client.request('sessions/erase', { sessionId: other.sessionId });
    expect(traces('OTHERMARK')).toEqual([]);
  });

  it('a session stops the turn that runs in it first', async () => {
    const watch = await gateway.newSession();
    const turnId = await watch.send('[[scenario:endless tps=50]] RUNNINGMARK');
    await watch.textOf(turnId, 10);
    await gateway.client.request('sessions/erase', { sessionId: watch.sessionId });
    expect(traces('RUNNINGMARK')).toEqual([]);
    await gateway.assertNoOrphans();
  });

  it('an agent takes its sessions, its sandbox and every file in its home with it', async () => {
    const agentId = await gateway.newAgent('Leaver');
    const watch = await talk('AGENTMARK', agentId);
    await watch.ask('[[tool:write_file {"path":"note.txt","content":"AGENTMARK in a file"}]]');
    const home = gateway.sandboxHome(agentId);
    const deleted = await talk('AGENTMARK', agentId);
    await gateway.client.request('sessions/delete', { sessionId: deleted.sessionId });
    await gateway.client.request('agents/delete', { agentId });
    expect(traces('AGENTMARK')).toEqual([]);
    expect(fs.existsSync(home)).toBe(false);
    expect(await gateway.client.request('agents/delete', { agentId })).toEqual({});
  });
});
