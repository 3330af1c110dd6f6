import type http from 'node:http';
import type { ErrorInfo } from '../protocol/errors.ts';

/** The form in which a sandbox is told of an error: OpenAI's, with our class as the type and our next step as `hint`. */
export function errorBody(error: ErrorInfo, status: number): string {
  return JSON.stringify({ error: { message: error.message, type: error.class, code: status, cause: error.cause, hint: error.hint } });
}

/** Answers with JSON and ends; nothing happens when the answer has begun already. */
export function answerJson(response: http.ServerResponse, status: number, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' });
  response.end(body);
}

/** Answers with an error: as JSON when nothing was sent, else as a last event of the stream. */
export function answerError(response: http.ServerResponse, status: number, error: ErrorInfo): void {
  if (response.destroyed || response.writableEnded) return;
  if (!response.headersSent) return answerJson(response, status, errorBody(error, status));
  response.end(`\n\ndata: ${errorBody(error, status)}\n\n`);
}

/** The status that says an error of a model call when the model server itself gave none. */
export function statusOf(error: ErrorInfo): number {
  const given = error.details?.['status'];
  if (typeof given === 'number' && given >= 400 && given < 600) return given;
  if (error.class === 'invalid_params') return 400;
  if (error.class === 'policy_denied') return 403;
  return error.class.startsWith('timeout_') ? 504 : 502;
}
