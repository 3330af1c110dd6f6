import * as vscode from 'vscode';
import type { CommandMessage, HostCommand, HostCommands } from '../../webviews/shared/relayMessages.ts';
import type { Agent } from '../../server/protocol/agents.ts';
import type { SandboxLimit } from '../../server/protocol/sandboxes.ts';
import type { Documents } from '../documents.ts';
import type { Log } from '../log.ts';
import type { Gateway } from '../server/gatewayConnection.ts';
import { labelText } from '../trees/labelText.ts';
import type { WebviewHost } from './webviewHost.ts';

/** What the host commands work with. */
export interface HostCommandPorts {
  readonly documents: Documents;
  readonly gateway: Gateway;
  readonly log: Log;
}

type Runner<C extends HostCommand> = (args: HostCommands[C], ports: HostCommandPorts, host: WebviewHost) => unknown;

const run = (command: string) => () => vscode.commands.executeCommand(command);

/** What each command of a page does; arguments have been checked. */
const runners: { readonly [C in HostCommand]: Runner<C> } = {
  chooseAgent: run('logos.chooseAgent'),
  createAgent: run('logos.newAgent'),
  renameSession: ({ sessionId }) => vscode.commands.executeCommand('logos.renameSession', { sessionId }),
  changeModel: ({ agentId }) => vscode.commands.executeCommand('logos.changeModel', { agentId }),
  addModelServer: run('logos.addModelServer'),
  openPolicy: ({ agentId }, ports) => openPolicy(agentId, ports),
  openText: ({ title, text }, { documents }) => documents.open(title, text),
  openLink: ({ href }) => vscode.env.openExternal(vscode.Uri.parse(href, true)),
  copyText: ({ text }) => vscode.env.clipboard.writeText(text),
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

async function openPolicy(agentId: string, { gateway, documents }: HostCommandPorts): Promise<void> {
  const agent = await gateway.request('agents/get', { agentId });
  const sandbox = await gateway.request('sandboxes/get', { agentId }).catch(() => undefined);
  const limits = (sandbox?.limits ?? []).map((limit) => `  ${limitWords(limit)} (held by ${limit.enforcedBy})`);
  const text = [policyLead(agent), workspaceWords, '', `Policy: ${agent.policy.name}`, `Engine: ${sandbox?.apiVersion ?? sandbox?.engine ?? 'not known yet'}`, '', 'Limits', ...limits, ''];
  await documents.open(`Policy of ${agent.name}`, text.join('\n'));
}

/** In an editor "workspace" could be taken for the folder that is open. */
const workspaceWords = 'Its workspace is a folder of its own sandbox; the folder that is open in VS Code is not in it.';

const limitNames: { readonly [N in SandboxLimit['name']]: string } = {
  memoryBytes: 'Memory',
  processes: 'Processes',
  openFiles: 'Open files of a process',
  fileBytes: 'Largest file',
  workspaceBytes: 'All files of the workspace',
  toolMs: 'Time of a tool call',
  toolOutputBytes: 'Output of a tool call',
};

function limitWords({ name, value }: SandboxLimit): string {
  const words = name.endsWith('Bytes') ? bytesWords(value) : name.endsWith('Ms') ? `${value / 1_000} s` : value.toLocaleString('en-US');
  return `${limitNames[name]}: ${words}`;
}

function bytesWords(bytes: number): string {
  const step = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Number((bytes / 1024 ** step).toFixed(1))} ${['bytes', 'KB', 'MB', 'GB'][step]}`;
}

function policyLead({ name, policy }: Agent): string {
  return `${labelText(name)}: ${labelText(policy.words, 1_000)}. Everything else is blocked.`;
}
