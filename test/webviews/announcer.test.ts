import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { ErrorInfo } from '../../server/protocol/errors.ts';
import type { Turn } from '../../server/protocol/messages.ts';
import { announcement } from '../../webviews/chat/announcer.ts';
import { provisioningWords } from '../../webviews/chat/composerModel.ts';
import { initialState } from '../../webviews/chat/chatState.ts';
import type { ChatState } from '../../webviews/chat/chatState.ts';
import { endedTurn, textPart } from '../support/chatScenes.ts';
import { makeSandbox, makeSession } from '../support/fakeChatHost.ts';

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

it('tells a screen reader that a refused key was mended, and of no lock where a sandbox is made again', () => {
  const session = makeSession({ id: randomUUID(), agentId: randomUUID() });
  const error: ErrorInfo = { class: 'model_auth', message: 'Study refused the key.', cause: 'x', hint: 'Give it again.', retryable: false };
  const turn = endedTurn(session.id, 1, 'one', [], { outcome: 'failed', error });
  const before: ChatState = { ...initialState, agentId: session.agentId, sessionId: session.id, snapshot: { session, seq: 1, turns: [turn], queue: [], hasOlderTurns: false } };
  const endedAt = turn.attempts[0]?.endedAt ?? 0;
  expect(announcement(before, { ...before, keysTaken: { Study: endedAt + 1 } })).toBe('Key accepted. Retry available.');
  expect(announcement(before, { ...before, keysTaken: { Attic: endedAt + 1 } })).toBeUndefined();
  expect(announcement(before, { ...before, snapshot: { ...before.snapshot!, turns: [endedTurn(session.id, 1, 'one', [], { outcome: 'failed', error: { ...error, message: 'Study 2 refused the key.' } })] }, keysTaken: { Study: Number.MAX_SAFE_INTEGER } })).toBeUndefined();
  const starting = { ...before, sandboxes: new Map([[session.agentId, makeSandbox(session.agentId, { phase: 'starting' })]]) };
  expect(announcement(before, starting)).toBe(provisioningWords);
  expect(announcement(before, { ...starting, returning: new Set([session.agentId]) })).toBeUndefined();
});
