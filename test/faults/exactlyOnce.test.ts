import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import type { SentMessage } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';

describe('Twenty messages while the gateway is killed again and again', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(async () => {
    await gateway.dispose();
  });

  it('are stored once each, in order, when the client says those again that were not acknowledged', async () => {
    const watch = await gateway.newSession();
    const messages: SentMessage[] = Array.from({ length: 20 }, (_, n) => ({ messageId: v7(), text: `[[scenario:stream tokens=5 tps=100]] number ${n + 1}` }));
    const acknowledged = new Map<string, string>();
    watch.sent.push(...messages);
    for (let round = 1; acknowledged.size < messages.length; round += 1) {
      const waiting = messages.filter(({ messageId }) => !acknowledged.has(messageId));
      // A kill falls on four messages at a different point each time: before, while and after they are stored.
      const batch = waiting.slice(0, round <= 6 ? 4 : waiting.length);
      const answers = batch.map(async (message) => {
        acknowledged.set(message.messageId, await watch.sendAgain(message));
      });
      const all = Promise.allSettled(answers);
      if (round > 6) await Promise.all(answers);
      else {
        await Promise.race([all, new Promise((resolve) => setTimeout(resolve, round * 3))]);
        await gateway.process.kill();
        await all;
        await gateway.startAgain();
      }
    }
    await watch.until((view) => view.queue.length === 0 && view.turns.length === 20 && view.turns.every(({ state }) => state === 'ended'), 'the end of every turn', 60_000);
    for (const message of messages) expect(await watch.sendAgain(message)).toBe(acknowledged.get(message.messageId));
    for (const { message, attempts } of watch.view.turns) {
      expect([message.id, attempts.at(-1)?.outcome]).toEqual([message.id, expect.stringMatching(/^(completed|interrupted)$/)]);
      // What had not begun when the gateway was killed is begun by its next start, and had said nothing.
      for (const earlier of attempts.slice(0, -1)) expect([earlier.outcome, earlier.message?.parts]).toEqual(['interrupted', []]);
    }
    await gateway.assertWhole(watch);
    await gateway.assertNoOrphans();
  });
});
