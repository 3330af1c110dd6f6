import { agentStateBeside } from '../../server/protocol/agentState.ts';
import type { Agent, AgentState } from '../../server/protocol/agents.ts';
import type { Tone } from '../shared/icon.ts';
import { currentAgent, currentSandbox, isDeleted, runningTurn } from './chatState.ts';
import type { ChatState } from './chatState.ts';
import { phaseVerb } from './phaseWords.ts';
import { agoWords } from './words.ts';

/** The state of the chat's agent: shape, word and colour, in this order of weight. */
export interface StatusWord {
  /** A codicon, or `dot` for the ready dot. */
  readonly icon: string;
  readonly isTurning: boolean;
  readonly tone: Tone;
  readonly word: string;
}

/** What the status line shows of a state. `now` is in ms of `monotonicMs`. */
export function statusWord(state: ChatState, now: number): StatusWord {
  const agent = currentAgent(state);
  if (state.link.state !== 'connected' || state.link.isSilent) {
    const since = state.link.since ?? now;
    return { icon: 'history', isTurning: false, tone: 'quiet', word: state.agents === undefined ? 'Connecting' : `Last known, ${agoWords(now - since)}` };
  }
  if (isDeleted(state)) return { icon: 'trash', isTurning: false, tone: 'quiet', word: 'Deleted' };
  const turn = runningTurn(state);
  if (turn !== undefined) return { icon: 'session-in-progress', isTurning: true, tone: 'working', word: phaseVerb(turn) };
  return agentWord(agent && shownState(agent, state), agent?.stateWord);
}

/** While a session is still read, it may be the one that the agent's state is about. */
function shownState(agent: Agent, state: ChatState): AgentState {
  const { snapshot, sessionId, pending } = state;
  const isUnread = snapshot === undefined && sessionId !== undefined && !pending.some((message) => message.sessionId === sessionId && message.isFirst);
  return isUnread ? agent.state : agentStateBeside(agent, snapshot?.session, currentSandbox(state));
}

/** The same words for an agent as in the tree: how an attempt ended stands at its end. */
function agentWord(state: AgentState | undefined, workingWord: string | undefined): StatusWord {
  switch (state) {
    case 'ready':
      return { icon: 'dot', isTurning: false, tone: 'ok', word: 'Ready' };
    case 'starting':
      return { icon: 'loading', isTurning: true, tone: 'quiet', word: 'Starting sandbox' };
    case 'working':
      return { icon: 'session-in-progress', isTurning: true, tone: 'working', word: workingWord ?? 'Working' };
    case 'needs_you':
      return { icon: 'bell-dot', isTurning: false, tone: 'needs', word: 'Needs you' };
    case 'failed':
      return { icon: 'error', isTurning: false, tone: 'failed', word: 'Failed' };
    case 'interrupted':
      return { icon: 'debug-disconnect', isTurning: false, tone: 'needs', word: 'Interrupted' };
    default:
      return { icon: 'circle-large', isTurning: false, tone: 'quiet', word: 'Not started' };
  }
}

/** The words of a policy, whole and then shorter by whole phrases: what may be read goes first, then what may be written; the network stays. */
export function policyVariants(words: string): readonly string[] {
  const phrases = words.split(', ').filter((phrase) => phrase !== '');
  return phrases.map((_phrase, index) => phrases.slice(index).join(', ')).map((variant) => variant.charAt(0).toUpperCase() + variant.slice(1));
}
