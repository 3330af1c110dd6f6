import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { composerModel } from '../../webviews/chat/composerModel.ts';
import { restoreState, saveState } from '../../webviews/chat/savedState.ts';
import { emptyScene, endedTurn, textPart } from '../support/chatScenes.ts';
import { makeTurn, relayError } from '../support/fakeChatHost.ts';
import { openChat, sent, settle } from '../support/openChat.ts';
import { startTurn } from '../support/startTurn.ts';

describe('a person', () => {
  it('stops the running turn by its id, and says so again after a reconnect', async () => {
    const scene = emptyScene();
    const { driver, host, store } = openChat(scene);
    await settle();
    const turn = makeTurn({ sessionId: scene.sessionId, ordinal: 1, text: 'hi' });
    host.emit(scene.sessionId, { kind: 'turn.queued', turn });
    host.emit(scene.sessionId, { kind: 'turn.started', attempt: 1, mode: 'first', messageId: randomUUID() }, turn.id);
    host.disconnect();
    driver.stop();
    expect(Object.keys(store.state.stopAskedAt)).toEqual([`${turn.id} 1`]);
    host.connect();
    await settle();
    expect(sent(scene, 'chat/stop').map(({ params }) => params)).toEqual([{ sessionId: scene.sessionId, turnId: turn.id }, { sessionId: scene.sessionId, turnId: turn.id }]);
  });

  it('stops every attempt of a turn anew, whatever was wished for the attempts before', async () => {
    const scene = emptyScene();
    const { driver, host, store } = openChat(scene);
    await settle();
    const stream = startTurn(scene);
    for (const mode of ['resume', 'retry', undefined] as const) {
      expect(composerModel(store.state).stop).toEqual({ kind: 'ready' });
      driver.stop();
      expect(composerModel(store.state).stop.kind).toBe('asked');
      host.emit(scene.sessionId, { kind: 'turn.status', phase: 'answering', isStopping: true }, stream.turn.id);
      stream.end('stopped');
      expect(composerModel(store.state).stop).toEqual({ kind: 'none' });
      if (mode !== undefined) stream.again(mode);
    }
    expect(sent(scene, 'chat/stop')).toHaveLength(3);
  });

  it('stops an attempt that was asked for and has not begun, and says so again once the gateway has taken it', async () => {
    const scene = emptyScene();
    const { driver, host, store } = openChat(scene);
    await settle();
    const stream = startTurn(scene);
    driver.stop();
    stream.end('stopped');
    host.held.add('chat/retry');
    driver.retry(stream.turn.id, 'resume');
    expect(composerModel(store.state).stop).toEqual({ kind: 'ready' });
    driver.stop();
    expect(composerModel(store.state).stop.kind).toBe('asked');
    host.release('chat/retry');
    await settle();
    stream.again('resume');
    expect(composerModel(store.state).stop.kind).toBe('asked');
    expect(sent(scene, 'chat/stop')).toHaveLength(3);
    host.refusals.set('chat/retry', [relayError('conflict', 'It runs already.')]);
    stream.end('stopped');
    driver.retry(stream.turn.id, 'resume');
    await settle();
    expect(composerModel(store.state).stop).toEqual({ kind: 'none' });
  });

  it('shows a stop that another page asked for, of this attempt alone', async () => {
    const scene = emptyScene();
    const { host, store } = openChat(scene);
    await settle();
    const stream = startTurn(scene);
    host.emit(scene.sessionId, { kind: 'turn.status', phase: 'answering', isStopping: true }, stream.turn.id);
    const reloaded = openChat(scene, restoreState(structuredClone(saveState(store.state))).state);
    await settle();
    expect(composerModel(reloaded.store.state).stop).toEqual({ kind: 'asked', attempt: `${stream.turn.id} 1` });
    stream.end('stopped');
    stream.again('resume');
    expect(composerModel(reloaded.store.state).stop).toEqual({ kind: 'ready' });
  });

  it('stops a message that is on its way before its turn is known', async () => {
    const scene = emptyScene();
    const { driver, host } = openChat(scene);
    await settle();
    host.held.add('chat/send');
    driver.send('oops');
    driver.stop();
    expect(sent(scene, 'chat/stop').map(({ params }) => params)).toMatchObject([{ messageId: expect.any(String) as string }]);
  });

  it('says a retry twice under one id until it is taken', async () => {
    const scene = emptyScene();
    scene.host.addSession({ ...scene.host.sessions.get(scene.sessionId)!.view.session }, [endedTurn(scene.sessionId, 1, 'hi', [textPart('no')], { outcome: 'failed' })]);
    const { driver, store } = openChat(scene);
    await settle();
    const turnId = store.state.snapshot!.turns[0]!.id;
    driver.retry(turnId, 'retry');
    driver.retry(turnId, 'retry');
    expect(new Set(sent(scene, 'chat/retry').map(({ params }) => (params as { retryId: string }).retryId)).size).toBe(1);
  });
});
