import type { NotificationMessage, RequestMessage } from 'vscode-jsonrpc/node';

/** The id of a request. */
export type RequestId = string | number;

/** What a parsed body is, or why it is none of it. */
export type CheckedMessage =
  | { readonly kind: 'request'; readonly message: RequestMessage & { readonly id: RequestId } }
  | { readonly kind: 'notification'; readonly message: NotificationMessage }
  | { readonly kind: 'cancel'; readonly id: RequestId }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'invalid'; readonly id: RequestId | null; readonly cause: string; readonly message: string };

const maxIdLength = 200;
const maxMethodLength = 200;

/** Checks the shape of a JSON-RPC message before any library sees it. Pure. */
export function checkMessage(body: unknown): CheckedMessage {
  if (Array.isArray(body)) return { kind: 'invalid', id: null, cause: 'batch', message: 'Batches are not taken: send one message in each frame.' };
  if (typeof body !== 'object' || body === null) return { kind: 'invalid', id: null, cause: 'not_an_object', message: 'A message is a JSON object.' };
  const { jsonrpc, id, method, params } = body as Record<string, unknown>;
  const knownId = isRequestId(id) ? id : null;
  const invalid = (cause: string, message: string): CheckedMessage => ({ kind: 'invalid', id: knownId, cause, message });
  if (jsonrpc !== '2.0') return invalid('version', 'A message says `"jsonrpc": "2.0"`.');
  if (method === undefined && ('result' in body || 'error' in body)) return { kind: 'ignored' };
  if (typeof method !== 'string' || method.length > maxMethodLength) return invalid('method', `A message names its method in a string of at most ${maxMethodLength} characters.`);
  if (params !== undefined && params !== null && typeof params !== 'object') return invalid('params', 'Params are an object.');
  const content = { jsonrpc, method, ...(params === undefined || params === null ? {} : { params }) };
  if (!('id' in body)) return method === '$/cancelRequest' ? readCancel(params) : { kind: 'notification', message: content };
  if (knownId === null) return invalid('id', `The id of a request is a whole number or a string of at most ${maxIdLength} characters.`);
  return { kind: 'request', message: { ...content, id: knownId } };
}

function isRequestId(id: unknown): id is RequestId {
  return Number.isSafeInteger(id) || (typeof id === 'string' && id.length <= maxIdLength);
}

function readCancel(params: unknown): CheckedMessage {
  const isOne = typeof params === 'object' && params !== null && 'id' in params && isRequestId(params.id);
  return isOne ? { kind: 'cancel', id: params.id as RequestId } : { kind: 'ignored' };
}
