import { access, constants } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Agent } from '../../server/protocol/agents.ts';
import { isTrustOff } from '../config.ts';
import { labelText } from '../trees/labelText.ts';
import { chooseAgent } from './choose.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { linkNamed } from './linkNamed.ts';
import { openFilesQuestion } from './lossQuestions.ts';

const PROVISION_TIMEOUT_MS = 30_000;
const PROVISION_PAUSE_MS = 100;

/**
 * Opens the workspace of an agent in a window of its own, after saying what that means: a VS Code that trusts the folder runs what the agent
 * wrote there. Whether it will ask about trust cannot be known for certain, because trust can be switched off on its command line too.
 */
export const openAgentFiles: CommandDefinition = {
  needsGateway: true,
  async run(context, argument) {
    const { messages } = context;
    const agent = await chooseAgent(context, argument, "Open Agent's Files");
    if (agent === undefined) return;
    const name = labelText(agent.name);
    const path = await homeOf(context, agent);
    if (path === undefined) return messages.needed(`${name} has no files yet: its sandbox did not start. Check Sandboxes says why.`, [{ title: 'Check Sandboxes', run: () => vscode.commands.executeCommand('logos.checkSandboxes') }]);
    if (!(await isReadable(path))) return messages.needed(`The files of ${name} belong to the user of its sandbox and cannot be read by yours: ${path}`);
    const { question, detail, agree } = openFilesQuestion(name, isTrustOff());
    if (!(await messages.confirm(question, detail, agree))) return;
    await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(await linkNamed(agent.name, path)), { forceNewWindow: true });
  },
};

/** Where the files lie; an agent that has none yet gets its sandbox, which makes their folder. */
async function homeOf({ gateway }: CommandContext, { id: agentId }: Agent): Promise<string | undefined> {
  const { path } = await gateway.request('sandboxes/home', { agentId });
  if (path !== undefined) return path;
  const givenUpAt = performance.now() + PROVISION_TIMEOUT_MS;
  let { phase } = await gateway.request('sandboxes/start', { agentId });
  while (phase === 'starting' && performance.now() < givenUpAt) {
    await new Promise((resolve) => setTimeout(resolve, PROVISION_PAUSE_MS));
    ({ phase } = await gateway.request('sandboxes/get', { agentId }));
  }
  return (await gateway.request('sandboxes/home', { agentId })).path;
}

async function isReadable(folder: string): Promise<boolean> {
  return access(folder, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}
