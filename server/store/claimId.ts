import { createHash } from 'node:crypto';
import type { Database } from './database.ts';
import { conflict, notFound } from './storeErrors.ts';

type IdKind = 'message' | 'session' | 'agent' | 'retry' | 'server';

interface ClaimedId<Answer> {
  readonly principal: string;
  readonly kind: IdKind;
  readonly id: string;
  /** What was said with the id; the same id with other content is a conflict. */
  readonly content: readonly unknown[];
  /** What the first call answered, to be given again. */
  readonly answer?: Answer;
}

interface IdRow {
  principal: string;
  hash: string;
  answer: string | null;
  removed_at: number | null;
}

/**
 * Looks whether an id that a client chose was used: undefined when it is free, else the answer of its first use.
 * `conflict` for other content and for what was removed, with the answer and what `present` adds as its details; `not_found` for an id of
 * another principal.
 */
export function findClaim<Answer>(
  db: Database,
  { principal, kind, id, content }: ClaimedId<Answer>,
  present: () => Record<string, unknown> = () => ({}),
): { answer: Answer } | undefined {
  const row = db.get<IdRow>('SELECT principal, hash, answer, removed_at FROM ids WHERE kind = ? AND id = ?', kind, id);
  if (row === undefined) return undefined;
  if (row.principal !== principal) throw notFound(kind);
  if (row.removed_at !== null)
    throw conflict('removed', `The ${kind} with this id was removed.`, 'Use a new id.', { id, removedAt: row.removed_at });
  const answer = JSON.parse(row.answer ?? 'null') as Answer;
  if (row.hash !== hashOf(content))
    throw conflict(
      'other_content',
      `The id of this ${kind} was used with other content.`,
      'Use a new id for new content.',
      { id, ...answer, ...present() },
    );
  return { answer };
}

/** Takes an id for what is being made, with the answer to give when it is said again. */
export function claimId<Answer>(db: Database, { principal, kind, id, content, answer }: ClaimedId<Answer>): void {
  db.run(
    'INSERT INTO ids (kind, id, principal, hash, answer) VALUES (?, ?, ?, ?, ?)',
    kind,
    id,
    principal,
    hashOf(content),
    answer === undefined ? null : JSON.stringify(answer),
  );
}

/** Leaves a tombstone: the id stays taken until it is dug up. */
export function buryId(db: Database, kind: IdKind, id: string, at: number): void {
  db.run('UPDATE ids SET removed_at = ? WHERE kind = ? AND id = ? AND removed_at IS NULL', at, kind, id);
}

/** Takes a tombstone away from what was restored. */
export function digUpId(db: Database, kind: IdKind, id: string): void {
  db.run('UPDATE ids SET removed_at = NULL WHERE kind = ? AND id = ?', kind, id);
}

/** Leaves a tombstone that holds the id alone, nothing that was made from what it stood for; the id stays taken for ever. */
export function eraseId(db: Database, kind: IdKind, id: string, at: number): void {
  db.run(
    "UPDATE ids SET removed_at = coalesce(removed_at, ?), hash = '', answer = NULL WHERE kind = ? AND id = ?",
    at,
    kind,
    id,
  );
}

/** Leaves a tombstone for an id that the gateway itself had chosen. */
export function markRemoved(db: Database, kind: IdKind, id: string, at: number): void {
  db.run("INSERT OR REPLACE INTO ids (kind, id, principal, hash, removed_at) VALUES (?, ?, 'owner', '', ?)", kind, id, at);
}

/** Whether an id was taken and then removed. */
export function isBuried(db: Database, kind: IdKind, id: string): boolean {
  return db.get('SELECT 1 FROM ids WHERE kind = ? AND id = ? AND removed_at IS NOT NULL', kind, id) !== undefined;
}

function hashOf(content: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
