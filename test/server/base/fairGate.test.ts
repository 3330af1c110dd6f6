import { describe, expect, it } from 'vitest';
import { FairGate, type Place } from '../../../server/base/fairGate.ts';

const forEver = new AbortController().signal;

/** A gate whose places are told in the order in which they are given. */
function watchedGate(most: () => number) {
  const gate = new FairGate(most);
  const given: string[] = [];
  const places: Place[] = [];
  const enter = (key: string, name: string, signal = forEver): Promise<void> =>
    gate.enter(key, signal).then((place) => {
      given.push(name);
      places.push(place);
    });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const leaveOne = async (): Promise<void> => {
    places.shift()?.leave();
    await settle();
  };
  return { gate, given, enter, settle, leaveOne };
}

describe('a gate', () => {
  it('never lets more in than it may, and the next when one has left, once for each', async () => {
    const { gate, given, enter, settle, leaveOne } = watchedGate(() => 2);
    for (const name of ['1', '2', '3', '4']) void enter('a', name);
    await settle();
    expect([given, gate.taken, gate.waiting]).toEqual([['1', '2'], 2, 2]);
    expect(gate.tryEnter()).toBeUndefined();
    for (let n = 0; n < 4; n += 1) await leaveOne();
    expect([given, gate.taken, gate.waiting]).toEqual([['1', '2', '3', '4'], 0, 0]);
    const place = gate.tryEnter();
    place?.leave();
    place?.leave();
    expect(gate.taken).toBe(0);
  });

  it('goes round the keys that wait, so that a flood of one keeps nobody behind it', async () => {
    const { given, enter, settle, leaveOne } = watchedGate(() => 1);
    for (let n = 0; n < 50; n += 1) void enter('flood', `flood ${n}`);
    void enter('quiet', 'quiet 0');
    void enter('quiet', 'quiet 1');
    void enter('late', 'late 0');
    await settle();
    for (let n = 0; n < 6; n += 1) await leaveOne();
    expect(given).toEqual(['flood 0', 'flood 1', 'quiet 0', 'late 0', 'flood 2', 'quiet 1', 'flood 3']);
  });

  it('lets nobody in who has given up, and gives their place to the next', async () => {
    const { gate, given, enter, settle, leaveOne } = watchedGate(() => 1);
    const leaving = new AbortController();
    void enter('a', 'first');
    const gone = enter('a', 'gone', leaving.signal);
    void enter('a', 'next');
    leaving.abort(new Error('given up'));
    await expect(gone).rejects.toThrow('given up');
    await expect(gate.enter('a', leaving.signal)).rejects.toThrow('given up');
    await settle();
    await leaveOne();
    expect([given, gate.waiting]).toEqual([['first', 'next'], 0]);
  });

  it('lets more in as soon as it may', async () => {
    let most = 1;
    const { gate, given, enter, settle } = watchedGate(() => most);
    for (const name of ['1', '2', '3']) void enter(name, name);
    most = 3;
    gate.refill();
    await settle();
    expect(given).toEqual(['1', '2', '3']);
  });
});
