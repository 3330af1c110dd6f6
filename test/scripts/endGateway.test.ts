import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endGateway } from '../../scripts/endGateway.mjs';
import { GatewayClient } from '../../scripts/gatewayClient.mjs';
import { eventually, isRunning, ServerUnderTest } from '../support/client/serverProcess.ts';

const entry = path.resolve(import.meta.dirname, '../support/gatewayMain.ts');
let server: ServerUnderTest;

afterEach(() => server.dispose());

/** A gateway that has work as long as the file exists, and what ends it. */
async function busyGateway(): Promise<{ pid: number; work: string; client: GatewayClient }> {
  server = new ServerUnderTest(entry);
  const work = path.join(server.home, 'logs-work');
  fs.writeFileSync(work, '');
  const { pid } = await server.ensure({ LOGOS_TEST_BUSY: work });
  return { pid, work, client: new GatewayClient({ server: entry, env: { ...process.env, LOGOS_HOME: server.home }, isQuiet: true, isDetached: true }) };
}

describe('the end of the gateway with the starter', { timeout: 60_000 }, () => {
  it('says that a turn runs, and ends the gateway when that is done', async () => {
    const { pid, work, client } = await busyGateway();
    const told: string[] = [];
    const ended = endGateway({ client, hurried: new Promise(() => undefined), tell: (text) => told.push(text) });
    await eventually(() => told.length > 0, 'the words of the starter');
    expect(told[0]).toMatch(/^a turn still runs;.*Ctrl\+C once more ends it now/);
    expect(isRunning(pid)).toBe(true);
    fs.rmSync(work);
    await ended;
    await eventually(() => !isRunning(pid), 'the end of the gateway');
    expect(told).toHaveLength(1);
  });

  it('ends a gateway at work at once when it is hurried', async () => {
    const { pid, client } = await busyGateway();
    await endGateway({ client, hurried: Promise.resolve(), tell: () => undefined });
    await eventually(() => !isRunning(pid), 'the end of the gateway');
  });
});
