import { AppError } from '../base/appError.ts';
import type { Message, Origin } from '../protocol/messages.ts';
import { claimId, eraseId, findClaim, isBuried } from './claimId.ts';
import type { Database } from './database.ts';
import { SessionLog } from './sessionLog.ts';
import { changeTime, needLiveSession, needSession, type SessionRow } from './sessionRow.ts';
import type { AcceptedMessage, Stored } from './store.ts';
import { conflict, notFound } from './storeErrors.ts';
import { titleOf } from './title.ts';
import { needTurn, toTurn, type TurnRow } from './turnRow.ts';

/** How many messages may wait in one session. */
export const maxQueuedMessages = 100;

interface Accepting {
  principal: string;
  sessionId: string;
  messageId: string;
  turnId: string;
  text: string;
  origin: Origin;
  at: number;
}

/** Stores a person's message with its queued turn; see the store's interface. */
export function acceptMessage(db: Database, input: Accepting): AcceptedMessage {
  const { principal, sessionId, messageId, turnId, text, origin, at } = input;
  const claim = { principal, kind: 'message' as const, id: messageId, content: [sessionId, text] };
  const earlier = findClaim<{ turnId: string; seq: number }>(db, claim);
  if (earlier !== undefined) return { ...earlier.answer, isNew: false, sessionId, events: [] };
  const session = needLiveSession(db, sessionId);
  if (session.principal !== principal) throw notFound('session');
  refuseLongQueue(db, sessionId);
  const message: Message = {
    id: messageId,
    role: 'user',
    parts: [{ kind: 'text', partId: '1', text }],
    origin,
    createdAt: at,
  };
  db.run(
    "INSERT INTO turns (id, session_id, ordinal, state, message_id, message, queued_at) VALUES (?, ?, ?, 'queued', ?, ?, ?)",
    turnId,
    sessionId,
    session.last_ordinal + 1,
    messageId,
    JSON.stringify(message),
    at,
  );
  noteMessage(db, session, text, at);
  const log = new SessionLog(db, sessionId, at);
  const seq = log.append({ kind: 'turn.queued', turn: toTurn(db, needTurn(db, turnId)) }, turnId);
  log.appendSessionChanged();
  claimId(db, { ...claim, answer: { turnId, seq } });
  return { ...log.toStored(), turnId, seq, isNew: true };
}

function countQueued(db: Database, sessionId: string): number {
  return (
    db.get<{ count: number }>(
      "SELECT count(*) AS count FROM turns WHERE session_id = ? AND state = 'queued'",
      sessionId,
    )?.count ?? 0
  );
}

function refuseLongQueue(db: Database, sessionId: string): void {
  if (countQueued(db, sessionId) < maxQueuedMessages) return;
  throw new AppError('limit_exceeded', `${maxQueuedMessages} messages are waiting in this session already.`, {
    reason: 'queue_length',
    hint: 'Wait until some were answered, or remove some.',
    details: { limit: maxQueuedMessages },
  });
}

/** Counts the message, and names a session that has no title yet after it. A hold is about what was waiting when it came: a message sent to an empty queue runs. */
function noteMessage(db: Database, session: SessionRow, text: string, at: number): void {
  if (session.is_queue_held === 1 && countQueued(db, session.id) === 1)
    db.run('UPDATE sessions SET is_queue_held = 0 WHERE id = ?', session.id);
  const title = session.title === '' ? titleOf(text) : '';
  db.run(
    'UPDATE sessions SET last_ordinal = last_ordinal + 1, message_count = message_count + 1, updated_at = ? WHERE id = ?',
    changeTime(db, at),
    session.id,
  );
  if (title !== '') db.run('UPDATE sessions SET title = ?, revision = revision + 1 WHERE id = ?', title, session.id);
}

/** Changes the text of a queued message. */
export function editQueued(
  db: Database,
  input: { sessionId: string; messageId: string; text: string; at: number },
): Stored {
  const turn = needQueued(db, input.sessionId, input.messageId);
  const message: Message = {
    ...(JSON.parse(turn.message) as Message),
    parts: [{ kind: 'text', partId: '1', text: input.text }],
  };
  db.run('UPDATE turns SET message = ? WHERE id = ?', JSON.stringify(message), turn.id);
  const log = new SessionLog(db, input.sessionId, input.at);
  log.append({ kind: 'turn.edited', message }, turn.id);
  return log.toStored();
}

/** Removes a queued message and leaves its id as a tombstone. */
export function removeQueued(db: Database, input: { sessionId: string; messageId: string; at: number }): Stored {
  const log = new SessionLog(db, input.sessionId, input.at);
  needSession(db, input.sessionId);
  if (isBuried(db, 'message', input.messageId)) return log.toStored();
  const turn = needQueued(db, input.sessionId, input.messageId);
  db.run('DELETE FROM turns WHERE id = ?', turn.id);
  db.run(
    'UPDATE sessions SET message_count = message_count - 1, updated_at = ? WHERE id = ?',
    changeTime(db, input.at),
    input.sessionId,
  );
  eraseId(db, 'message', input.messageId, input.at);
  log.append({ kind: 'message.removed', messageId: input.messageId }, turn.id);
  log.appendSessionChanged();
  return log.toStored();
}

function needQueued(db: Database, sessionId: string, messageId: string): TurnRow {
  const turn = db.get<TurnRow>('SELECT * FROM turns WHERE message_id = ? AND session_id = ?', messageId, sessionId);
  if (turn === undefined) throw notFound('message');
  if (turn.state !== 'queued')
    throw conflict('started', 'The message has started to be answered.', 'Stop the turn, or send a new message.', {
      turnId: turn.id,
    });
  return turn;
}
