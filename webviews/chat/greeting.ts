import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Agent } from '../../server/protocol/agents.ts';
import { button } from '../shared/button.ts';
import type { ChatActions } from './chatContext.ts';
import { currentAgent, currentSandbox } from './chatState.ts';
import type { ChatState } from './chatState.ts';
import { withoutStop, withStop } from './words.ts';

/** What stands in place of the transcript when there is nothing to read: one sentence and one action. */
export function greeting(state: ChatState, actions: ChatActions): TemplateResult {
  if (state.agents === undefined) return state.link.state === 'offline' ? noGateway(state, actions) : waiting('Starting the gateway.');
  const agent = currentAgent(state);
  if (agent === undefined) return state.agents.size === 0 ? noAgents(actions) : chooseAgent(actions);
  if (state.sessionId !== undefined && state.snapshot === undefined && state.pending.every((message) => message.sessionId !== state.sessionId)) return waiting('Opening the session.');
  const policy = agent.policy.words;
  const model = agent.route === undefined ? 'No model server answers yet.' : `It answers with ${agent.route.model}${agent.route.isTiny ? ', a tiny model for trying things out; it cannot use tools' : ''}.`;
  return html`<div class="greeting" data-stop role="group" aria-label="About ${agent.name}">
    <p dir="auto">${withStop(agent.soul.summary)} It ${policy.charAt(0).toLowerCase()}${withoutStop(policy.slice(1))}. ${model}</p>
    ${isWaitingForWords(state, agent) ? html`<p class="meta">Its sandbox starts with the first message.</p>` : nothing}
  </div>`;
}

/** Nothing runs for the agent yet, and nothing has to. */
function isWaitingForWords(state: ChatState, agent: Agent): boolean {
  const phase = currentSandbox(state)?.phase ?? 'absent';
  return state.link.state === 'connected' && agent.state === 'no_sandbox' && phase === 'absent';
}

/** Shown after a short while only, by the style sheet: the usual start is quicker. */
function waiting(words: string): TemplateResult {
  return html`<div class="greeting late"><p class="meta">${words}</p></div>`;
}

function noGateway(state: ChatState, actions: ChatActions): TemplateResult {
  const cause = state.link.cause === undefined ? '' : `${withStop(state.link.cause)} `;
  return html`<div class="greeting">
    <p dir="auto">${cause}Start the gateway to see your agents.</p>
    <div class="acts">
      ${button({ label: 'Start Gateway', kind: 'first', run: () => actions.run('startGateway', {}) })} ${button({ label: 'Show Log', kind: 'link', run: () => actions.run('showLogs', {}) })}
    </div>
  </div>`;
}

function noAgents(actions: ChatActions): TemplateResult {
  return html`<div class="greeting">
    <p>Choose an agent to talk to. There is none yet.</p>
    <div class="acts">${button({ label: 'New Agent', kind: 'first', run: () => actions.run('createAgent', {}) })}</div>
  </div>`;
}

function chooseAgent(actions: ChatActions): TemplateResult {
  return html`<div class="greeting">
    <p>Choose an agent to talk to.</p>
    <div class="acts">${button({ label: 'Choose Agent', kind: 'first', run: () => actions.run('chooseAgent', {}) })}</div>
  </div>`;
}
