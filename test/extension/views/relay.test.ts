import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { api, requestDefinitions, type RequestName } from '../../../server/protocol/api.ts';
import { GatewayError } from '../../../extension/server/gatewayError.ts';
import { gatewayMessage, Relay } from '../../../extension/views/relay.ts';
import { methodsThatNeedTrust, views } from '../../../extension/views/views.ts';
import type { CommandMessage, ShowingMessage, ToWebview, UnsentMessage } from '../../../webviews/shared/relayMessages.ts';
import { FakeGatewayPort, lostAt } from '../../support/extension/fakeGatewayPort.ts';
import { idOf } from '../../support/extension/things.ts';

let gateway: FakeGatewayPort;
let posted: ToWebview[];
let commands: CommandMessage[];
let showings: ShowingMessage[];
let logged: string[];
let kept: UnsentMessage[];
let dropped: string[];
let isTrusted: boolean;
let relay: Relay;

beforeEach(() => {
  gateway = new FakeGatewayPort();
  [posted, commands, showings, logged, kept, dropped] = [[], [], [], [], [], []];
  isTrusted = true;
  relay = new Relay({
    view: views.chat,
    gateway,
    unsent: { list: () => ({ messages: kept, goneIds: dropped }), keep: (message) => void kept.push(message), drop: (messageId) => void dropped.push(messageId) },
    post: (message) => void posted.push(message),
    isTrusted: () => isTrusted,
    onReady: () => undefined,
    onCommand: (message) => void commands.push(message),
    onShowing: (showing) => void showings.push(showing),
    log: (sentence) => void logged.push(sentence),
  });
});

const settle = () => new Promise((resolve) => setImmediate(resolve));
async function ask(method: string, params: unknown, id = 1): Promise<ToWebview | undefined> {
  relay.receive({ type: 'request', id, method, params });
  await settle();
  return posted.findLast((message) => message.type === 'response' && message.id === id);
}
const subscribe = (number: number) => ask('sessions/subscribe', { subscriptionId: idOf(number), sessionId: idOf(99) }, number);
const event = (number: number) => ({ subscriptionId: idOf(number), seq: 1 });

