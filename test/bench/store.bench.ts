// The store alone: what one append costs, what it sustains, how fast a long session is read, with the disk's own floor.
import { randomUUID } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, type OpenedStore } from '../../server/store/openStore.ts';
import { makeBigSession } from '../support/fixtures/bigSession.ts';
import { createEraser } from '../support/store/erasing.ts';
import { createMemoryLog } from '../support/memoryLog.ts';
import { isQuick, ms, percentile, printRow, spread } from './rows.ts';

const principal = 'owner';
const origin = { kind: 'client', name: 'bench' } as const;

interface Running {
  readonly sessionId: string;
  readonly turnId: string;
  readonly messageId: string;
  offset: number;
}

async function startTurn(store: OpenedStore, agentId: string): Promise<Running> {
  const running = { sessionId: randomUUID(), turnId: randomUUID(), messageId: randomUUID(), offset: 0 };
  const { sessionId, turnId, messageId } = running;
  await store.createSession({ principal, sessionId, agentId, title: 'Bench', at: 1 });
  await store.acceptMessage({ principal, sessionId, messageId: randomUUID(), turnId, text: 'Go', origin, at: 2 });
  await store.startAttempt({ turnId, attempt: 1, mode: 'first', messageId, runId: randomUUID(), at: 3 });
  return running;
}

function append(store: OpenedStore, running: Running): Promise<unknown> {
  const { sessionId, turnId, messageId, offset } = running;
  running.offset += 5;
  return store.appendEvents({
    sessionId,
    turnId,
    events: [{ kind: 'part.delta', messageId, partId: '1', part: 'text', offset, text: 'word ' }],
    at: Date.now(),
  });
}

async function timed(times: number, act: () => Promise<unknown>): Promise<number[]> {
  const figures: number[] = [];
  for (let n = 0; n < times; n += 1) {
    const startedAt = performance.now();
    await act();
    figures.push(performance.now() - startedAt);
  }
  return figures;
}

async function measureAppend(store: OpenedStore, agentId: string): Promise<void> {
  const running = await startTurn(store, agentId);
  await timed(100, () => append(store, running));
  const figures = await timed(isQuick ? 100 : 2_000, () => append(store, running));
  const p50 = percentile(figures, 0.5);
  printRow({
    name: 'store: append of one delta, idle writer',
    goal: 'p50 <= 1 ms',
    figure: spread(figures),
    ok: p50 <= 1,
  });
}

async function measureAccept(store: OpenedStore, agentId: string, directory: string): Promise<void> {
  const times = isQuick ? 10 : 100;
  const file = openSync(path.join(directory, 'floor'), 'w', 0o600);
  const page = Buffer.alloc(4 * 4096, 1);
  const floor = await timed(times, async () => (writeSync(file, page), fdatasyncSync(file)));
  closeSync(file);
  const sessionIds = await Promise.all(
    Array.from({ length: times }, async () => (await startTurn(store, agentId)).sessionId),
  );
  const figures = await timed(times, () =>
    store.acceptMessage({
      principal,
      sessionId: sessionIds.pop() ?? '',
      messageId: randomUUID(),
      turnId: randomUUID(),
      text: 'Hello',
      origin,
      at: Date.now(),
    }),
  );
  const p50 = percentile(figures, 0.5);
  printRow({
    name: 'store: a message accepted, committed with FULL',
    goal: 'p50 <= 5 ms over the floor',
    figure: spread(figures),
    ok: p50 <= percentile(floor, 0.5) + 5,
    floor: spread(floor),
    note: 'floor: 16 KiB written and fdatasync',
  });
}

/** 50 sessions, each appending every 20 ms for some seconds, as 50 streams at 50 tokens/s do. */
async function measureSustained(store: OpenedStore, agentId: string): Promise<void> {
  const sessions = await Promise.all(Array.from({ length: 50 }, () => startTurn(store, agentId)));
  const seconds = isQuick ? 1 : 6;
  const figures: number[] = [];
  const cpuBefore = process.threadCpuUsage();
  const wholeBefore = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(
    sessions.map(async (running, index) => {
      const pending: Promise<void>[] = [];
      for (let n = 0; n < seconds * 50; n += 1) {
        const due = startedAt + (index * 20) / sessions.length + n * 20;
        await sleep(Math.max(0, due - performance.now()));
        const askedAt = performance.now();
        pending.push(append(store, running).then(() => void figures.push(performance.now() - askedAt)));
      }
      await Promise.all(pending);
    }),
  );
  const elapsedMs = performance.now() - startedAt;
  const own = process.threadCpuUsage(cpuBefore);
  const whole = process.cpuUsage(wholeBefore);
  const perSecond = (figures.length * 1_000) / elapsedMs;
  const mainMicros = (own.user + own.system) / figures.length;
  const allMicros = (whole.user + whole.system) / figures.length;
  const p99 = percentile(figures, 0.99);
  printRow({
    name: 'store: 50 sessions at 50 appends/s',
    goal: '>= 2,400/s, p99 <= 20 ms, <= 60 µs of the calling thread an append',
    figure: `${perSecond.toFixed(0)}/s, ${spread(figures)}, p99 ${ms(p99)}, ${mainMicros.toFixed(0)} µs`,
    ok: (isQuick || perSecond >= 2_400) && p99 <= 20 && mainMicros <= 60,
    note: `${allMicros.toFixed(0)} µs of all threads an append; the timers of the measurement are in both`,
  });
}

