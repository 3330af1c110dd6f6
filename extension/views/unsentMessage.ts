import { maxMessageChars } from '../../server/protocol/messageLimit.ts';
import type { UnsentMessage } from '../../webviews/shared/relayMessages.ts';
import { isId } from '../ids.ts';

/** Reads an unsent message, from a page or from a file; undefined when it is none. */
export function readUnsentMessage(value: unknown): UnsentMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { messageId, sessionId, agentId, text, createdAt, isFirst } = value as Partial<Record<keyof UnsentMessage, unknown>>;
  if (!isId(messageId) || !isId(sessionId) || !isId(agentId)) return undefined;
  if (typeof text !== 'string' || text.length > maxMessageChars || typeof isFirst !== 'boolean') return undefined;
  if (typeof createdAt !== 'number' || !Number.isSafeInteger(createdAt) || createdAt < 0) return undefined;
  return { messageId, sessionId, agentId, text, createdAt, isFirst };
}
