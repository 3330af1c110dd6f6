import type { Kept, Members } from '../protocol/kept.ts';

/** What is kept for a server is what the gateway saw it send, by name, not whatever a sandbox says that it sent. */
export function onlySeen({ step, message, call }: Kept, seen: ReadonlySet<string>): Kept {
  return { step, ...(message === undefined ? {} : { message: pickSeen(message, seen) }), ...(call === undefined ? {} : { call: pickSeen(call, seen) }) };
}

function pickSeen(members: Members, seen: ReadonlySet<string>): Record<string, unknown> {
  const { function: inner, ...own } = members;
  const isSeen = ([name]: [string, unknown]): boolean => seen.has(name);
  const ofFunction = typeof inner === 'object' && inner !== null ? Object.entries(inner).filter(isSeen) : [];
  return { ...Object.fromEntries(Object.entries(own).filter(isSeen)), ...(ofFunction.length === 0 ? {} : { function: Object.fromEntries(ofFunction) }) };
}
