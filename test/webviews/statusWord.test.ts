import { describe, expect, it } from 'vitest';
import { agentLook } from '../../extension/trees/rows.ts';
import { AgentState } from '../../server/protocol/agents.ts';
import type { Sandbox } from '../../server/protocol/sandboxes.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { initialState } from '../../webviews/chat/chatState.ts';
import type { ChatState } from '../../webviews/chat/chatState.ts';
import { directionOf } from '../../webviews/chat/direction.ts';
import { statusWord } from '../../webviews/chat/statusModel.ts';
import { endedTurn, textPart } from '../support/chatScenes.ts';
import { makeAgent, makeSandbox, makeSession } from '../support/fakeChatHost.ts';

describe('the word in the head of the chat', () => {
  it.each(AgentState.options)('is that of the tree for an agent that is %s, however the last answer on screen ended', (agentState) => {
    const agent = makeAgent({ state: agentState, ...(agentState === 'working' ? { stateWord: 'Thinking' } : {}) });
    for (const outcome of ['completed', 'stopped', 'failed', 'interrupted', 'iterations_spent'] as const) {
      const session = makeSession({ agentId: agent.id, state: agentState === 'failed' || agentState === 'interrupted' ? agentState : 'idle' });
      const state: ChatState = {
        ...initialState,
        link: { state: 'connected' },
        agents: new Map([[agent.id, agent]]),
        agentId: agent.id,
        sessionId: session.id,
        snapshot: { session, turns: [endedTurn(session.id, 1, 'hi', [textPart('a')], { outcome })], queue: [], seq: 1, hasOlderTurns: false },
      };
      expect(statusWord(state, 0).word).toBe(agentLook(agent, true).word);
    }
  });
});

describe('the word beside a session', () => {
  const look = (agentState: AgentState, session: Session | undefined, sandbox: Partial<Sandbox>) => {
    const agent = makeAgent({ state: agentState });
    const shown = session === undefined ? {} : { sessionId: session.id, snapshot: { session, turns: [], queue: [], seq: 1, hasOlderTurns: false } };
    const state: ChatState = { ...initialState, link: { state: 'connected' }, agents: new Map([[agent.id, agent]]), sandboxes: new Map([[agent.id, makeSandbox(agent.id, sandbox)]]), agentId: agent.id, ...shown };
    return statusWord(state, 0).word;
  };

  it.each(['failed', 'interrupted'] as const)('is not %s where another session of the agent is so: a new one and any other are as ready as the sandbox', (agentState) => {
    for (const session of [undefined, makeSession({ state: 'idle' })]) {
      expect(look(agentState, session, {})).toBe('Ready');
      expect(look(agentState, session, { phase: 'starting', isChatReady: false })).toBe('Starting sandbox');
      expect(look(agentState, session, { phase: 'absent', isChatReady: false })).toBe('Not started');
    }
    expect(look(agentState, makeSession({ state: agentState }), {})).toBe(agentState === 'failed' ? 'Failed' : 'Interrupted');
  });

  it('is that of the agent while the session on screen is still read', () => {
    const agent = makeAgent({ state: 'failed' });
    const state: ChatState = { ...initialState, link: { state: 'connected' }, agents: new Map([[agent.id, agent]]), agentId: agent.id, sessionId: makeSession().id };
    expect(statusWord(state, 0).word).toBe('Failed');
  });

  it('gives way to that of the session where it was deleted, which takes no message however ready its agent is', () => {
    expect(look('ready', makeSession({ deletedAt: 5 }), {})).toBe('Deleted');
  });

  it('is Failed everywhere where the sandbox failed', () => {
    expect(look('failed', undefined, { phase: 'failed', isChatReady: false })).toBe('Failed');
  });
});

describe('the direction of a box', () => {
  it('is that of its first letter, whatever marks and digits stand before it', () => {
    expect(['Hello שלום', '> 1. **שלום** Hello', '- [ ] مرحبا', '42 %', '\u200fabc', '日本語'].map(directionOf)).toEqual(['ltr', 'rtl', 'rtl', 'ltr', 'rtl', 'ltr']);
  });
});
