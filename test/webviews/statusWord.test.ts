import { describe, expect, it } from 'vitest';
import { agentLook } from '../../extension/trees/rows.ts';
import { AgentState } from '../../server/protocol/agents.ts';
import { initialState } from '../../webviews/chat/chatState.ts';
import type { ChatState } from '../../webviews/chat/chatState.ts';
import { directionOf } from '../../webviews/chat/direction.ts';
import { statusWord } from '../../webviews/chat/statusModel.ts';
import { endedTurn, textPart } from '../support/chatScenes.ts';
import { makeAgent, makeSession } from '../support/fakeChatHost.ts';

describe('the word in the head of the chat', () => {
  it.each(AgentState.options)('is that of the tree for an agent that is %s, however the last answer on screen ended', (agentState) => {
    const agent = makeAgent({ state: agentState, ...(agentState === 'working' ? { stateWord: 'Thinking' } : {}) });
    for (const outcome of ['completed', 'stopped', 'failed', 'interrupted', 'iterations_spent'] as const) {
      const session = makeSession({ agentId: agent.id });
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

describe('the direction of a box', () => {
  it('is that of its first letter, whatever marks and digits stand before it', () => {
    expect(['Hello שלום', '> 1. **שלום** Hello', '- [ ] مرحبا', '42 %', '\u200fabc', '日本語'].map(directionOf)).toEqual(['ltr', 'rtl', 'rtl', 'ltr', 'rtl', 'ltr']);
  });
});
