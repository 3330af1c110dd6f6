import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { ModelCallObserver, ModelRoute } from '../inference/route.ts';
import { classifyModelError } from '../inference/wire/classifyModelError.ts';
import { brokenStream, modelError } from '../inference/wire/modelErrors.ts';
import { readRetryAfter } from '../inference/wire/retryAfter.ts';
import { HttpFailure, type HttpClient, type HttpResponse } from '../net/http.ts';
import type { KeyBlanker } from '../net/keyBlanker.ts';
import { readBody } from '../net/readBody.ts';

/** How long a call waits for its server before the first byte, ms. */
export interface WaitLimits {
  /** Between looks at a server that is loading its model; the first-token limit of the route bounds the whole. */
  readonly loadPollMs: number;
  /** In all, for a server that asked to wait. */
  readonly rateLimitMs: number;
}

/** Waits at most 10 s for a rate limit and looks every second at a server that loads. */
export const defaultWaitLimits: WaitLimits = { loadPollMs: 1000, rateLimitMs: 10_000 };

const maxRateLimitWaits = 2;
const maxErrorBytes = 1_048_576;

/** What a call needs to reach its server. */
export interface UpstreamCall {
  readonly http: HttpClient;
  readonly route: ModelRoute;
  readonly observer: ModelCallObserver;
  readonly authorization: string | undefined;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
  readonly blanker: KeyBlanker;
  readonly waits: WaitLimits;
  /** Told that the request goes to the server, and that it was refused or did not arrive. */
  readonly onAsked: (isAsked: boolean) => void;
}

/** A stream that has begun, or why there is none. */
export type Upstream = { readonly ok: true; readonly response: HttpResponse } | { readonly ok: false; readonly error: ErrorInfo; readonly isUnreachable: boolean };

/** Sends a call to its server, and waits for one that is loading or busy. Rejects only with the signal's reason. */
export async function openUpstream(call: UpstreamCall): Promise<Upstream> {
  let waitedMs = 0;
  let rateLimitWaits = 0;
  for (;;) {
    call.onAsked(true);
    const answer = await sendCall(call);
    if (answer.ok) return answer;
    call.onAsked(false);
    const { error } = answer;
    if (error.cause === 'model_loading') {
      call.observer.onStatus?.('model_loading', `Loading ${call.route.model} on ${call.route.serverName}`);
      await waitWhileLoading(call);
      continue;
    }
    const waitMs = readWait(error, rateLimitWaits);
    if (waitMs === undefined || waitedMs + waitMs > call.waits.rateLimitMs) return answer;
    waitedMs += waitMs;
    rateLimitWaits += 1;
    call.observer.onStatus?.('waiting', `${call.route.serverName} asked to wait ${Math.max(1, Math.round(waitMs / 1000))} s`);
    await sleepUnlessStopped(waitMs, call.signal);
    call.observer.onStatus?.('prompt', undefined);
  }
}

/** How long to wait before the call is said again; undefined when it should not be. */
function readWait(error: ErrorInfo, waits: number): number | undefined {
  if (error.class !== 'model_rate_limited' || waits >= maxRateLimitWaits) return undefined;
  const asked = error.details?.['retryAfterMs'];
  return typeof asked === 'number' ? asked : 1000 * 2 ** waits;
}

async function sendCall({ http, route, authorization, body, signal, blanker }: UpstreamCall): Promise<Upstream> {
  try {
    const response = await http.request({
      method: 'POST',
      url: `${route.baseUrl}/chat/completions`,
      socketPath: route.socketPath,
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream, application/json',
        'accept-encoding': 'identity',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body,
      signal,
    });
    if (response.status >= 200 && response.status < 300) return { ok: true, response };
    return { ok: false, error: await readFailure(response, route, blanker), isUnreachable: false };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const failure = error instanceof HttpFailure ? error : undefined;
    return { ok: false, error: failure?.isConnectFailure === false ? brokenStream(route.serverName, 'connection_lost') : unreachable(route, failure), isUnreachable: true };
  }
}

async function readFailure(response: HttpResponse, route: ModelRoute, blanker: KeyBlanker): Promise<ErrorInfo> {
  const body = await readBody(response.body, maxErrorBytes);
  if (body === undefined) response.body.destroy();
  return classifyModelError({
    status: response.status,
    body: blanker.text(body?.toString('utf8') ?? ''),
    retryAfterMs: readRetryAfter(response.headers, Date.now()),
    server: route.serverName,
  });
}

function unreachable(route: ModelRoute, failure: HttpFailure | undefined): ErrorInfo {
  return modelError('model_unreachable', {
    message: `${route.serverName} does not answer at ${new URL(route.baseUrl).host}.`,
    cause: failure?.code ?? 'unknown',
    hint: 'Start the model server, or choose another model.',
  });
}

/** Looks at the server's health until it stops saying that it loads; a server without a health page is asked again at once. */
async function waitWhileLoading({ http, route, authorization, signal, waits }: UpstreamCall): Promise<void> {
  for (;;) {
    await sleepUnlessStopped(waits.loadPollMs, signal);
    const url = new URL('/health', route.baseUrl).href;
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await http.request({ method: 'GET', url, socketPath: route.socketPath, headers, signal }).catch(() => undefined);
    if (signal.aborted) throw signal.reason;
    // A page of health is short, and one that has no end is not read.
    response?.body.on('error', () => undefined).destroy();
    if (response?.status !== 503) return;
  }
}

async function sleepUnlessStopped(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  if (signal.aborted) throw signal.reason;
}
