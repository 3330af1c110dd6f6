import type { TopicsState } from '../server/protocol/topics.ts';
import type { ConnectionState } from './server/connectionState.ts';

/** What the status bar says. */
export interface StatusWords {
  readonly text: string;
  readonly tone: 'quiet' | 'warning' | 'error';
  readonly spoken: string;
  /** The tooltip: one sentence. */
  readonly detail: string;
}

/** Counts what a person would want to know at a glance; a reconnection counts as offline until it has succeeded. */
export function statusOf(connection: ConnectionState, topics: TopicsState, isSilent = false): StatusWords {
  if (connection.phase !== 'connected') return awayWords(connection);
  if (isSilent) return words('Not answering', 'warning', 'The gateway does not answer.');
  const states = [...topics.agents.values()].map(({ state }) => state);
  const needing = states.filter((state) => state === 'needs_you').length;
  const working = states.filter((state) => state === 'working').length;
  if (needing > 0) return words(`${needing} ${needing === 1 ? 'needs' : 'need'} you`, 'warning', 'Show who needs you.');
  if (working > 0) return words(`${working} working`, 'quiet', 'Show who works.');
  return words('Ready', 'quiet', 'The gateway is connected. Show the agents.');
}

function awayWords(connection: ConnectionState): StatusWords {
  const away = 'away' in connection ? connection.away : undefined;
  if (away === undefined) return words('Connecting', 'quiet', 'Connecting to the gateway.');
  return words('Offline', 'error', away.cause.sentence);
}

function words(text: string, tone: StatusWords['tone'], detail: string): StatusWords {
  return { text, tone, spoken: `Logos: ${text}`, detail };
}
