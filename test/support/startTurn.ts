import { randomUUID } from 'node:crypto';
import type { Scene } from './chatScenes.ts';
import { makeTurn } from './fakeChatHost.ts';

/** Starts a turn in the session of a scene, with a stream of text to be written on. */
export function startTurn({ host, sessionId }: Scene, text = 'hi') {
  const turn = makeTurn({ sessionId, ordinal: 1000, text });
  let messageId = randomUUID();
  let offset = 0;
  let attempt = 0;
  const begin = (mode: 'first' | 'retry' | 'resume') => {
    messageId = randomUUID();
    offset = 0;
    attempt += 1;
    host.emit(sessionId, { kind: 'turn.started', attempt, mode, messageId }, turn.id);
    host.emit(sessionId, { kind: 'turn.status', phase: 'answering' }, turn.id);
  };
  host.emit(sessionId, { kind: 'turn.queued', turn });
  begin('first');
  return {
    turn,
    /** Begins another attempt, as after Retry or Continue. */
    again: begin,
    say(more: string) {
      host.emit(sessionId, { kind: 'part.delta', messageId, partId: 'answer', part: 'text', offset, text: more }, turn.id);
      offset += more.length;
    },
    end: (outcome: 'completed' | 'stopped' | 'interrupted' | 'iterations_spent' = 'completed') => host.emit(sessionId, { kind: 'turn.ended', outcome }, turn.id),
  };
}
