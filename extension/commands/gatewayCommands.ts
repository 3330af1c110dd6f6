import * as vscode from 'vscode';
import type { Agent } from '../../server/protocol/agents.ts';
import type { LiveText } from '../documents.ts';
import { agentsByName } from '../topics/topicsQueries.ts';
import { awayPage, sandboxesPage, statusPage } from '../views/statusPage.ts';
import { agentChoice } from './choose.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { restartQuestion } from './lossQuestions.ts';
import { pickOne, separator, type Choice, type Separator } from './quickSteps.ts';
import { untilPhase } from './withGateway.ts';

const STOP_TIMEOUT_MS = 10_000;

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
  run({ gateway, messages }) {
    if (gateway.state.phase === 'connected') return messages.answered('The gateway is running.', [{ title: 'Show Status', run: () => vscode.commands.executeCommand('logos.showStatus') }]);
    gateway.reconnect();
  },
};

/** Opens the log. */
export const showLogs: CommandDefinition = { needsGateway: false, run: ({ log }) => log.show() };

/** Says how the gateway stands, with its models and its sandboxes, and goes on saying it; while it is away, what can be done about it. */
export const showStatus: CommandDefinition = {
  needsGateway: false,
  async run({ gateway, feed, documents }) {
    if (gateway.state.phase !== 'connected') return showAway();
    await documents.openLive('Logos status', liveStatus(gateway, feed));
  },
};

function liveStatus(gateway: CommandContext['gateway'], feed: CommandContext['feed']): LiveText {
  let known = { text: '', at: 0 };
  return {
    async read() {
      const { state, silence } = gateway;
      if (state.phase !== 'connected') return awayPage('away' in state && state.away !== undefined ? state.away.cause.sentence : '', known.text, known.at);
      if (silence.isSilent) return awayPage('It does not answer.', known.text, known.at);
      const [status, { items: servers }] = await Promise.all([gateway.request('gateway/status', {}), gateway.request('models/servers', {})]);
      known = { text: statusPage({ status, servers, agents: agentsByName(feed.state), now: Date.now() }), at: Date.now() };
      return known.text;
    },
    onNews(listener) {
      const heard = [gateway.onDidChange(listener), feed.onDidChange(listener)];
      return { dispose: () => heard.forEach((one) => one.dispose()) };
    },
  };
}

/** Opens one of the agents that the status bar counts. */
export const showWorking: CommandDefinition = {
  needsGateway: false,
  async run({ gateway, feed, chat }) {
    if (gateway.state.phase !== 'connected') return showAway();
    const agents = agentsByName(feed.state);
    const working = agents.filter(({ state }) => state === 'working' || state === 'needs_you');
    const rows: (Choice<Agent | 'status'> | Separator)[] = (working.length > 0 ? working : agents).map((agent) => agentChoice(agent, feed.isLive));
    const status: Choice<'status'> = { label: 'Show Status', iconPath: new vscode.ThemeIcon('info'), value: 'status' };
    const answer = await pickOne({ title: 'Logos', placeholder: agents.length === 0 ? 'No agents yet' : 'Open an agent' }, [...rows, separator(''), status]);
    if (answer === undefined || answer === 'back') return;
    if (answer.value === 'status') await vscode.commands.executeCommand('logos.showStatus');
    else await chat.show({ type: 'show', what: 'agent', agentId: answer.value.id });
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

/** Looks whether sandboxes can be held here and how each stands; starts none. */
export const checkSandboxes: CommandDefinition = {
  needsGateway: true,
  async run({ gateway, documents, feed }) {
    const look = () => Promise.all([gateway.request('sandboxes/check', {}), Promise.all(agentsByName(feed.state).map(async ({ id, name }) => ({ name, sandbox: await gateway.request('sandboxes/get', { agentId: id }) })))]);
    const [engine, sandboxes] = await vscode.window.withProgress({ location: { viewId: 'logos.agents' }, title: 'Checking sandboxes' }, look);
    await documents.open('Sandboxes', sandboxesPage(engine, sandboxes));
  },
};