describe('the relay', () => {
  it('forwards an allowed request and answers with its result', async () => {
    gateway.answers.set('sessions/list', () => ({ items: [] }));
    expect(await ask('sessions/list', {})).toEqual({ type: 'response', id: 1, result: { items: [] } });
  });

  it('refuses every request that is not on the list of the view, and never asks the gateway for it', async () => {
    for (const [index, method] of [...requestDefinitions.keys(), 'initialize', 'shutdown', '__proto__', ''].entries()) {
      if (views.chat.methods.has(method as RequestName)) continue;
      expect(await ask(method, {}, 1000 + index)).toMatchObject({ error: { class: 'forbidden', cause: 'method_not_allowed' } });
    }
    expect(gateway.asked).toEqual([]);
  });

  it('lists only requests that the contract opens to webviews', () => {
    for (const method of views.chat.methods) expect(requestDefinitions.get(method)?.isOpenToWebviews, method).toBe(true);
    expect(api.agents.delete.isOpenToWebviews).toBe(false);
  });

  it('passes the error of the gateway on whole', async () => {
    const info = { class: 'conflict', message: 'Other text.', cause: 'content', hint: 'Use a new id.', retryable: false } as const;
    gateway.answers.set('chat/send', () => {
      throw new GatewayError(info);
    });
    expect(await ask('chat/send', {})).toEqual({ type: 'response', id: 1, error: info });
  });

  it('answers at once with offline while the gateway is away', async () => {
    gateway.become(lostAt(50));
    expect(await ask('chat/send', { text: 'x' })).toMatchObject({ error: { class: 'offline', retryable: true } });
  });

  it('lets nothing run in a workspace that is not trusted, and lets past sessions be read', async () => {
    isTrusted = false;
    for (const [index, method] of [...methodsThatNeedTrust].entries()) expect(await ask(method, {}, 100 + index)).toMatchObject({ error: { class: 'forbidden', cause: 'workspace_untrusted' } });
    expect(gateway.asked).toEqual([]);
    expect(await ask('sessions/turns', {}, 5)).toMatchObject({ result: {} });
    expect(await ask('chat/stop', {}, 6)).toMatchObject({ result: {} });
  });

  it('sends events of its own subscriptions to the page, and only the kinds that a page may have', async () => {
    await subscribe(1);
    gateway.send('sessions/event', event(1));
    gateway.send('logs/entry', event(1));
    gateway.send('sessions/event', event(2));
    expect(posted.filter(({ type }) => type === 'event')).toEqual([{ type: 'event', name: 'sessions/event', params: event(1) }]);
  });

  it('answers a subscription before it sends the first event of it', async () => {
    gateway.answers.set('sessions/subscribe', () => ({ resumed: true }));
    relay.receive({ type: 'request', id: 1, method: 'sessions/subscribe', params: { subscriptionId: idOf(1), sessionId: idOf(9) } });
    setImmediate(() => gateway.send('sessions/event', event(1)));
    await settle();
    await settle();
    expect(posted.map(({ type }) => type)).toEqual(['response', 'event']);
  });

  it('does not let a page take a subscription that another part has', async () => {
    gateway.route(idOf(5), () => undefined);
    expect(await subscribe(5)).toMatchObject({ error: { class: 'conflict' } });
    expect(gateway.methods()).not.toContain('sessions/subscribe');
  });

  it('does not let a page end a subscription that it has not made', async () => {
    gateway.route(idOf(5), () => undefined);
    expect(await ask('unsubscribe', { subscriptionId: idOf(5) })).toMatchObject({ result: {} });
    expect(gateway.methods()).toEqual([]);
    expect(gateway.isRouted(idOf(5))).toBe(true);
  });

  it('bears at most sixteen subscriptions of one page', async () => {
    for (let number = 1; number <= 16; number++) await subscribe(number);
    expect(await subscribe(17)).toMatchObject({ error: { class: 'limit_exceeded' } });
    expect(relay.subscriptionCount).toBe(16);
  });

  it('keeps nothing of a subscription that failed', async () => {
    gateway.answers.set('sessions/subscribe', () => {
      throw new Error('no');
    });
    await subscribe(1);
    expect(relay.subscriptionCount).toBe(0);
    expect(gateway.routes.size).toBe(0);
  });

  it('ends the subscriptions of a page that is hidden, and drops answers that were meant for it', async () => {
    await subscribe(1);
    posted.length = 0;
    relay.receive({ type: 'request', id: 2, method: 'sessions/list', params: {} });
    relay.endSubscriptions();
    await settle();
    expect(gateway.methods()).toContain('unsubscribe');
    expect(gateway.routes.size).toBe(0);
    expect(posted).toEqual([]);
  });

  it('gives a page that was made anew the facts of the window and of the gateway, whatever was told before', () => {
    relay.receive({ type: 'ready', view: 'chat' });
    relay.receive({ type: 'ready', view: 'chat' });
    const facts = [{ type: 'host', isTrusted: true }, { type: 'unsent', messages: [], goneIds: [] }, { type: 'gateway', state: 'connected', ageMs: expect.any(Number) as number }];
    expect(posted).toEqual([...facts, ...facts]);
  });

  it('tells the page once that the gateway is away, not at each attempt, and that its subscriptions are gone', async () => {
    await subscribe(1);
    posted.length = 0;
    const lost = lostAt(50);
    gateway.become(lost);
    if (lost.phase === 'offline') gateway.become({ phase: 'connecting', away: lost.away, attempt: 1, deathTicks: [] });
    gateway.become(lost);
    expect(posted).toEqual([{ type: 'gateway', state: 'offline', cause: 'The connection to the gateway ended', ageMs: expect.any(Number) as number }]);
    expect(relay.subscriptionCount).toBe(0);
    expect(gateway.methods()).not.toContain('unsubscribe');
  });

  it('has unsent messages kept in their shape alone, and hands them to the page before it says that the gateway is there', () => {
    const message: UnsentMessage = { messageId: idOf(1), sessionId: idOf(2), agentId: idOf(3), text: 'hello', createdAt: 5, isFirst: true };
    relay.receive({ type: 'keep', message: { ...message, more: 1 } });
    for (const change of [{ messageId: '../../x' }, { text: 'x'.repeat(1_048_577) }, { createdAt: -1 }, { isFirst: 'yes' }]) relay.receive({ type: 'keep', message: { ...message, ...change } });
    relay.receive({ type: 'drop', messageId: idOf(7) });
    relay.receive({ type: 'drop', messageId: '../x' });
    expect([kept, dropped]).toEqual([[message], [idOf(7)]]);
    gateway.become(lostAt(50));
    posted.length = 0;
    gateway.become({ phase: 'connected', openedAt: 9, openedTick: 9, attempt: 0, deathTicks: [] });
    expect(posted).toEqual([{ type: 'unsent', messages: [message], goneIds: [idOf(7)] }, { type: 'gateway', state: 'connected', ageMs: expect.any(Number) as number }]);
    expect(gateway.asked).toEqual([]);
  });

  it('says how long each state has lasted, by its own clock alone, and that a gateway does not answer', () => {
    const answering = { isSilent: false, quietMs: 0 };
    expect(gatewayMessage({ phase: 'connected', openedAt: 40, openedTick: 40, attempt: 0, deathTicks: [] }, answering, 100)).toEqual({ type: 'gateway', state: 'connected', ageMs: 60 });
    expect(gatewayMessage(lostAt(50), answering, 100)).toMatchObject({ state: 'offline', ageMs: 50 });
    gateway.fallSilent(5_200);
    gateway.fallSilent(0);
    expect(posted).toMatchObject([{ state: 'connected', isSilent: true, ageMs: 5_200 }, { state: 'connected' }]);
    expect(posted[1]).not.toHaveProperty('isSilent');
  });

  it('says connecting only before the first connection', () => {
    expect(gatewayMessage({ phase: 'connecting', attempt: 0, deathTicks: [] }, { isSilent: false, quietMs: 0 }, 100)).toEqual({ type: 'gateway', state: 'connecting' });
  });

  it('refuses params that are no object or too large', async () => {
    expect(await ask('chat/send', 'text')).toMatchObject({ error: { class: 'invalid_params' } });
    expect(await ask('chat/send', { text: 'x'.repeat(9 * 1024 * 1024) }, 2)).toMatchObject({ error: { class: 'limit_exceeded' } });
    expect(gateway.asked).toEqual([]);
  });

  it('runs a command of the contract with its own arguments alone', () => {
    relay.receive({ type: 'command', command: 'openLink', args: { href: 'https://example.org/a', more: 1 } });
    expect(commands).toEqual([{ type: 'command', command: 'openLink', args: { href: 'https://example.org/a' } }]);
  });

  it.each([
    ['copyText', { text: 'y'.repeat(3_000_000), copyId: 7 }],
    ['openText', { title: 'Answer', text: 'y'.repeat(3_000_000) }],
  ] as const)('runs %s with a text of any length', (command, args) => {
    relay.receive({ type: 'command', command, args });
    expect(commands).toEqual([{ type: 'command', command, args }]);
  });

  it.each([
    ['openLink', { href: 'javascript:alert(1)' }],
    ['openLink', { href: 'https://elsewhere.example\\.example.org/' }],
    ['openLink', { href: 'https:elsewhere.example' }],
    ['openLink', { href: 'file:///etc/passwd' }],
    ['openLink', { href: 'command:workbench.action.terminal.new' }],
    ['openLink', { href: 'https://user:secret@example.org' }],
    ['openText', { title: 'y'.repeat(201), text: 'x' }],
    ['copyText', { text: 'x', copyId: 1.5 }],
    ['renameSession', { sessionId: '../../x' }],
    ['log', { level: 'fatal', text: 'x' }],
    ['constructor', {}],
    ['copyText', null],
  ])('ignores the command %s with hostile arguments', (command, args) => {
    relay.receive({ type: 'command', command, args });
    expect(commands).toEqual([]);
    expect(logged).toHaveLength(1);
  });

  it('takes what the page shows only in its shape', () => {
    relay.receive({ type: 'showing', agentId: idOf(1), isRunning: true, extra: 'x' });
    relay.receive({ type: 'showing', isRunning: false, isLatest: true });
    relay.receive({ type: 'showing', isRunning: false, isLatest: 'yes' });
    relay.receive({ type: 'showing', agentId: 'x', isRunning: true });
    relay.receive({ type: 'showing', isRunning: 'yes' });
    expect(showings).toEqual([
      { type: 'showing', agentId: idOf(1), isRunning: true },
      { type: 'showing', isRunning: false, isLatest: true },
      { type: 'showing', isRunning: false },
    ]);
  });

  it('never throws, whatever a page posts', async () => {
    const type = fc.constantFrom('ready', 'request', 'command', 'showing', 'keep', 'drop', 'other', undefined, 7);
    const hostile = fc.oneof(fc.anything(), fc.record({ type, id: fc.anything(), method: fc.anything(), params: fc.anything(), command: fc.anything(), args: fc.anything(), message: fc.anything(), messageId: fc.anything() }, { requiredKeys: [] }));
    fc.assert(fc.property(hostile, (message) => relay.receive(message) === undefined));
    await settle();
    expect(gateway.asked).toEqual([]);
  });

  it('leaves no listener, no route and no subscription behind', async () => {
    await subscribe(1);
    relay.dispose();
    expect([gateway.listenerCount, gateway.routes.size, relay.subscriptionCount]).toEqual([0, 0, 0]);
  });
});
