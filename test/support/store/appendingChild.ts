// Sends a message, starts its turn and appends digits to it for ever; says on stdout how many the store has acknowledged.
import { randomUUID } from 'node:crypto';
import { openStore } from '../../../server/store/openStore.ts';
import { createMemoryLog } from '../memoryLog.ts';

const [file = '', sessionId = ''] = process.argv.slice(2);
const store = await openStore({ path: file, log: createMemoryLog().of });
const turnId = randomUUID();
const messageId = randomUUID();
await store.acceptMessage({
  principal: 'owner',
  sessionId,
  messageId: randomUUID(),
  turnId,
  text: 'Count',
  origin: { kind: 'client', name: 'test' },
  at: Date.now(),
});
await store.startAttempt({ turnId, attempt: 1, mode: 'first', messageId, runId: randomUUID(), at: Date.now() });
process.stdout.write(`turn ${turnId}\n`);
for (let count = 0; ; count++) {
  await store.appendEvents({
    sessionId,
    turnId,
    events: [{ kind: 'part.delta', messageId, partId: '1', part: 'text', offset: count, text: String(count % 10) }],
    at: Date.now(),
  });
  process.stdout.write(`${count + 1}\n`);
}