/** As many appends as the store takes, to see how far it is from its limit. */
async function measureLimit(store: OpenedStore, agentId: string): Promise<void> {
  const sessions = await Promise.all(Array.from({ length: 50 }, () => startTurn(store, agentId)));
  const each = isQuick ? 20 : 400;
  const cpuBefore = process.threadCpuUsage();
  const startedAt = performance.now();
  await Promise.all(sessions.map(async (running) => await timed(each, () => append(store, running))));
  const perSecond = (sessions.length * each * 1_000) / (performance.now() - startedAt);
  const own = process.threadCpuUsage(cpuBefore);
  printRow({
    name: 'store: appends at the limit, 50 sessions',
    goal: '>= 10,000/s',
    figure: `${perSecond.toFixed(0)}/s`,
    ok: perSecond >= 10_000,
    note: `${((own.user + own.system) / (sessions.length * each)).toFixed(0)} µs of the calling thread an append`,
  });
}

async function measureBigSession(store: OpenedStore, agentId: string): Promise<void> {
  const turns = isQuick ? 300 : 5_000;
  const startedAt = performance.now();
  const { sessionId } = await makeBigSession(store, { turns, agentId });
  const madeMs = performance.now() - startedAt;
  await store.snapshot({ sessionId, limit: 50 });
  const figures = await timed(isQuick ? 10 : 100, () => store.snapshot({ sessionId, limit: 50 }));
  const p50 = percentile(figures, 0.5);
  printRow({
    name: `store: snapshot of ${turns} turns, the last 50`,
    goal: 'p50 <= 10 ms',
    figure: spread(figures),
    ok: p50 <= 10,
    note: `the fixture was written in ${ms(madeMs)}`,
  });
  await measureErase(store, agentId, { sessionId, turns });
}

/** What another session waits while a long one is deleted for good. */
async function measureErase(
  store: OpenedStore,
  agentId: string,
  { sessionId, turns }: { sessionId: string; turns: number },
): Promise<void> {
  const other = await startTurn(store, agentId);
  const eraser = createEraser(store);
  const startedAt = performance.now();
  const erasing = eraser.eraseSession(sessionId).then(() => performance.now() - startedAt);
  let erasedMs: number | undefined;
  const figures: number[] = [];
  while (erasedMs === undefined) {
    figures.push(...(await timed(1, () => append(store, other))));
    erasedMs = await Promise.race([erasing, sleep(2, undefined)]);
  }
  const longest = Math.max(...figures);
  printRow({
    name: `store: append while a session of ${turns} turns is deleted for good`,
    goal: 'longest <= 250 ms',
    figure: `${spread(figures)}, longest ${ms(longest)}`,
    ok: longest <= 250,
    note: `nothing of it was left in any file after ${ms(erasedMs)}`,
  });
}

const directory = mkdtempSync(path.join(tmpdir(), 'logos-bench-'));
const openedAt = performance.now();
const store = await openStore({ path: path.join(directory, 'logos.db'), log: createMemoryLog().of });
const openMs = performance.now() - openedAt;
try {
  const agentId = randomUUID();
  await store.createAgent({
    principal,
    agent: {
      id: agentId,
      name: 'Bench',
      soul: 'general',
      tools: [],
      runtime: 'local',
      model: { kind: 'auto' },
      policy: 'p',
      createdAt: 1,
    },
  });
  process.stderr.write(`store: opened from its sources in ${ms(openMs)}\n`);
  await measureAppend(store, agentId);
  await measureAccept(store, agentId, directory);
  await measureSustained(store, agentId);
  await measureLimit(store, agentId);
  await measureBigSession(store, agentId);
} finally {
  await store.dispose();
  rmSync(directory, { recursive: true, force: true });
}
