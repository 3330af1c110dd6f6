import { access, constants } from 'node:fs/promises';
import * as vscode from 'vscode';
import { labelText } from '../trees/labelText.ts';
import { chooseAgent } from './choose.ts';
import type { CommandDefinition } from './context.ts';

/** Opens the workspace of an agent in a window of its own, where VS Code asks whether what an agent wrote is to be trusted. */
export const openAgentFiles: CommandDefinition = {
  needsGateway: true,
  async run(context, argument) {
    const { gateway, messages } = context;
    const agent = await chooseAgent(context, argument, "Open Agent's Files");
    if (agent === undefined) return;
    const name = labelText(agent.name);
    const { path } = await gateway.request('sandboxes/home', { agentId: agent.id });
    if (path === undefined) return messages.needed(`${name} has no files yet: its sandbox starts with the first message.`);
    if (!(await isReadable(path))) return messages.needed(`The files of ${name} belong to the user of its sandbox and cannot be read by yours: ${path}`);
    await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(path), { forceNewWindow: true });
  },
};

async function isReadable(folder: string): Promise<boolean> {
  return access(folder, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}
