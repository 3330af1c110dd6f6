import * as vscode from 'vscode';
import type { CommandMessage, HostCommand, HostCommands } from '../../webviews/shared/relayMessages.ts';
import type { Documents } from '../documents.ts';
import type { Log } from '../log.ts';
import type { Messages } from '../messages.ts';
import type { Gateway } from '../server/gatewayConnection.ts';
import { asGatewayError } from '../server/gatewayError.ts';
import { labelText } from '../trees/labelText.ts';
import { findAgentFile } from './agentFile.ts';
import { askOnTop } from './askOnTop.ts';
import { policyPage } from './policyPage.ts';
import type { WebviewHost } from './webviewHost.ts';

/** What the host commands work with. */
export interface HostCommandPorts {
  readonly documents: Documents;
  readonly gateway: Gateway;
  readonly log: Log;
  readonly messages: Pick<Messages, 'needed'>;
}

type Runner<C extends HostCommand> = (args: HostCommands[C], ports: HostCommandPorts, host: WebviewHost) => unknown;

const run = (command: string) => () => vscode.commands.executeCommand(command);

/** What each command of a page does; arguments have been checked. */
const runners: { readonly [C in HostCommand]: Runner<C> } = {
  chooseAgent: () => askOnTop('logos.chooseAgent'),
  createAgent: () => askOnTop('logos.newAgent'),
  renameSession: ({ sessionId }) => askOnTop('logos.renameSession', { sessionId }),
  restoreSession: ({ sessionId }) => vscode.commands.executeCommand('logos.restoreSession', { sessionId }),
  changeModel: ({ agentId }) => askOnTop('logos.changeModel', { agentId }),
  enterKey: ({ agentId }) => askOnTop('logos.enterKey', { agentId }),
  openPolicy: ({ agentId }, ports) => openPolicy(agentId, ports),
  openText: ({ title, text }, { documents }) => documents.open(title, text),
  openFile: (named, ports) => openFile(named, ports),
  openLink: ({ href }) => openLink(href),
  copyText: (args, _ports, host) => copyText(args, host),
  showLogs: run('logos.showLogs'),
  startGateway: run('logos.startGateway'),
  restartGateway: run('logos.restartGateway'),
  checkSandboxes: run('logos.checkSandboxes'),
  manageTrust: run('workbench.trust.manage'),
  reloadView: (_args, _ports, host) => host.setPage(),
  log: ({ level, text }, { log }) => log[level](`[view] ${labelText(text, 4_000)}`),
};

/** Does what a page asked for; what fails is logged, because the page cannot show it. */
export async function runHostCommand(message: CommandMessage, ports: HostCommandPorts, host: WebviewHost): Promise<void> {
  try {
    await (runners[message.command] as Runner<HostCommand>)(message.args, ports, host);
  } catch (error) {
    ports.log.error(`The view asked for ${message.command}, which failed.`, error);
  }
}

async function copyText({ text, copyId }: HostCommands['copyText'], host: WebviewHost): Promise<void> {
  try {
    await vscode.env.clipboard.writeText(text);
    host.post({ type: 'copied', copyId, isCopied: true });
  } catch (error) {
    host.post({ type: 'copied', copyId, isCopied: false });
    throw error;
  }
}

async function openPolicy(agentId: string, { gateway, documents }: HostCommandPorts): Promise<void> {
  const agent = await gateway.request('agents/get', { agentId });
  const [sandbox, summary, explained] = await Promise.all([
    gateway.request('sandboxes/get', { agentId }).catch(() => undefined),
    gateway.request('policies/list', {}).then(({ items }) => items.find(({ name }) => name === agent.policy.name), () => undefined),
    gateway.request('policies/explain', { name: agent.policy.name }).catch((error: unknown) => asGatewayError(error).info),
  ]);
  await documents.open(`Policy of ${agent.name}`, policyPage({ agent, summary, explained, sandbox }));
}

/** VS Code opens a string as it is written; out of a Uri it would write another address, with other characters encoded. */
function openLink(href: string): Thenable<boolean> {
  return vscode.env.openExternal(href as unknown as vscode.Uri);
}

async function openFile({ agentId, path, line }: HostCommands['openFile'], { gateway, messages }: HostCommandPorts): Promise<void> {
  const [{ name }, { path: home, insidePath }] = await Promise.all([gateway.request('agents/get', { agentId }), gateway.request('sandboxes/home', { agentId })]);
  const file = home === undefined || insidePath === undefined ? undefined : await findAgentFile({ home, inside: insidePath }, path);
  if (file === undefined) return messages.needed(`${labelText(name)} has no file ${labelText(path)} that can be opened from here.`);
  const position = new vscode.Position((line ?? 1) - 1, 0);
  const selection = line === undefined ? {} : { selection: new vscode.Range(position, position) };
  await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), { preview: true, ...selection });
}
