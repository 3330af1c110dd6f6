import { beforeEach, describe, expect, it } from 'vitest';
import { StoreNotice } from '../../extension/storeNotice.ts';
import { FakeGatewayPort, lostAt } from '../support/extension/fakeGatewayPort.ts';

describe('the notice of the store', () => {
  const connected = { phase: 'connected', openedAt: 1, openedTick: 1, attempt: 0, deathTicks: [] } as const;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  let kept: Map<string, unknown>;
  let shown: string[];
  let gateway: FakeGatewayPort;
  let notice: string | undefined;

  const openWindow = () => {
    gateway = new FakeGatewayPort();
    gateway.answers.set('gateway/status', () => ({ store: { state: 'ok', ...(notice === undefined ? {} : { notice }) } }));
    const state = { get: (key: string) => kept.get(key), update: async (key: string, value: unknown) => void kept.set(key, value) };
    return new StoreNotice(gateway, { noted: (sentence) => void shown.push(sentence) }, state as ConstructorParameters<typeof StoreNotice>[2]);
  };
  const reconnect = async () => {
    gateway.become(lostAt(1));
    gateway.become(connected);
    await settle();
  };

  beforeEach(() => {
    [kept, shown, notice] = [new Map(), [], undefined];
  });

  it('is said once, whatever connects again and however many windows there are', async () => {
    notice = 'The database was moved to a; a fresh one is in its place.';
    openWindow();
    await reconnect();
    await reconnect();
    openWindow();
    await reconnect();
    expect(shown).toEqual([notice]);
  });

  it('is said again when it is another one', async () => {
    openWindow();
    await reconnect();
    for (const each of ['moved to a', 'moved to b']) {
      notice = each;
      await reconnect();
    }
    expect(shown).toEqual(['moved to a', 'moved to b']);
  });

  it('stays away when the gateway does not answer', async () => {
    openWindow();
    gateway.answers.set('gateway/status', () => {
      throw new Error('no');
    });
    await reconnect();
    expect(shown).toEqual([]);
  });
});
