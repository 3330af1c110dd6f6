import type { Part } from '../../server/protocol/messages.ts';

/** What a step of an answer goes by in the page, for folds and the place of reading: parts are numbered within their message alone. */
export function stepKey(messageId: string, part: Part): string {
  return `${messageId}:${part.partId}`;
}
