import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { v7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { RpcError } from '../support/client/rpcClient.ts';
import { until } from '../support/gateway/processes.ts';
import type { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { makeHome, TestGateway } from '../support/gateway/testGateway.ts';
import { databaseIn, holdDatabase } from './databases.ts';
import { times } from './times.ts';

const rounds = 3;

let gateway: TestGateway;

afterEach(async () => {
  await gateway.dispose();
});

/** The class of error that a request ends with; undefined when it succeeds. */
async function classOf(request: Promise<unknown>): Promise<string | undefined> {
  try {
    await request;
    return undefined;
  } catch (error) {
    if (error instanceof RpcError) return error.errorClass;
    throw error;
  }
}

/** Says the last message again until it is stored. */
async function sendUntilStored(watch: SessionWatch): Promise<string> {
  const message = watch.sent.at(-1);
  if (message === undefined) throw new Error('nothing was sent');
  let turnId = '';
  await until(async () => (await classOf(watch.sendAgain(message).then((id) => (turnId = id)))) === undefined, 'an answer that the message is stored', 20_000);
  return turnId;
}

async function assertNextMessageWorks(watch: SessionWatch, text: string): Promise<void> {
  expect(await watch.ask(`[[say:${text}]]`, 20_000)).toMatchObject({ outcome: 'completed', text });
  await gateway.assertNoOrphans();
  await gateway.assertWhole(watch);
}

describe('A disk that fills up while an answer streams', () => {
  it('loses nothing that was acknowledged: the turn ends as failed with its text, and all goes on when there is room, three times', async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('a small tmpfs can be mounted by root alone');
    const home = makeHome();
    const mount = 'mount -t tmpfs -o size=40m,mode=700 tmpfs "$0" && exec "$@"';
    gateway = await TestGateway.start({ home, through: ['unshare', '-m', '--propagation', 'private', 'sh', '-c', mount, home] });
    const watch = await gateway.newSession();
    await watch.ask('[[say:warm]]');
    const filler = gateway.process.pathOf(path.join(home, 'filler'));
    for (let round = 1; round <= rounds; round += 1) {
      const turnId = await watch.send('[[scenario:endless tps=200]]');
      const seen = await watch.textOf(turnId, 100);
      fill(filler);
      const end = await watch.ended(turnId, 30_000).catch(async (error: unknown) => {
        // Without room even for the end, it is stored as soon as there is some.
        fs.rmSync(filler, { force: true });
        await watch.ended(turnId, 30_000);
        throw error;
      });
      expect(end).toMatchObject({ outcome: 'failed', error: { class: 'storage_full' } });
      expect(end.text.startsWith(seen)).toBe(true);
      fill(filler);
      const turnOnFullDisk = await watch.send(`[[say:${'full '.repeat(20_000)}]]`);
      await watch.ended(turnOnFullDisk, 20_000);
      expect(await gateway.client.request('gateway/status', {})).toMatchObject({ pid: gateway.process.pid });
      fs.rmSync(filler);
      await assertNextMessageWorks(watch, `room again ${round}`);
    }
  });
});

/** Writes until there is no byte left. */
function fill(file: string): void {
  const handle = fs.openSync(file, 'a');
  try {
    for (const size of [1_048_576, 65_536, 4_096]) {
      const block = Buffer.alloc(size, 1);
      try {
        for (;;) fs.writeSync(handle, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    fs.closeSync(handle);
  }
}

describe('A database that another process holds', () => {
  it('for two seconds delays a running answer and a new message, and nothing is lost or doubled, three times', async () => {
    gateway = await TestGateway.start();
    const watch = await gateway.newSession();
    await watch.ask('[[say:warm]]');
    const file = databaseIn(gateway.home);
    const delayedMs: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const turnId = await watch.send('[[scenario:stream tokens=150 tps=100]]');
      await watch.textOf(turnId, 30);
      const letGo = await holdDatabase(file);
      const askedAt = performance.now();
      const sending = watch.send(`[[say:waited ${round}]]`);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await letGo();
      const waiting = await sending;
      delayedMs.push(performance.now() - askedAt);
      expect(await watch.ended(turnId)).toMatchObject({ outcome: 'completed' });
      expect(await watch.ended(waiting)).toMatchObject({ outcome: 'completed', text: `waited ${round}` });
      await assertNextMessageWorks(watch, `free ${round}`);
    }
    times('chat/send while the database is held for 2 s', delayedMs);
  });

  it('for longer than the store waits fails aloud, keeps the partial text, and the same message is stored once afterwards', async () => {
    gateway = await TestGateway.start();
    const watch = await gateway.newSession();
    await watch.ask('[[say:warm]]');
    const turnId = await watch.send('[[scenario:endless tps=50]]');
    const seen = await watch.textOf(turnId, 30);
    const letGo = await holdDatabase(databaseIn(gateway.home));
    const late = { messageId: v7(), text: '[[say:later]]' };
    // The first refusal may have come before the store had given up on the answer's own events; the second comes after.
    for (let n = 0; n < 2; n += 1) expect(await classOf(watch.sendAgain(late))).toBe('storage_locked');
    expect(await gateway.client.request('gateway/status', {})).toMatchObject({ pid: gateway.process.pid, store: { state: 'failed', error: { class: 'storage_locked' } } });
    await letGo();
    const end = await watch.ended(turnId, 20_000);
    expect(end).toMatchObject({ outcome: 'failed', error: { class: 'storage_locked' } });
    expect(end.text.startsWith(seen)).toBe(true);
    watch.sent.push(late);
    expect(await watch.ended(await sendUntilStored(watch))).toMatchObject({ outcome: 'completed', text: 'later' });
    await assertNextMessageWorks(watch, 'free');
    expect(await gateway.client.request('gateway/status', {})).toMatchObject({ store: { state: 'ok' } });
  });
});

const damages: readonly { readonly name: string; readonly damage: (file: string) => void }[] = [
  { name: 'cut to half its length', damage: (file) => fs.truncateSync(file, Math.floor(fs.statSync(file).size / 2)) },
  { name: 'cut in its first page', damage: (file) => fs.truncateSync(file, 1_000) },
  {
    name: 'overwritten at its beginning',
    damage: (file) => {
      const handle = fs.openSync(file, 'r+');
      fs.writeSync(handle, Buffer.alloc(4_096, 0xa5), 0, 4_096, 0);
      fs.closeSync(handle);
    },
  },
];

describe('A database that was damaged while the gateway was away', () => {
  for (const { name, damage } of damages) {
    it(`${name} is kept aside as it was, and a fresh one works`, async () => {
      gateway = await TestGateway.start();
      const watch = await gateway.newSession();
      for (let n = 0; n < 5; n += 1) await watch.ask(`[[say:before ${n}]]`);
      const file = databaseIn(gateway.home);
      await gateway.process.stop();
      await gateway.assertNoOrphans();
      damage(file);
      const damaged = fs.readFileSync(file);
      gateway.forgetWatches();
      await gateway.startAgain();
      await gateway.addModelAndAgent();
      expect(await gateway.client.request('gateway/status', {})).toMatchObject({ store: { state: 'ok', notice: expect.stringContaining('.corrupt-') } });
      const aside = fs.readdirSync(path.dirname(file)).filter((entry) => /\.corrupt-\d+$/.test(entry));
      expect(aside).toHaveLength(1);
      expect(fs.readFileSync(path.join(path.dirname(file), aside[0] ?? '')).equals(damaged)).toBe(true);
      const fresh = await gateway.newSession();
      await assertNextMessageWorks(fresh, 'on a fresh one');
    });
  }
});
