import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { ErrorInfo } from '../../server/protocol/errors.ts';
import type { Turn } from '../../server/protocol/messages.ts';
import { announcement } from '../../webviews/chat/announcer.ts';
import { initialState } from '../../webviews/chat/chatState.ts';
import type { ChatState } from '../../webviews/chat/chatState.ts';
import { endedTurn, textPart } from '../support/chatScenes.ts';
import { makeSession } from '../support/fakeChatHost.ts';

function spokenAtEnd(errorClass: ErrorInfo['class'], text: string): string | undefined {
  const session = makeSession({ id: randomUUID(), agentId: randomUUID() });
  const error: ErrorInfo = { class: errorClass, message: 'It ended.', cause: 'x', hint: 'Retry.', retryable: true };
  const turn = endedTurn(session.id, 1, 'one', text === '' ? [] : [textPart(text)], { outcome: 'failed', error });
  const state = (one: Turn): ChatState => ({ ...initialState, sessionId: session.id, snapshot: { session, seq: 1, turns: [one], queue: [], hasOlderTurns: false } });
  return announcement(state({ ...turn, state: 'running' }), state(turn));
}

it('tells a screen reader of a failed answer what its card offers, and nothing else', () => {
  expect(spokenAtEnd('context_overflow', '')).toBe('The agent failed: conversation too long.');
  expect(spokenAtEnd('model_crashed', '')).toBe('The agent failed: model crashed. Retry available.');
  expect(spokenAtEnd('model_crashed', 'It begins')).toBe('The agent failed: model crashed. Continue and Retry available.');
});
