import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, openTemporaryStore, tick, type TemporaryStore } from '../../support/store/temporaryStore.ts';

let rig: TemporaryStore;
beforeAll(async () => (rig = await openTemporaryStore()));
afterAll(() => rig.dispose());

/** Ends a new turn with an answer that takes `bytes` as JSON. */
async function endTurn(sessionId: string, bytes: number): Promise<void> {
  const started = await rig.startTurn(sessionId);
  const message = answer(started.messageId, { kind: 'text', partId: 'p1', text: '\u0001'.repeat(bytes / 6) });
  await rig.store.endAttempt({ turnId: started.turnId, attempt: 1, outcome: 'completed', message, at: tick() });
}

describe('A session of very long answers', () => {
  it('is read in pages that stay short, each turn once, and reminds a model of no more than it could hold', async () => {
    const sessionId = await rig.createSession();
    for (let turn = 0; turn < 6; turn += 1) await endTurn(sessionId, 6_000_000);
    const snapshot = await rig.store.snapshot({ sessionId, limit: 50 });
    expect(snapshot).toMatchObject({ hasOlderTurns: true });
    expect(snapshot.turns.map((turn) => turn.ordinal)).toEqual([6]);
    const seen = snapshot.turns.map((turn) => turn.ordinal);
    for (let hasOlder = true; hasOlder; ) {
      const page = await rig.store.turnsBefore({ sessionId, before: seen[0], limit: 50 });
      expect(JSON.stringify(page.turns).length).toBeLessThan(9_000_000);
      seen.unshift(...page.turns.map((turn) => turn.ordinal));
      hasOlder = page.hasOlderTurns;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    const history = await rig.store.turnsForHistory({ sessionId, beforeOrdinal: 7, limit: 200 });
    expect(history.map((turn) => turn.ordinal)).toEqual([6, 5]);
  });
});
