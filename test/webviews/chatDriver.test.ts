import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { draftOf, initialState, runningTurn, shownPending } from '../../webviews/chat/chatState.ts';
import { composerModel } from '../../webviews/chat/composerModel.ts';
import { restoreState, saveState } from '../../webviews/chat/savedState.ts';
import { emptyScene, longScene } from '../support/chatScenes.ts';
import { openChat, sent, settle } from '../support/openChat.ts';
import { makeAgent, makeSandbox, makeTurn, relayError } from '../support/fakeChatHost.ts';

describe('a sandbox that is made again by another gateway', () => {
  it('locks nothing, because it was ready before and messages are taken; one that is made later does', async () => {
    const scene = emptyScene();
    const { store, driver, host } = openChat(scene);
    await settle();
    const lock = () => composerModel(store.state).lock?.kind;
    const provision = (phase: 'absent' | 'starting' | 'ready') => host.setSandbox(makeSandbox(scene.agentId, { phase, isChatReady: phase === 'ready' }));
    host.disconnect();
    provision('absent');
    host.connect();
    await settle();
    provision('starting');
    await settle();
    expect([lock(), driver.send('hello')]).toEqual([undefined, true]);
    provision('ready');
    provision('starting');
    await settle();
    expect(lock()).toBe('provisioning');
  });

  it('locks as ever when it was not ready before', async () => {
    const scene = emptyScene({ phase: 'starting' });
    const { store, host } = openChat(scene);
    await settle();
    host.disconnect();
    host.connect();
    await settle();
    expect(composerModel(store.state).lock?.kind).toBe('provisioning');
  });
});

describe('a deleted session', () => {
  it('is shown, takes no message, keeps the draft, and is written in again once it is restored', async () => {
    const scene = longScene(3);
    const session = scene.host.sessions.get(scene.sessionId)!;
    session.view = { ...session.view, session: { ...session.view.session, deletedAt: 5, isQueueHeld: true }, queue: [makeTurn({ sessionId: scene.sessionId, ordinal: 4, text: 'waits' })] };
    const { store, driver, host } = openChat(scene);
    await settle();
    expect(store.state.snapshot?.turns).toHaveLength(3);
    expect(composerModel(store.state)).toMatchObject({ lock: { kind: 'deleted', sessionId: scene.sessionId }, isQueueHeld: true, isQueueOpen: false, heldWords: 'kept with the session' });
    driver.type('a draft');
    expect(driver.send('a draft')).toBe(false);
    expect(draftOf(store.state)).toBe('a draft');
    const { deletedAt: _deletedAt, ...restored } = session.view.session;
    host.emit(scene.sessionId, { kind: 'session.changed', session: restored });
    await settle();
    expect(composerModel(store.state)).toMatchObject({ lock: undefined, isQueueHeld: true, isQueueOpen: true, draft: 'a draft' });
    expect(driver.send('a draft')).toBe(true);
  });
});

