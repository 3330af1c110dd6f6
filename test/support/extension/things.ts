import type { Agent } from '../../../server/protocol/agents.ts';
import type { Session } from '../../../server/protocol/sessions.ts';

/** A UUID that ends in a number, to be read in failures. */
export function idOf(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

/** An agent with plain values, changed by `more`. */
export function agentOf(number: number, more: Partial<Agent> = {}): Agent {
  return {
    id: idOf(number),
    name: `Agent ${number}`,
    soul: { slug: 'general', name: 'General', summary: 'Answers questions.' },
    tools: ['run_command', 'read_file'],
    runtime: 'local',
    model: { kind: 'auto' },
    route: { serverId: 'lmstudio', serverName: 'localhost:1234', model: 'qwen3:9b', address: 'http://localhost:1234', isTiny: false, supportsTools: true },
    policy: { name: 'workspace-only', words: 'Reads home, writes in workspace only, no network' },
    state: 'ready',
    sessionCount: 0,
    deletedSessionCount: 0,
    revision: 1,
    createdAt: 1_000 + number,
    ...more,
  };
}

/** A session with plain values, changed by `more`. */
export function sessionOf(number: number, agentNumber: number, more: Partial<Session> = {}): Session {
  return {
    id: idOf(number),
    agentId: idOf(agentNumber),
    title: `Session ${number}`,
    createdAt: 1_000,
    updatedAt: 1_000 + number,
    messageCount: 2,
    state: 'idle',
    isQueueHeld: false,
    revision: 1,
    ...more,
  };
}

/** Waits until a condition holds; fails with `what` after five seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const givenUpAt = Date.now() + 5_000;
  while (!holds()) {
    if (Date.now() > givenUpAt) throw new Error(`It did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
