import type { FrameWriter } from './frameWriter.ts';

/** Answers that grow with what is stored; none of them is made while so much of earlier ones is unread. */
const bulkMethods: ReadonlySet<string> = new Set([
  ...['sessions/subscribe', 'sessions/turns', 'sessions/list', 'gateway/subscribe', 'agents/list', 'sandboxes/list', 'runs/list', 'runs/get'],
]);
const unreadBytes = 8 * 1024 * 1024;

/**
 * Makes the answer of a method. Of those that may be large one is made at a time for each client, and none for a client that does not read:
 * all of them at once would be held whole. Rejects with the reason of the signal when the client is gone.
 */
export async function inBulk<T>(method: string, writer: FrameWriter, signal: AbortSignal, answer: () => Promise<T>): Promise<T> {
  if (!bulkMethods.has(method)) return await answer();
  const place = await writer.bulk.enter('answers', signal);
  try {
    await writer.drainBelow(unreadBytes);
    signal.throwIfAborted();
    return await answer();
  } finally {
    // By then the answer has been written and counts as unread.
    setImmediate(() => place.leave());
  }
}
