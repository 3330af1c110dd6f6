import * as vscode from 'vscode';
import type { Sandbox } from '../../server/protocol/sandboxes.ts';
import { agentsByName } from '../topics/topicsQueries.ts';
import { labelText } from '../trees/labelText.ts';
import { agentChoice } from './choose.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { restartQuestion } from './lossQuestions.ts';
import { pickOne, type Choice } from './quickSteps.ts';
import { untilPhase } from './withGateway.ts';

const STOP_TIMEOUT_MS = 10_000;
const PROBE_TIMEOUT_MS = 20_000;
const PROBE_PAUSE_MS = 250;

/** Ends the gateway and starts it anew; asks first while turns run. */
export const restartGateway: CommandDefinition = {
  needsGateway: false,
  async run({ gateway, messages, log }) {
    if (gateway.state.phase === 'connected') {
      const { runningTurns } = await gateway.request('gateway/status', {});
      const { question, detail } = restartQuestion(runningTurns);
      if (runningTurns > 0 && !(await messages.confirm(question, detail, 'Restart'))) return;
      log.info('Restarting the gateway, because a person asked for it.');
      const gone = untilPhase(gateway, (phase) => phase !== 'connected', STOP_TIMEOUT_MS);
      await gateway.request('gateway/stop', { when: 'now' }).catch((error: unknown) => log.warn(`The gateway did not agree to stop: ${String(error)}`));
      await gone;
    }
    gateway.reconnect();
  },
};

/** Connects now instead of waiting for the next attempt. */
export const startGateway: CommandDefinition = {
  needsGateway: false,
  run({ gateway }) {
    if (gateway.state.phase !== 'connected') gateway.reconnect();
  },
};

/** Opens the log. */
export const showLogs: CommandDefinition = { needsGateway: false, run: ({ log }) => log.show() };

/** Lists what the status bar counts; while the gateway is away, what can be done about it. */
export const showStatus: CommandDefinition = {
  needsGateway: false,
  async run({ gateway, feed, chat }) {
    if (gateway.state.phase !== 'connected') return showAway();
    const agents = agentsByName(feed.state);
    const working = agents.filter(({ state }) => state === 'working' || state === 'needs_you');
    const choices = (working.length > 0 ? working : agents).map((agent) => agentChoice(agent, feed.isLive));
    const answer = await pickOne({ title: 'Logos', placeholder: agents.length === 0 ? 'No agents yet' : 'Open an agent' }, choices);
    if (answer !== undefined && answer !== 'back') await chat.show({ type: 'show', what: 'agent', agentId: answer.value.id });
  },
};

async function showAway(): Promise<void> {
  const choices: Choice<string>[] = [
    { label: 'Restart Gateway', iconPath: new vscode.ThemeIcon('debug-restart'), value: 'logos.restartGateway' },
    { label: 'Show Logs', iconPath: new vscode.ThemeIcon('output'), value: 'logos.showLogs' },
  ];
  const answer = await pickOne({ title: 'Logos is offline', placeholder: 'Messages wait until the gateway is back' }, choices);
  if (answer !== undefined && answer !== 'back') await vscode.commands.executeCommand(answer.value);
}

/** Starts and probes every sandbox, and shows what each needs. */
export const checkSandboxes: CommandDefinition = {
  needsGateway: true,
  async run(context) {
    const agents = agentsByName(context.feed.state);
    const probe = () => Promise.all(agents.map(async (agent) => sandboxWords(agent.name, await settledSandbox(context, agent.id))));
    const lines = await vscode.window.withProgress({ location: { viewId: 'logos.agents' }, title: 'Checking sandboxes' }, probe);
    await context.documents.open('Sandboxes', lines.length === 0 ? 'No agent has a sandbox yet.\n' : `${lines.join('\n\n')}\n`);
  },
};

async function settledSandbox({ gateway }: CommandContext, agentId: string): Promise<Sandbox> {
  const givenUpAt = performance.now() + PROBE_TIMEOUT_MS;
  let sandbox = await gateway.request('sandboxes/start', { agentId });
  while (sandbox.phase === 'starting' && performance.now() < givenUpAt) {
    await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS));
    sandbox = await gateway.request('sandboxes/get', { agentId });
  }
  return sandbox;
}

function sandboxWords(agentName: string, sandbox: Sandbox): string {
  const engine = labelText(sandbox.apiVersion ?? sandbox.engine, 80);
  const latency = sandbox.apiLatencyMs === undefined ? '' : `, ${Math.round(sandbox.apiLatencyMs)} ms`;
  if (sandbox.isChatReady) return `${labelText(agentName)}: Ready. The next message is accepted. (${engine}${latency})`;
  if (sandbox.error === undefined) return `${labelText(agentName)}: ${sandbox.phase}. (${engine})`;
  return `${labelText(agentName)}: ${labelText(sandbox.error.message, 400)}\n  ${labelText(sandbox.error.hint, 400)}`;
}
