import { describe, expect, it } from 'vitest';
import { EventAppender } from '../../../server/gateway/eventAppender.ts';
import { OutputTicks } from '../../../server/gateway/outputTicks.ts';
import type { SessionEvent } from '../../../server/protocol/sessions.ts';
import type { Stored } from '../../../server/store/store.ts';

const text = (offset: number): SessionEvent => ({ kind: 'part.delta', messageId: 'm', partId: 'p', part: 'text', offset, text: 'x' });

/** A store that answers when told to. */
function rig() {
  const appends: { offsets: number[]; resolve: () => void; reject: (error: Error) => void }[] = [];
  const published: number[][] = [];
  const failures: unknown[] = [];
  const offsetsOf = (events: readonly SessionEvent[]): number[] => events.map((event) => ('offset' in event ? event.offset : -1));
  const appender = new EventAppender({
    store: {
      appendEvents: ({ events }) =>
        new Promise((resolve, reject) => appends.push({ offsets: offsetsOf(events), resolve: () => resolve({ events: events.map((event) => ({ event })) } as unknown as Stored), reject })),
    },
    ticks: new OutputTicks(),
    publish: (stored) => published.push(offsetsOf(stored.events.map(({ event }) => event))),
    sessionId: 's',
    turnId: 't',
    now: () => 0,
    onFailure: (error) => failures.push(error),
  });
  const nextTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { appender, appends, published, failures, nextTick };
}

describe('The events of a turn', () => {
  it('are one append a tick, and what comes while it is stored is the next', async () => {
    const { appender, appends, published, nextTick } = rig();
    appender.add(text(0));
    appender.add(text(1));
    await nextTick();
    appender.add(text(2));
    appender.add(text(3));
    await nextTick();
    expect(appends.map(({ offsets }) => offsets)).toEqual([[0, 1]]);
    appends[0]?.resolve();
    await nextTick();
    expect(appends.map(({ offsets }) => offsets)).toEqual([[0, 1], [2, 3]]);
    expect(published).toEqual([[0, 1]]);
    appends[1]?.resolve();
    await appender.settled();
    expect(published).toEqual([[0, 1], [2, 3]]);
  });

  it('end with an append that failed: nothing behind it is stored, so there is no hole, and the failure is told once', async () => {
    const { appender, appends, published, failures, nextTick } = rig();
    appender.add(text(0));
    await nextTick();
    appender.add(text(1));
    appends[0]?.reject(new Error('the disk is full'));
    await appender.settled();
    appender.add(text(2));
    await appender.settled();
    expect(appends).toHaveLength(1);
    expect(published).toEqual([]);
    expect(failures).toEqual([new Error('the disk is full')]);
  });

  it('are behind while many wait for the store, and no longer when it has caught up', async () => {
    const { appender, appends, nextTick } = rig();
    appender.add(text(0));
    await nextTick();
    for (let offset = 1; offset <= 1000; offset += 1) appender.add(text(offset));
    expect(appender.isBehind).toBe(true);
    appends[0]?.resolve();
    await nextTick();
    expect(appender.isBehind).toBe(false);
  });
});
