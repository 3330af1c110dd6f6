import type { ErrorInfo } from '../protocol/errors.ts';
import type { ServerKind } from '../protocol/models.ts';
import { HttpFailure, type HttpClient } from '../net/http.ts';
import { createKeyBlanker } from '../net/keyBlanker.ts';
import { readBody } from '../net/readBody.ts';
import { classifyModelError } from './wire/classifyModelError.ts';
import { asObject, asObjects, asText, parseJson, type JsonObject } from './wire/jsonFields.ts';
import { modelError } from './wire/modelErrors.ts';
import { describeModels } from './probeDetails.ts';
import type { AskServer, ProbedModel } from './probedModel.ts';
import type { KnownServer } from './servers.ts';

/** What one probe saw. */
export type ProbeResult =
  | { readonly state: 'up'; readonly kind: ServerKind; readonly models: readonly ProbedModel[]; readonly latencyMs: number }
  | { readonly state: 'down'; readonly error: ErrorInfo };

/** How to probe. */
export interface ProbeOptions {
  readonly http: HttpClient;
  readonly key: string | undefined;
  /** Limit of the whole probe, ms; 1,500. */
  readonly timeoutMs?: number | undefined;
  readonly socketPath?: string | undefined;
}

const maxListBytes = 8 * 1_048_576;
/** What is told of one model or of one program. */
const maxDetailBytes = 2 * 1_048_576;

/** Looks whether a server lists models, and what is told about them. A status alone proves nothing: some servers say 200 to anything. */
export async function probeServer(server: KnownServer, options: ProbeOptions): Promise<ProbeResult> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? 1500);
  const startedAt = performance.now();
  try {
    const { status, text } = await ask(server.baseUrl, { method: 'GET', path: '/models', maxBytes: maxListBytes }, options, signal);
    const latencyMs = performance.now() - startedAt;
    const body = asObject(parseJson(text));
    if (status !== 200 || !Array.isArray(body?.['data'])) return { state: 'down', error: notAList(server, status, text) };
    const entries = asObjects(body['data']);
    const kind = server.kind === 'openai_compatible' ? kindOf(entries) : server.kind;
    const origin = server.baseUrl.replace(/\/v\d+\w*$/, '');
    const askMore: AskServer = async (method, path, more) => {
      const answer = await ask(origin, { method, path, body: more, maxBytes: maxDetailBytes }, options, signal).catch(() => undefined);
      const json = answer?.status === 200 ? asObject(parseJson(answer.text)) : undefined;
      return json?.['error'] === undefined ? json : undefined;
    };
    return { state: 'up', kind, models: await describeModels(kind, entries, askMore), latencyMs };
  } catch (error) {
    return { state: 'down', error: unreachable(server, error) };
  }
}

/** Tells the program from who it says owns its models. */
function kindOf(entries: readonly JsonObject[]): ServerKind {
  const owners: Readonly<Record<string, ServerKind>> = { llamacpp: 'llamacpp', vllm: 'vllm', organization_owner: 'lmstudio', library: 'ollama' };
  return owners[asText(entries[0]?.['owned_by']) ?? ''] ?? 'openai_compatible';
}

interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly maxBytes: number;
}

/** An answer longer than `maxBytes` counts as an empty one. The key is blanked out of it, because some servers repeat the key that they refuse. */
async function ask(base: string, { method, path, body, maxBytes }: Question, { http, key, socketPath }: ProbeOptions, signal: AbortSignal): Promise<{ status: number; text: string }> {
  const authorization = key === undefined ? undefined : `Bearer ${key}`;
  const response = await http.request({
    method,
    url: `${base}${path}`,
    socketPath,
    signal,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const whole = await readBody(response.body, maxBytes);
  response.body.on('error', () => undefined).destroy();
  signal.throwIfAborted();
  return { status: response.status, text: createKeyBlanker(authorization).text(whole?.toString() ?? '') };
}

function notAList(server: KnownServer, status: number, text: string): ErrorInfo {
  if (status >= 300) return classifyModelError({ status, body: text, server: server.name });
  const error = classifyModelError({ body: text, server: server.name });
  if (error.cause !== 'server_error') return error;
  return modelError('model_error', {
    message: `${server.name} answered at ${new URL(server.baseUrl).host} but listed no models.`,
    cause: 'not_a_model_server',
    hint: 'Check that the address of the model server is right and ends in /v1.',
    retryable: false,
  });
}

function unreachable(server: KnownServer, error: unknown): ErrorInfo {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const cause = isLate ? 'timeout' : error instanceof HttpFailure ? error.code : 'unknown';
  return modelError('model_unreachable', {
    message: `${server.name} does not answer at ${new URL(server.baseUrl).host}.`,
    cause,
    hint: server.isBuiltIn ? `Start ${server.name}, or choose another model.` : 'Start the model server, or give it its right address with Logos: Edit Model Server.',
  });
}
