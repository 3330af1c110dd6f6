import { randomUUID } from 'node:crypto';

/** A new id for something that this client names. */
export function newId(): string {
  return randomUUID();
}

/** Whether data of a page is an id: a UUID in lower case. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}
