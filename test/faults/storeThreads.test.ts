import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../server/store/database.ts';
import { openStore } from '../../server/store/openStore.ts';
import { createMemoryLog } from '../support/memoryLog.ts';
import { answer, openTemporaryStore, tick, type TemporaryStore } from '../support/store/temporaryStore.ts';

const run = promisify(execFile);
const support = path.join(import.meta.dirname, '../support/store');

let rig: TemporaryStore;
beforeEach(async () => void (rig = await openTemporaryStore()));
afterEach(() => rig.dispose());

/** Some turns, so that the database has more than its first pages. */
async function fill(): Promise<string> {
  const sessionId = await rig.createSession();
  for (let count = 0; count < 20; count++) {
    const turn = await rig.startTurn(sessionId, 'x'.repeat(2000));
    await rig.store.endAttempt({
      turnId: turn.turnId,
      attempt: 1,
      outcome: 'completed',
      message: answer(turn.messageId, { kind: 'text', partId: '1', text: 'y'.repeat(5000) }),
      at: tick(),
    });
  }
  return sessionId;
}

const setAside = (): string[] => readdirSync(path.dirname(rig.file)).filter((name) => name.includes('.corrupt-'));

async function expectFresh(): Promise<void> {
  expect(await rig.store.listAgents()).toEqual([]);
  expect(rig.store.recoveredFrom).toMatch(/logos\.db\.corrupt-\d+$/);
  expect(existsSync(rig.store.recoveredFrom!)).toBe(true);
  expect(rig.entries.filter(({ level }) => level === 'error').map(({ text }) => text)).toEqual([
    expect.stringContaining(rig.store.recoveredFrom!),
  ]);
  const sessionId = await rig.createSession();
  expect(await rig.send(sessionId)).toMatchObject({ isNew: true });
  // What the fresh one took is on the disk under its own name, whatever was closed late.
  const store = await rig.reopen();
  expect([(await store.getSession(sessionId))?.messageCount, store.recoveredFrom]).toEqual([1, undefined]);
}

describe('A database that cannot be read', () => {
  it('because it was cut short is moved aside when it is opened, and a fresh one takes its place', async () => {
    await fill();
    await rig.store.dispose();
    truncateSync(rig.file, Math.floor(statSync(rig.file).size / 2));
    await rig.reopen();
    await expectFresh();
  });

  it('because it is something else is moved aside with what stands beside it', async () => {
    await rig.store.dispose();
    writeFileSync(rig.file, 'This is not a database. '.repeat(1000));
    writeFileSync(`${rig.file}-wal`, 'nor is this a log');
    await rig.reopen();
    await expectFresh();
    expect(
      setAside()
        .filter((name) => name.endsWith('-wal'))
        .map((name) => readFileSync(path.join(path.dirname(rig.file), name), 'utf8')),
    ).toEqual(['nor is this a log']);
  });

  it('because it broke while it was open is moved aside once, whoever finds it, and the callers are told', async () => {
    const sessionId = await fill();
    await rig.reopen();
    const file = openSync(rig.file, 'r+');
    for (let place = 4096; place < statSync(rig.file).size; place += 4096)
      writeSync(file, Buffer.alloc(4096, 0xff), 0, 4096, place);
    closeSync(file);
    const reads = await Promise.allSettled([
      rig.store.snapshot({ sessionId, limit: 50 }),
      rig.store.listSessions({}),
      rig.store.eventsAfter({ sessionId, after: 0, limit: 500 }),
    ]);
    expect(
      reads.map((result) => (result.status === 'rejected' ? (result.reason as { class: string }).class : 'read')),
    ).toContain('storage_corrupt');
    await rig.store
      .setSetting({ key: 'a', value: 'b' })
      .catch((error: unknown) => expect(error).toMatchObject({ class: 'storage_corrupt' }));
    await expect.poll(() => rig.store.recoveredFrom, { timeout: 10_000 }).toBeDefined();
    await expectFresh();
    expect(setAside().filter((name) => /corrupt-\d+$/.test(name))).toHaveLength(1);
  });

  it('because a newer version wrote it is left alone, and the error says so', async () => {
    const sessionId = await rig.createSession();
    await rig.store.dispose();
    const db = new Database(rig.file, { busyTimeoutMs: 100 });
    const known = Number(db.pragma('user_version'));
    db.pragma(`user_version = ${known + 1}`);
    db.close();
    await expect(openStore({ path: rig.file, log: createMemoryLog().of })).rejects.toMatchObject({
      class: 'storage_locked',
      reason: 'newer_schema',
      message: expect.stringContaining('newer version') as unknown,
    });
    expect(setAside()).toEqual([]);
    const back = new Database(rig.file, { busyTimeoutMs: 100 });
    back.pragma(`user_version = ${known}`);
    back.close();
    expect(await (await rig.reopen()).getSession(sessionId)).toMatchObject({ id: sessionId });
  });
});

describe('A database that another process holds', () => {
  it('fails as storage_locked once the wait is over, and works again when it is let go', async () => {
    await rig.reopen({ busyTimeoutMs: 50 });
    const sessionId = await rig.createSession();
    const holder = new Database(rig.file, { busyTimeoutMs: 0 });
    holder.run('BEGIN IMMEDIATE');
    await expect(rig.send(sessionId)).rejects.toMatchObject({ class: 'storage_locked', reason: 'SQLITE_BUSY' });
    expect(await rig.store.getSession(sessionId)).toMatchObject({ messageCount: 0 });
    expect(rig.store.failure).toMatchObject({ class: 'storage_locked' });
    holder.run('ROLLBACK');
    holder.close();
    expect(await rig.send(sessionId)).toMatchObject({ seq: 1 });
    expect(rig.store.failure).toBeUndefined();
  });
});

