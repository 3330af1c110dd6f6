import type http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { ModelCallObserver, ModelRoute } from '../inference/route.ts';
import { answerError, answerJson } from './answers.ts';
import { relayCall, type CallContext, type RelayedCall } from './relayedCall.ts';
import { readBody } from '../net/readBody.ts';

/** The route of a task and who listens. */
export interface Assignment {
  readonly route: ModelRoute;
  readonly observer: ModelCallObserver;
}

/** What the handler of one socket needs. */
export interface InferenceHandlerOptions extends Pick<CallContext, 'http' | 'log' | 'waits' | 'onUnreachable' | 'refused'> {
  readonly assigned: Promise<Assignment>;
  readonly assignMs: number;
}

/** Answers the requests that come through the socket of one task. */
export interface InferenceHandler {
  readonly handle: http.RequestListener;
  /** Ends the calls under way and waits for their reports. */
  dispose(): Promise<void>;
}

/** More than the largest context of a model; reading a longer one would keep every stream of the gateway waiting. */
const maxBodyBytes = 8 * 1_048_576;
const maxCalls = 4;
/** Of all requests of one task at one time: each is held until its answer has ended. */
const maxHeldBytes = 2 * maxBodyBytes;

/** Makes the handler. Two requests exist, a chat completion and the list of the one model; all else is not there. */
export function createInferenceHandler(options: InferenceHandlerOptions): InferenceHandler {
  const { log, assigned, assignMs } = options;
  const calls = new Set<RelayedCall>();
  const returned = new Set<string>();
  let reading = 0;
  let heldBytes = 0;

  async function waitForRoute(): Promise<Assignment | undefined> {
    const limit = new AbortController();
    const late = sleep(assignMs, undefined, { signal: limit.signal, ref: false }).catch(() => undefined);
    const assignment = await Promise.race([assigned, late]);
    limit.abort();
    return assignment ?? undefined;
  }

  async function complete(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (calls.size + reading >= maxCalls) return answerError(response, 429, tooMany('too_many_calls', `${maxCalls} model calls under way`));
    // A request that does not tell its length is reckoned with the longest.
    const length = Number(request.headers['content-length'] ?? maxBodyBytes);
    if (!(length <= maxBodyBytes)) return refuseLength(request, response);
    if (heldBytes + length > maxHeldBytes) return answerError(response, 429, tooMany('too_many_bytes', `model calls of ${maxHeldBytes / 1_048_576} MiB under way`));
    reading += 1;
    heldBytes += length;
    try {
      const call = await beginCall(request, response).finally(() => (reading -= 1));
      if (call === undefined) return;
      calls.add(call);
      await call.ended;
      calls.delete(call);
    } finally {
      heldBytes -= length;
    }
  }

  /** Undefined when the request was refused. */
  async function beginCall(request: http.IncomingMessage, response: http.ServerResponse): Promise<RelayedCall | undefined> {
    const body = await readBody(request, maxBodyBytes);
    if (body === undefined) {
      refuseLength(request, response);
      return undefined;
    }
    const assignment = await waitForRoute();
    const refused = assignment?.observer.refuse?.();
    if (refused !== undefined) {
      answerError(response, 403, refused);
      return undefined;
    }
    for (const name of assignment?.route.returnedMembers ?? []) returned.add(name);
    if (assignment !== undefined) return relayCall(body, response, { ...options, ...assignment, returned });
    answerError(response, 503, refusal('model_unreachable', 'no_route', 'No model was chosen for this task.', 'Retry.'));
    return undefined;
  }

  async function listModels(response: http.ServerResponse): Promise<void> {
    const assignment = await waitForRoute();
    const data = assignment === undefined ? [] : [{ id: assignment.route.model, object: 'model', created: 0, owned_by: 'logos', max_model_len: assignment.route.contextTokens }];
    answerJson(response, 200, JSON.stringify({ object: 'list', data }));
  }

  async function route(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const asked = `${request.method} ${request.url}`;
    if (asked === 'POST /v1/chat/completions') return complete(request, response);
    request.resume();
    if (asked === 'GET /v1/models') return listModels(response);
    log.debug('A task asked its inference socket for something that is not there.', { data: { request: asked.slice(0, 200) } });
    answerError(response, 404, refusal('not_found', 'no_such_path', 'There is nothing here but POST /v1/chat/completions and GET /v1/models.', 'Use one of these.'));
  }

  return {
    handle(request, response) {
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      route(request, response).catch((thrown: unknown) => {
        log.error('A request of a task could not be answered.', { data: { error: String(thrown) } });
        response.destroy();
      });
    },
    async dispose() {
      for (const call of calls) call.stop();
      await Promise.all([...calls].map((call) => call.ended));
    },
  };
}

/** Too long, or cut off in the middle: the rest of the body is not read. */
function refuseLength(request: http.IncomingMessage, response: http.ServerResponse): void {
  if (request.destroyed) return;
  response.shouldKeepAlive = false;
  response.once('finish', () => request.destroy());
  answerError(response, 413, refusal('context_overflow', 'body_too_large', 'The request is longer than 8 MiB.', 'Start a new session.'));
}

function tooMany(cause: string, what: string): ErrorInfo {
  return refusal('model_rate_limited', cause, `The task has ${what}.`, 'Wait until one of them has ended.');
}

function refusal(errorClass: ErrorInfo['class'], cause: string, message: string, hint: string): ErrorInfo {
  return { class: errorClass, message, cause, hint, retryable: false };
}
