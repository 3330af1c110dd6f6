import type http from 'node:http';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { ModelCallObserver, ModelCallReport, ModelRoute } from '../inference/route.ts';
import { finishWord } from '../inference/wire/finishReason.ts';
import type { Logger } from '../log/logger.ts';
import type { HttpClient } from '../net/http.ts';
import { answerError, statusOf } from './answers.ts';
import { startCallMeter, type CallMeter } from './callMeter.ts';
import { startCallTimers, type CallStop, type CallTimers } from './callTimers.ts';
import { promptOf, rewriteChatBody } from './chatBody.ts';
import { createKeyBlanker } from '../net/keyBlanker.ts';
import type { RefusedMembers } from './refusedMembers.ts';
import { relayStream, type RelayEnd } from './relayStream.ts';
import { openUpstream, type WaitLimits } from './upstream.ts';

/** What serves the model calls of one task. */
export interface CallContext {
  readonly route: ModelRoute;
  readonly observer: ModelCallObserver;
  readonly http: HttpClient;
  readonly log: Logger;
  readonly waits: WaitLimits;
  /** The route's server did not take the connection. */
  readonly onUnreachable: (route: ModelRoute) => void;
  /** Names of members of messages and calls that this server sent itself, and so may get back. */
  readonly returned: Set<string>;
  readonly refused: RefusedMembers;
}

/** Workers may give reasoning back under these names to any server. */
const reasoningMembers = ['reasoning', 'reasoning_content', 'reasoning_details'];
/** More names than any server uses. */
const maxReturned = 64;

/** One model call under way. */
export interface RelayedCall {
  /** Ends the call at once; it is reported as cancelled. */
  stop(): void;
  /** Resolves when the answer is over and reported; never rejects. */
  readonly ended: Promise<void>;
}

/** Serves one chat completion: to the model with the route's key, its stream back as it comes, and a report of what was seen. */
export function relayCall(bytes: Buffer, response: http.ServerResponse, context: CallContext): RelayedCall {
  const { route } = context;
  const body = rewriteChatBody(bytes, route, { members: context.returned, refused: context.refused.of(route) });
  const meter = startCallMeter(() => (body.ok ? promptOf(body.body) : ''));
  const timers = startCallTimers(route.timeouts, route.serverName);
  const onClose = (): void => {
    if (!response.writableFinished) timers.stop({ kind: 'gone' });
  };
  response.once('close', onClose);
  if (response.destroyed) timers.stop({ kind: 'gone' });

  const members = new Set<string>();
  const onMembers = (names: readonly string[]): void => {
    for (const set of [members, context.returned]) rememberNames(set, names);
  };

  const serve = async (): Promise<void> => {
    const end = body.ok ? await runCall(body.body, { ...context, response, timers, meter, onMembers }) : ({ kind: 'error', error: body.error } as const);
    timers.dispose();
    const report = { ...meter.report(outcomeOf(end), end.kind === 'stopped'), returnedMembers: [...members] };
    if (report.error !== undefined) context.refused.learn(route, report.error, [...context.returned, ...reasoningMembers]);
    if (report.error !== undefined) answerError(response, statusOf(report.error), report.error);
    else if (report.finish === 'cancelled') response.destroy();
    note(context, report);
  };
  return { stop: () => timers.stop({ kind: 'gone' }), ended: serve() };
}

async function runCall(body: Buffer, call: CallContext & { response: http.ServerResponse; timers: CallTimers; meter: CallMeter; onMembers: (names: readonly string[]) => void }): Promise<RelayEnd> {
  const { route, timers, response, meter, onMembers } = call;
  try {
    call.observer.onStatus?.('prompt', undefined);
    const authorization = await route.authorization();
    const blanker = createKeyBlanker(authorization);
    const upstream = await openUpstream({ ...call, authorization, body, signal: timers.signal, blanker, onAsked: (isAsked) => meter.noteAsked(isAsked) });
    if (upstream.ok) return await relayStream({ upstream: upstream.response, response, route, timers, meter, blanker, onMembers });
    if (upstream.isUnreachable) call.onUnreachable(route);
    return { kind: 'error', error: upstream.error };
  } catch (thrown) {
    if (timers.signal.aborted) return { kind: 'stopped', stop: timers.signal.reason as CallStop };
    call.log.error('A model call failed in the gateway itself.', { data: { error: String(thrown) } });
    return { kind: 'error', error: { class: 'internal', message: 'The gateway failed on the way to the model.', cause: 'egress', hint: 'Retry, or send the log with your report.', retryable: true } };
  }
}

function rememberNames(returned: Set<string>, names: readonly string[]): void {
  for (const name of names) if (returned.size < maxReturned) returned.add(name);
}

function outcomeOf(end: RelayEnd): Pick<ModelCallReport, 'finish' | 'finishWord'> & { error: ErrorInfo | undefined } {
  if (end.kind === 'finish') return { finish: end.finish, finishWord: end.raw === undefined ? undefined : finishWord(end.raw), error: undefined };
  if (end.kind === 'stopped') return end.stop.kind === 'gone' ? { finish: 'cancelled', error: undefined } : { finish: 'truncated', error: end.stop.error };
  return { finish: end.error.class === 'model_crashed' ? 'truncated' : 'error', error: end.error };
}

function note({ observer, log, route }: CallContext, report: ModelCallReport): void {
  const { finish, durationMs, usage, firstThoughtMs, firstAnswerMs, error } = report;
  const data = { model: route.model, server: route.serverName, finish, durationMs, usage, firstThoughtMs, firstAnswerMs, error: error?.cause };
  log.log(error === undefined ? 'debug' : 'warn', error === undefined ? 'A model call ended.' : `A model call failed: ${error.message}`, { data });
  try {
    observer.onReport(report);
  } catch (thrown) {
    log.error('The listener of a model call failed.', { data: { error: String(thrown) } });
  }
}