describe('The writing thread', () => {
  it('that dies rejects what was in flight and is started again once', async () => {
    await rig.reopen({ threadUrl: path.join(support, 'dyingThread.ts') });
    await rig.store.setSetting({ key: 'before', value: '1' });
    const inFlight = await Promise.allSettled([
      rig.store.setSetting({ key: 'die', value: '' }),
      rig.store.setSetting({ key: 'with it', value: '' }),
    ]);
    for (const result of inFlight)
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { class: 'storage_locked', reason: 'store_thread_ended' },
      });
    await rig.store.setSetting({ key: 'after', value: '2' });
    expect([
      await rig.store.getSetting('before'),
      await rig.store.getSetting('with it'),
      await rig.store.getSetting('after'),
    ]).toEqual(['1', undefined, '2']);
    await expect(rig.store.setSetting({ key: 'die', value: '' })).rejects.toMatchObject({ class: 'storage_locked' });
    await expect(rig.store.setSetting({ key: 'later', value: '' })).rejects.toMatchObject({
      class: 'storage_locked',
      reason: 'store_thread_ended',
    });
  });
});

describe('A process that is killed while it appends', () => {
  it(
    'loses nothing that was acknowledged, and its turn ends as interrupted with that text',
    { timeout: 60_000 },
    async () => {
      const sessionId = await rig.createSession();
      for (const least of [1, 40, 200, 500, 1000]) {
        await rig.store.dispose();
        const child = spawn(process.execPath, [path.join(support, 'appendingChild.ts'), rig.file, sessionId], {
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        let turnId = '';
        let acknowledged = 0;
        for await (const line of createInterface({ input: child.stdout })) {
          if (line.startsWith('turn ')) turnId = line.slice(5);
          else acknowledged = Number(line);
          if (acknowledged >= least) child.kill('SIGKILL');
        }
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        expect(child.signalCode).toBe('SIGKILL');
        await rig.reopen();
        const [stored] = await rig.store.interruptRunning({
          error: { class: 'internal', message: 'Killed.', cause: 'kill', hint: 'Resume.', retryable: true },
          at: tick(),
        });
        expect(stored?.sessionId).toBe(sessionId);
        const turn = (await rig.store.snapshot({ sessionId, limit: 1 })).turns[0];
        expect(turn).toMatchObject({ id: turnId, attempts: [{ outcome: 'interrupted' }] });
        const part = turn?.attempts[0]?.message?.parts[0];
        const text = part?.kind === 'text' ? part.text : '';
        expect(text).toBe('0123456789'.repeat(Math.ceil(text.length / 10)).slice(0, text.length));
        expect(text.length).toBeGreaterThanOrEqual(acknowledged);
      }
      expect(await rig.send(sessionId, 'Go on')).toMatchObject({ isNew: true });
      expect(rig.store.recoveredFrom).toBeUndefined();
    },
  );
});

describe('A disk that fills up', () => {
  it(
    'takes what comes from the ballast, an answer least and the end of the turn most, refuses the rest as storage_full, and works again once there is room',
    { timeout: 60_000 },
    async (ctx) => {
      const disk = mkdtempSync(path.join(tmpdir(), 'logos-disk-'));
      try {
        const probe = await run('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', disk]).catch(
          (error: unknown) => error,
        );
        if (probe instanceof Error) ctx.skip('no mount namespace can be made here');
        const script = 'mount -t tmpfs -o size=12m,mode=0700 tmpfs "$1" && exec "$2" "$3" "$1"';
        const { stdout } = await run('unshare', [
          '-m',
          'sh',
          '-c',
          script,
          'sh',
          disk,
          process.execPath,
          path.join(support, 'fullDiskChild.ts'),
        ]);
        expect(JSON.parse(stdout)).toEqual({
          hadBallast: true,
          appendEnded: 'storage_full',
          sendWhileFull: 'stored',
          appendWhileFull: 'storage_full',
          sendWhenAlmostSpent: 'storage_full',
          keptBallast: true,
          endWhileFull: 'stored',
          spentBallast: true,
          sendAfter: 'stored',
          hasBallastAgain: true,
          keptText: true,
          outcome: 'failed',
          queued: 2,
          recoveredFrom: null,
        });
      } finally {
        rmSync(disk, { recursive: true, force: true });
      }
    },
  );
});

describe('The files of the database', () => {
  it('are for their owner alone', async () => {
    await rig.send(await rig.createSession());
    expect(statSync(path.dirname(rig.file)).mode & 0o777).toBe(0o700);
    const modes = readdirSync(path.dirname(rig.file)).map((name) => [
      name,
      statSync(path.join(path.dirname(rig.file), name)).mode & 0o777,
    ]);
    expect(Object.fromEntries(modes)).toEqual({
      'logos.db': 0o600,
      'logos.db-wal': 0o600,
      'logos.db-shm': 0o600,
      ...Object.fromEntries(['', '.1', '.2', '.3'].map((piece) => [`logos.db.ballast${piece}`, 0o600])),
    });
  });
});