describe('sending', () => {
  it('shows a message at once and drops it from the pending list only when the gateway has stored it', async () => {
    const scene = emptyScene();
    const { store, driver, host } = openChat(scene);
    await settle();
    host.held.add('chat/send');
    driver.send('hello');
    expect(shownPending(store.state).map((message) => message.text)).toEqual(['hello']);
    expect(saveState(store.state).pending).toHaveLength(1);
    host.release('chat/send');
    await settle();
    expect(store.state.pending).toEqual([]);
    expect(store.state.snapshot?.queue.map((turn) => turn.message.parts)).toMatchObject([[{ text: 'hello' }]]);
  });

  it('empties the composer when a message is taken, and refuses blank text', async () => {
    const scene = emptyScene();
    const { store, driver } = openChat(scene);
    await settle();
    driver.type('hello');
    expect(driver.send('  \n ')).toBe(false);
    expect(draftOf(store.state)).toBe('hello');
    expect(driver.send('hello')).toBe(true);
    expect(draftOf(store.state)).toBe('');
  });

  it('stores a message once when the answer was lost and it is sent again under the same id', async () => {
    const scene = emptyScene();
    const { store, driver, host } = openChat(scene);
    await settle();
    host.lostAnswers.add('chat/send');
    driver.send('once');
    await settle();
    expect(host.isConnected).toBe(false);
    expect(saveState(store.state).pending).toHaveLength(1);
    host.connect();
    await settle();
    expect(sent(scene, 'chat/send').map(({ params }) => (params as { messageId: string }).messageId)).toHaveLength(2);
    expect(new Set(sent(scene, 'chat/send').map(({ params }) => (params as { messageId: string }).messageId)).size).toBe(1);
    expect(host.stored.size).toBe(1);
    expect(store.state.pending).toEqual([]);
    expect(store.state.snapshot?.queue).toHaveLength(1);
  });

  it('sends what was written offline by itself, in order, each once', async () => {
    const scene = emptyScene();
    const { store, driver, host } = openChat(scene);
    await settle();
    host.disconnect();
    for (const text of ['one', 'two', 'three']) driver.send(text);
    await settle();
    expect(host.stored.size).toBe(0);
    expect(shownPending(store.state)).toHaveLength(3);
    host.connect();
    await settle();
    expect([...host.stored.values()].map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    expect(store.state.pending).toEqual([]);
  });

  it('sends what a closed page left behind, under the ids it had there', async () => {
    const scene = emptyScene();
    const first = openChat(scene);
    await settle();
    scene.host.disconnect();
    first.driver.send('left behind');
    const { messageId } = first.store.state.pending[0]!;
    const saved = structuredClone(saveState(first.store.state));
    scene.host.isConnected = true;
    const second = openChat(scene, restoreState(saved).state);
    await settle();
    expect([...scene.host.stored.keys()]).toEqual([messageId]);
    expect(second.store.state.pending).toEqual([]);
  });

  it('sends what a page left behind whose own state was lost, once, from what the extension kept', async () => {
    const scene = emptyScene();
    const first = openChat(scene);
    await settle();
    scene.host.disconnect();
    first.driver.send('kept');
    const { messageId } = first.store.state.pending[0]!;
    const second = openChat(scene);
    expect(shownPending(second.store.state).map(({ text }) => text)).toEqual(['kept']);
    scene.host.connect();
    await settle();
    expect([...scene.host.stored.keys()]).toEqual([messageId]);
    expect(second.store.state.pending).toEqual([]);
    expect([...scene.host.unsent.values()]).toEqual([undefined]);
  });

  it('does not send what was removed, though the state that VS Code kept of the page is older', async () => {
    const scene = emptyScene();
    const first = openChat(scene);
    await settle();
    scene.host.disconnect();
    first.driver.send('removed');
    const saved = structuredClone(saveState(first.store.state));
    first.driver.removePending(first.store.state.pending[0]!.messageId);
    scene.host.isConnected = true;
    const second = openChat(scene, restoreState(saved).state);
    await settle();
    expect(second.store.state.pending).toEqual([]);
    expect(scene.host.stored.size).toBe(0);
  });

  it('has the extension keep what it was not told of, and does not take back what it has dropped itself', async () => {
    const scene = emptyScene();
    const first = openChat(scene);
    await settle();
    scene.host.disconnect();
    first.driver.send('one');
    const saved = structuredClone(saveState(first.store.state));
    scene.host.unsent.clear();
    const { driver, store } = openChat(scene, restoreState(saved).state);
    const [message] = [...scene.host.unsent.values()];
    expect(message).toMatchObject({ text: 'one' });
    driver.removePending(store.state.pending[0]!.messageId);
    if (message !== undefined) driver.take({ type: 'unsent', messages: [message], goneIds: [] });
    expect(store.state.pending).toEqual([]);
  });

  it('creates the session before the first message, with the same id on every try', async () => {
    const scene = emptyScene({ hasSession: false });
    const { store, driver, host } = openChat(scene);
    await settle();
    expect(store.state.agentId).toBe(scene.agentId);
    host.lostAnswers.add('sessions/create');
    driver.send('first');
    driver.send('second');
    await settle();
    host.connect();
    await settle();
    expect(host.sessions.size).toBe(1);
    expect([...host.stored.values()].map(({ text }) => text)).toEqual(['first', 'second']);
    expect(store.state.snapshot?.session.id).toBe(store.state.sessionId);
    expect(store.state.snapshot?.queue).toHaveLength(2);
  });

  it('keeps a refused message at its place with the error, and lets later ones go when it can never be taken', async () => {
    const scene = emptyScene();
    const { store, driver, host } = openChat(scene);
    await settle();
    host.refusals.set('chat/send', [relayError('conflict', 'This id was used with other content.')]);
    driver.send('refused');
    driver.send('taken');
    await settle();
    expect(store.state.pending).toMatchObject([{ text: 'refused', error: { class: 'conflict' } }]);
    expect([...host.stored.values()].map(({ text }) => text)).toEqual(['taken']);
  });

  it('holds later messages behind one that may yet be taken, and sends all in order when it is tried again', async () => {
    const scene = emptyScene();
    const { store, driver, host } = openChat(scene);
    await settle();
    host.refusals.set('chat/send', [relayError('storage_full', 'The disk is full.', true)]);
    driver.send('one');
    driver.send('two');
    await settle();
    expect(host.stored.size).toBe(0);
    driver.resend(store.state.pending[0]!.messageId);
    await settle();
    expect([...host.stored.values()].map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('sends nothing of a workspace that is not trusted', async () => {
    const scene = emptyScene();
    scene.host.isTrusted = false;
    const { driver } = openChat(scene);
    await settle();
    expect(driver.send('hello')).toBe(false);
  });
});

describe('following a session', () => {
  it('resumes after the last seq it saw when the connection comes back, and loses and doubles nothing', async () => {
    const scene = emptyScene();
    const { store, host } = openChat(scene);
    await settle();
    const turn = makeTurn({ sessionId: scene.sessionId, ordinal: 1, text: 'hi' });
    const messageId = randomUUID();
    host.emit(scene.sessionId, { kind: 'turn.queued', turn });
    host.emit(scene.sessionId, { kind: 'turn.started', attempt: 1, mode: 'first', messageId }, turn.id);
    host.emit(scene.sessionId, { kind: 'part.delta', messageId, partId: 'p', part: 'text', offset: 0, text: 'Hel' }, turn.id);
    host.disconnect();
    host.emit(scene.sessionId, { kind: 'part.delta', messageId, partId: 'p', part: 'text', offset: 3, text: 'lo' }, turn.id);
    host.connect();
    await settle();
    expect(sent(scene, 'sessions/subscribe').at(-1)?.params).toMatchObject({ after: 103 });
    expect(runningTurn(store.state)?.attempts[0]?.message?.parts).toMatchObject([{ text: 'Hello' }]);
  });

  it('asks again after a hole in the events', async () => {
    const scene = emptyScene();
    const { store, host } = openChat(scene);
    await settle();
    const turn = makeTurn({ sessionId: scene.sessionId, ordinal: 1, text: 'hi' });
    host.emitUnsent(scene.sessionId, { kind: 'turn.queued', turn });
    host.emit(scene.sessionId, { kind: 'turn.started', attempt: 1, mode: 'first', messageId: randomUUID() }, turn.id);
    await settle();
    expect(store.state.snapshot).toEqual(host.sessions.get(scene.sessionId)?.view);
    expect(runningTurn(store.state)?.id).toBe(turn.id);
  });

  it('takes a snapshot anew when it fell behind, and ignores events of the subscription before', async () => {
    const scene = emptyScene();
    const { store, host } = openChat(scene);
    await settle();
    host.reset(scene.sessionId, 'behind');
    await settle();
    expect(sent(scene, 'sessions/subscribe').at(-1)?.params).not.toHaveProperty('after');
    const before = store.state;
    host.post({ type: 'event', name: 'sessions/event', params: { subscriptionId: randomUUID(), sessionId: scene.sessionId, seq: 500, prev: 100, at: 0, event: { kind: 'message.removed', messageId: randomUUID() } } });
    expect(store.state).toBe(before);
  });

  it('goes to an empty chat with the agent when the session was deleted', async () => {
    const scene = emptyScene();
    const { store, host } = openChat(scene);
    await settle();
    host.reset(scene.sessionId, 'deleted');
    expect(store.state).toMatchObject({ agentId: scene.agentId, sessionId: undefined, snapshot: undefined });
  });

  it('reads older turns back page by page, and keeps them when a fresh snapshot joins them', async () => {
    const scene = longScene(130);
    const { store, driver, host } = openChat(scene);
    await settle();
    expect(store.state.snapshot?.turns).toHaveLength(50);
    driver.loadOlder();
    driver.loadOlder();
    await settle();
    expect(store.state.snapshot?.turns).toHaveLength(100);
    host.reset(scene.sessionId, 'behind');
    await settle();
    expect(store.state.snapshot?.turns.map((turn) => turn.ordinal)).toEqual(Array.from({ length: 100 }, (_x, index) => 31 + index));
    driver.loadOlder();
    await settle();
    expect(store.state.snapshot).toMatchObject({ hasOlderTurns: false });
    expect(store.state.snapshot?.turns).toHaveLength(130);
  });
});

describe('what a person does', () => {
  it('changes a queued message in the composer and gives the draft back afterwards', async () => {
    const scene = emptyScene();
    const { driver, host, store } = openChat(scene);
    await settle();
    const turn = makeTurn({ sessionId: scene.sessionId, ordinal: 1, text: 'queued words' });
    host.emit(scene.sessionId, { kind: 'turn.queued', turn });
    driver.type('a draft');
    driver.beginEdit(turn.message.id);
    expect(draftOf(store.state)).toBe('queued words');
    await driver.saveEdit('better words');
    expect(sent(scene, 'chat/editQueued').map(({ params }) => params)).toEqual([{ sessionId: scene.sessionId, messageId: turn.message.id, text: 'better words' }]);
    expect(store.state.edit).toBeUndefined();
    expect(draftOf(store.state)).toBe('a draft');
  });

  it('keeps the changed words in the composer when the message has started meanwhile', async () => {
    const scene = emptyScene();
    const { driver, host, store } = openChat(scene);
    await settle();
    const turn = makeTurn({ sessionId: scene.sessionId, ordinal: 1, text: 'queued words' });
    host.emit(scene.sessionId, { kind: 'turn.queued', turn });
    driver.beginEdit(turn.message.id);
    driver.type('better words');
    host.refusals.set('chat/editQueued', [relayError('conflict', 'It has already started.')]);
    await driver.saveEdit('better words');
    expect(store.state.edit).toBeUndefined();
    expect(draftOf(store.state)).toBe('better words');
    expect(store.state.failure?.class).toBe('conflict');
  });

  it('keeps a draft per conversation', async () => {
    const scene = emptyScene();
    const { driver, host, store } = openChat(scene);
    await settle();
    driver.type('for the old one');
    host.post({ type: 'show', what: 'newSession' });
    expect(draftOf(store.state)).toBe('');
    driver.type('for the new one');
    host.post({ type: 'show', what: 'agent', agentId: scene.agentId, sessionId: scene.sessionId });
    await settle();
    expect(draftOf(store.state)).toBe('for the old one');
  });

  it('opens the latest session of an agent that the host shows', async () => {
    const scene = emptyScene();
    const other = makeAgent({ name: 'Planner' });
    scene.host.agents.set(other.id, other);
    const { store, host } = openChat(scene);
    await settle();
    host.post({ type: 'show', what: 'agent', agentId: other.id });
    await settle();
    expect(store.state).toMatchObject({ agentId: other.id, sessionId: undefined });
    host.post({ type: 'show', what: 'agent', agentId: scene.agentId });
    await settle();
    expect(store.state.sessionId).toBe(scene.sessionId);
  });

  it('follows sandboxes by their revisions and lists again after a hole', async () => {
    const scene = emptyScene({ phase: 'starting' });
    const { store, host } = openChat(scene);
    await settle();
    host.setSandbox(makeSandbox(scene.agentId, { phase: 'ready' }));
    expect(store.state.sandboxes.get(scene.agentId)?.phase).toBe('ready');
    const { post } = host;
    host.post = () => undefined;
    host.setSandbox(makeSandbox(scene.agentId, { phase: 'starting' }));
    host.post = post;
    host.setSandbox(makeSandbox(scene.agentId, { phase: 'failed' }));
    await settle();
    expect(store.state.sandboxes.get(scene.agentId)?.phase).toBe('failed');
    expect(sent(scene, 'gateway/subscribe')).toHaveLength(2);
  });
});

describe('saved state', () => {
  it('counts anything that it does not know as none', () => {
    for (const saved of [undefined, null, 3, {}, { version: 2 }, { version: 1, pending: 'x' }]) expect(restoreState(saved).state).toBe(initialState);
  });
});
