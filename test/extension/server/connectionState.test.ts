import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, idleConnection, reduceConnection, type ConnectionEvent, type ConnectionState, type Failure } from '../../../extension/server/connectionState.ts';

const soft: Failure = { code: 'refused', sentence: 'Nobody answers.', isFinal: false, isDeath: false };
const death: Failure = { ...soft, code: 'start_failed', isDeath: true };
const hopeless: Failure = { ...soft, code: 'no_node', isFinal: true };

const play = (events: readonly ConnectionEvent[], from: ConnectionState = idleConnection) => events.reduce(reduceConnection, from);
const failed = (at: number, failure = soft): ConnectionEvent => ({ type: 'failed', at, tick: at, failure, jitter: 1 });
const start: ConnectionEvent = { type: 'start' };
const retry: ConnectionEvent = { type: 'retry' };
const opened = (at: number): ConnectionEvent => ({ type: 'opened', at, tick: at });
const closed = (at: number): ConnectionEvent => ({ type: 'closed', at, tick: at, jitter: 1 });

describe('the state of the connection', () => {
  it('goes from start to connected', () => {
    expect(play([start, opened(5)])).toMatchObject({ phase: 'connected', openedAt: 5 });
  });

  it('waits longer after each failed attempt, up to five seconds, and never gives up on a gateway that is merely absent', () => {
    let state = play([start]);
    const waits: number[] = [];
    for (let at = 0; at < 12; at++) {
      state = reduceConnection(state, failed(at * 10_000));
      if (state.phase === 'offline') waits.push(state.retryTick - at * 10_000);
      state = reduceConnection(state, retry);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000, 5000, 5000]);
  });

  it('keeps since when it is away over all attempts', () => {
    expect(play([start, failed(100), retry, failed(900), retry])).toMatchObject({ phase: 'connecting', away: { sinceAt: 100 } });
  });

  it('stops at the third death within three minutes', () => {
    expect(play([start, failed(0, death), retry, failed(1_000, death), retry, failed(2_000, death)])).toMatchObject({ phase: 'stopped' });
  });

  it('forgets deaths that are three minutes old', () => {
    expect(play([start, failed(0, death), retry, failed(1_000, death), retry, failed(181_500, death)])).toMatchObject({ phase: 'offline', deathTicks: [181_500] });
  });

  it('charges a death within ten seconds of its start, and not a later one', () => {
    expect(play([start, opened(0), closed(9_999)])).toMatchObject({ phase: 'offline', deathTicks: [9_999] });
    expect(play([start, opened(0), closed(10_000)])).toMatchObject({ phase: 'offline', deathTicks: [], attempt: 0 });
  });

  it('reckons by the monotonic clock alone: setting the wall clock neither lengthens a wait nor forgives a death', () => {
    const moved = (tick: number, movedMs: number, event: ConnectionEvent & { type: 'failed' | 'opened' | 'closed' }): ConnectionEvent => ({ ...event, tick, at: tick + movedMs });
    const die = { type: 'failed', at: 0, tick: 0, failure: death, jitter: 1 } as const;
    const first = play([start, moved(1_000, 0, die)]);
    expect(first).toMatchObject({ phase: 'offline', retryTick: 1_250 });
    const second = play([retry, moved(2_000, -3_600_000, die)], first);
    expect(second).toMatchObject({ phase: 'offline', retryTick: 2_500 });
    expect(play([retry, moved(3_000, 3_600_000, die)], second)).toMatchObject({ phase: 'stopped' });
    const open = { type: 'opened', at: 0, tick: 0 } as const;
    const close = { type: 'closed', at: 0, tick: 0, jitter: 1 } as const;
    expect(play([start, moved(1_000, 0, open), moved(2_000, 3_600_000, close)])).toMatchObject({ deathTicks: [2_000] });
    expect(play([start, moved(1_000, 0, open), moved(60_000, -3_600_000, close)])).toMatchObject({ deathTicks: [] });
  });

  it('bears twenty kills of a gateway that had lived', () => {
    let state = play([start]);
    for (let kill = 1; kill <= 20; kill++) state = play([opened(kill * 20_000), closed(kill * 20_000 + 15_000), retry], state);
    expect(state).toMatchObject({ phase: 'connecting', attempt: 1 });
  });

  it('says of the failure that is one too many how many there were, then how the last one went', () => {
    const dead: Failure = { code: 'start_failed', sentence: 'It broke.', isFinal: false, isDeath: true };
    const state = play([start, failed(0, dead), retry, failed(1_000, dead), retry, failed(2_000, dead)]);
    expect(state).toMatchObject({ phase: 'stopped', away: { cause: { code: 'crash_budget', sentence: 'The gateway failed to start 3 times within three minutes. It broke.' } } });
  });

  it('stops at once when trying again cannot help', () => {
    expect(play([start, failed(0, hopeless)])).toMatchObject({ phase: 'stopped', away: { cause: { code: 'no_node' } } });
  });

  it('starts afresh when a person restarts it', () => {
    expect(play([start, failed(0, hopeless), { type: 'restart' }])).toMatchObject({ phase: 'connecting', attempt: 0, deathTicks: [] });
  });

  it('ignores what does not fit: a late answer of an attempt that was given up changes nothing', () => {
    const offline = play([start, failed(0)]);
    expect(reduceConnection(offline, opened(1))).toBe(offline);
    expect(reduceConnection(offline, closed(1))).toBe(offline);
  });

  it('waits between 250 ms and 5 s, whatever the attempt and the jitter', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, jitter) => {
        const wait = backoffMs(attempt, jitter);
        return wait >= 250 && wait <= 5_000;
      }),
    );
  });

  it('is never connected and away at once, over any order of events', () => {
    const event = fc.oneof(
      fc.constantFrom<ConnectionEvent>(start, retry, { type: 'restart' }),
      fc.nat().map(opened),
      fc.nat().map(closed),
      fc.tuple(fc.nat(), fc.constantFrom(soft, death, hopeless)).map(([at, failure]) => failed(at, failure)),
    );
    fc.assert(fc.property(fc.array(event), (events) => !(play(events).phase === 'connected' && 'away' in play(events))));
  });
});
