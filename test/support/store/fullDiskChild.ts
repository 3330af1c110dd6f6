// Runs a store on the small disk that it is given until nothing fits, and prints what happened as one line of JSON.
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { asAppError } from '../../../server/base/appError.ts';
import type { Message } from '../../../server/protocol/messages.ts';
import { openStore } from '../../../server/store/openStore.ts';
import { createMemoryLog } from '../memoryLog.ts';

const [directory = ''] = process.argv.slice(2);
const file = path.join(directory, 'state', 'logos.db');
const ballast = `${file}.ballast`;
const filler = path.join(directory, 'filler');
const log = createMemoryLog();
const classOf = async (attempt: Promise<unknown>): Promise<string> =>
  await attempt.then(
    () => 'stored',
    (error: unknown) => asAppError(error).class,
  );

const store = await openStore({ path: file, log: log.of });
const [agentId, sessionId, turnId, messageId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const origin = { kind: 'client', name: 'test' } as const;
await store.createAgent({
  principal: 'owner',
  agent: {
    id: agentId,
    name: 'A',
    soul: 's',
    tools: [],
    runtime: 'local',
    model: { kind: 'auto' },
    policy: 'p',
    createdAt: 1,
  },
});
await store.createSession({ principal: 'owner', sessionId, agentId, title: undefined, at: 1 });
const send = (text: string): Promise<unknown> =>
  store.acceptMessage({
    principal: 'owner',
    sessionId,
    messageId: randomUUID(),
    turnId: randomUUID(),
    text,
    origin,
    at: 2,
  });
await store.acceptMessage({
  principal: 'owner',
  sessionId,
  messageId: randomUUID(),
  turnId,
  text: 'Fill the disk',
  origin,
  at: 2,
});
await store.startAttempt({ turnId, attempt: 1, mode: 'first', messageId, runId: randomUUID(), at: 3 });
const hadBallast = existsSync(ballast);

/** Takes what is free but a little. */
const { bavail, bsize } = statfsSync(directory);
writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 600_000), 1));
/** As an agent does that takes every byte that it can have. */
const takeAll = (): void => {
  for (const size of [65_536, 4096]) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(size, 1));
    } catch {
      // There is no more.
    }
  }
};
let acknowledged = 0;
let appendEnded = '';
while (appendEnded === '') {
  const events = [
    { kind: 'part.delta', messageId, partId: '1', part: 'text', offset: acknowledged * 4000, text: 'x'.repeat(4000) },
  ] as const;
  const outcome = await classOf(store.appendEvents({ sessionId, turnId, events, at: 4 }));
  if (outcome === 'stored') acknowledged += 1;
  else appendEnded = outcome;
}
takeAll();
const sendWhileFull = await classOf(send('y'.repeat(100_000)));
takeAll();
const appendWhileFull = await classOf(
  store.appendEvents({
    sessionId,
    turnId,
    events: [{ kind: 'part.delta', messageId, partId: '1', part: 'text', offset: acknowledged * 4000, text: 'x'.repeat(40_000) }],
    at: 4,
  }),
);
const sendWhenAlmostSpent = await classOf(send('y'.repeat(100_000)));
const keptBallast = existsSync(ballast);
const text = 'x'.repeat(acknowledged * 4000);
const message: Message = {
  id: messageId,
  role: 'assistant',
  parts: [{ kind: 'text', partId: '1', text }],
  origin: { kind: 'agent', name: '' },
  createdAt: 3,
};
const error = { class: 'storage_full', message: 'Full.', cause: 'full', hint: 'Free space.', retryable: true } as const;
const endWhileFull = await classOf(store.endAttempt({ turnId, attempt: 1, outcome: 'failed', error, message, at: 5 }));
const spentBallast = !existsSync(ballast);
rmSync(filler);
const sendAfter = await classOf(send('Again'));
const hasBallastAgain = existsSync(ballast);
await store.dispose();

const again = await openStore({ path: file, log: log.of });
const view = await again.snapshot({ sessionId, limit: 10 });
const part = view.turns[0]?.attempts[0]?.message?.parts[0];
const keptText = part?.kind === 'text' && part.text === text;
await again.dispose();
const result = {
  hadBallast,
  appendEnded,
  sendWhileFull,
  appendWhileFull,
  sendWhenAlmostSpent,
  keptBallast,
  endWhileFull,
  spentBallast,
  sendAfter,
  hasBallastAgain,
  keptText,
  outcome: view.turns[0]?.attempts[0]?.outcome,
  queued: view.queue.length,
  recoveredFrom: again.recoveredFrom ?? null,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
