/** Why there is no gateway, as a closed set; the welcome view of the agents has a sentence for each. */
export type FailureCode = 'no_node' | 'no_server' | 'start_failed' | 'crash_budget' | 'timeout' | 'refused' | 'protocol' | 'closed';

/** Why an attempt ended without a gateway. */
export interface Failure {
  readonly code: FailureCode;
  /** One sentence: what happened. */
  readonly sentence: string;
  /** One sentence: the next step, where the gateway's starter named one. */
  readonly hint?: string;
  /** Trying again by itself cannot help. */
  readonly isFinal: boolean;
  /** A gateway died (before `initialize` was answered), so the crash budget is charged. */
  readonly isDeath: boolean;
}

/** Since when (ms since 1970) and why the gateway is away. */
export interface Away {
  readonly cause: Failure;
  readonly sinceAt: number;
}

interface Memory {
  /** Attempts since the last connection that lasted. */
  readonly attempt: number;
  /** When gateways died early, as ticks, within the last three minutes. */
  readonly deathTicks: readonly number[];
}

/** How the connection to the gateway stands. `connecting` keeps `away` while it is a reconnection. */
export type ConnectionState = Memory &
  (
    | { readonly phase: 'idle' }
    | { readonly phase: 'connecting'; readonly away?: Away }
    | { readonly phase: 'connected'; readonly openedAt: number; readonly openedTick: number }
    | { readonly phase: 'offline'; readonly away: Away; readonly retryTick: number }
    | { readonly phase: 'stopped'; readonly away: Away }
  );

/** What happens to the connection. `jitter` is a random number from 0 to 1, `at` ms since 1970, to be shown, `tick` ms of the monotonic clock, to be reckoned with. */
export type ConnectionEvent =
  | { readonly type: 'start' | 'retry' | 'restart' }
  | { readonly type: 'opened'; readonly at: number; readonly tick: number }
  | { readonly type: 'failed'; readonly at: number; readonly tick: number; readonly failure: Failure; readonly jitter: number }
  | { readonly type: 'closed'; readonly at: number; readonly tick: number; readonly jitter: number };

const EARLY_DEATH_MS = 10_000;
const BUDGET_WINDOW_MS = 180_000;
const BUDGET_DEATHS = 3;
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5_000;

/** The state before anything was asked for. */
export const idleConnection: ConnectionState = { phase: 'idle', attempt: 0, deathTicks: [] };

const connectionClosed: Failure = { code: 'closed', sentence: 'The connection to the gateway ended.', isFinal: false, isDeath: false };
const endedEarly: Failure = { code: 'start_failed', sentence: 'The gateway ended soon after it had started.', isFinal: false, isDeath: true };

/** How long to wait before attempt number `attempt` (from 0), in ms: doubles from 250 to 5,000, with jitter. */
export function backoffMs(attempt: number, jitter: number): number {
  const longest = Math.min(MIN_BACKOFF_MS * 2 ** Math.min(attempt, 10), MAX_BACKOFF_MS);
  return Math.max(MIN_BACKOFF_MS, Math.round(longest * (0.5 + 0.5 * jitter)));
}

/** The next state; an event that does not fit the state changes nothing. */
export function reduceConnection(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.type) {
    case 'start':
      return state.phase === 'idle' ? { phase: 'connecting', attempt: 0, deathTicks: [] } : state;
    case 'retry':
      return state.phase === 'offline' ? { phase: 'connecting', attempt: state.attempt + 1, deathTicks: state.deathTicks, away: state.away } : state;
    case 'restart':
      return { phase: 'connecting', attempt: 0, deathTicks: [], ...('away' in state && state.away !== undefined ? { away: state.away } : {}) };
    case 'opened':
      return state.phase === 'connecting' ? { phase: 'connected', openedAt: event.at, openedTick: event.tick, attempt: state.attempt, deathTicks: state.deathTicks } : state;
    case 'failed':
      return state.phase === 'connecting' ? fail(state, event.failure, event, state.away) : state;
    case 'closed':
      return state.phase === 'connected' ? lose(state, event) : state;
  }
}

/** When something ended, and how long to wait. */
type End = Pick<ConnectionEvent & { type: 'closed' }, 'at' | 'tick' | 'jitter'>;

function lose(state: ConnectionState & { phase: 'connected' }, end: End): ConnectionState {
  const isEarly = end.tick - state.openedTick < EARLY_DEATH_MS;
  const memory: Memory = isEarly ? state : { attempt: 0, deathTicks: state.deathTicks };
  return fail(memory, isEarly ? endedEarly : connectionClosed, end, undefined);
}

function fail(memory: Memory, failure: Failure, { at, tick, jitter }: End, before: Away | undefined): ConnectionState {
  const recent = memory.deathTicks.filter((death) => tick - death < BUDGET_WINDOW_MS);
  const deathTicks = failure.isDeath ? [...recent, tick] : recent;
  const isSpent = !failure.isFinal && deathTicks.length >= BUDGET_DEATHS;
  const away: Away = { cause: isSpent ? spent(failure, deathTicks.length) : failure, sinceAt: before?.sinceAt ?? at };
  const kept = { attempt: memory.attempt, deathTicks, away };
  if (failure.isFinal || isSpent) return { phase: 'stopped', ...kept };
  return { phase: 'offline', ...kept, retryTick: tick + backoffMs(memory.attempt, jitter) };
}

/** The failure that is one too many: how many there were comes before how the last one went. */
function spent(failure: Failure, deaths: number): Failure {
  if (failure.code === 'crash_budget') return failure;
  return { ...failure, code: 'crash_budget', sentence: `The gateway failed to start ${deaths} times within three minutes. ${failure.sentence}` };
}
