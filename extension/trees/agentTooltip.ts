import * as vscode from 'vscode';
import type { Agent } from '../../server/protocol/agents.ts';
import { escapeMarkdown, labelText } from './labelText.ts';
import { agentLook, modelWords } from './rows.ts';

const MAX_FIELD = 200;

/** The tooltip of an agent: state, STAMP, reach, and the last error with its next step. All of it is text: no name can be markup. */
export function agentTooltip(agent: Agent, isLive: boolean): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  markdown.supportThemeIcons = false;
  const line = (text: string) => markdown.appendMarkdown(`${escapeMarkdown(labelText(text, 4 * MAX_FIELD))}\n\n`);
  markdown.appendMarkdown(`**${escapeMarkdown(labelText(agent.name, MAX_FIELD))}** · ${escapeMarkdown(agentLook(agent, isLive).word)}\n\n`);
  if (isLive && agent.state === 'no_sandbox') line('Its sandbox starts with the first message.');
  const server = agent.route === undefined ? '' : ` on ${agent.route.serverName}`;
  line(`Soul ${agent.soul.slug} · Tools ${agent.tools.length} · Agent runtime ${agent.runtime} · Model ${modelWords(agent)}${server} · Policy ${agent.policy.name}`);
  line(`${agent.policy.words}.`);
  if (agent.route?.isTiny === true) line(`${modelWords(agent)} is a tiny model for trying things out; it cannot use tools.`);
  if (agent.lastError !== undefined) line(`${agent.lastError.message} ${agent.lastError.hint}`);
  return markdown;
}
