import { randomUUID } from 'node:crypto';
import type { Scene } from './chatScenes.ts';
import { makeTurn } from './fakeChatHost.ts';

/** Starts a turn in the session of a scene, with a stream of text to be written on. */
export function startTurn({ host, sessionId }: Scene, text = 'hi') {
  const turn = makeTurn({ sessionId, ordinal: 1000, text });
  const messageId = randomUUID();
  let offset = 0;
  host.emit(sessionId, { kind: 'turn.queued', turn });
  host.emit(sessionId, { kind: 'turn.started', attempt: 1, mode: 'first', messageId }, turn.id);
  host.emit(sessionId, { kind: 'turn.status', phase: 'answering' }, turn.id);
  return {
    turn,
    say(more: string) {
      host.emit(sessionId, { kind: 'part.delta', messageId, partId: 'answer', part: 'text', offset, text: more }, turn.id);
      offset += more.length;
    },
    end: (outcome: 'completed' | 'stopped' = 'completed') => host.emit(sessionId, { kind: 'turn.ended', outcome }, turn.id),
  };
}
