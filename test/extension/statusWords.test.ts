import { describe, expect, it } from 'vitest';
import { statusOf } from '../../extension/statusWords.ts';
import { noTopics, topicsOf } from '../../server/protocol/topics.ts';
import type { Agent } from '../../server/protocol/agents.ts';
import { lostAt } from '../support/extension/fakeGatewayPort.ts';
import { agentOf } from '../support/extension/things.ts';

const connected = { phase: 'connected', openedAt: 0, openedTick: 0, attempt: 0, deathTicks: [] } as const;
const withStates = (...states: Agent['state'][]) => topicsOf({ startId: 'x', agents: { revision: 1, items: states.map((state, index) => agentOf(index, { state })) } });

describe('the status bar', () => {
  it.each([
    [[], 'Ready', 'quiet'],
    [['ready', 'failed'], 'Ready', 'quiet'],
    [['working', 'working', 'ready'], '2 working', 'quiet'],
    [['working', 'needs_you'], '1 needs you', 'warning'],
    [['needs_you', 'needs_you'], '2 need you', 'warning'],
  ] as const)('counts %j as %s', (states, text, tone) => {
    expect(statusOf(connected, withStates(...states))).toMatchObject({ text, tone, spoken: `Logos: ${text}` });
  });

  it('is offline with the cause while the gateway is away, also during a new attempt', () => {
    const lost = lostAt(1);
    expect(statusOf(lost, noTopics)).toMatchObject({ text: 'Offline', tone: 'error', detail: 'The connection to the gateway ended.' });
    if (lost.phase === 'offline') expect(statusOf({ phase: 'connecting', away: lost.away, attempt: 1, deathTicks: [] }, noTopics).text).toBe('Offline');
  });

  it('is not offline before the first attempt has ended', () => {
    expect(statusOf({ phase: 'connecting', attempt: 0, deathTicks: [] }, noTopics)).toMatchObject({ text: 'Connecting', tone: 'quiet' });
  });
});
