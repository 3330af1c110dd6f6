import * as vscode from 'vscode';
import type { Agent } from '../../server/protocol/agents.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { agentsByName, sessionsOf } from '../topics/topicsQueries.ts';
import { labelText } from '../trees/labelText.ts';
import { agentLook, agentRow, modelWords, sessionRow } from '../trees/rows.ts';
import type { CommandContext } from './context.ts';
import { pickOne, type Choice } from './quickSteps.ts';

function field(argument: unknown, name: 'agentId' | 'sessionId'): string | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  const value: unknown = (argument as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

/** The agent that an argument, else the chat, else a person names. */
export async function chooseAgent({ feed, chat }: CommandContext, argument: unknown, title: string, isPresentMeant = true): Promise<Agent | undefined> {
  const named = field(argument, 'agentId') ?? (isPresentMeant ? chat.showing.agentId : undefined);
  const known = named === undefined ? undefined : feed.state.agents.get(named);
  if (known !== undefined) return known;
  const answer = await pickOne({ title, placeholder: 'Choose an agent' }, agentsByName(feed.state).map((agent) => agentChoice(agent, feed.isLive)));
  return answer === undefined || answer === 'back' ? undefined : answer.value;
}

/** An agent as a row of a picker. */
export function agentChoice(agent: Agent, isLive: boolean): Choice<Agent> {
  const { icon, word } = agentLook(agent, isLive);
  const description = `${word} · ${modelWords(agent)}`;
  const color = icon.color === undefined ? undefined : new vscode.ThemeColor(icon.color);
  return { label: agentRow(agent, isLive).label, description, detail: labelText(agent.soul.summary, 120), iconPath: new vscode.ThemeIcon(icon.codicon, color), value: agent };
}

/** The session that an argument, else the chat, else a person names. */
export async function chooseSession({ feed, chat }: CommandContext, argument: unknown, title: string): Promise<Session | undefined> {
  const named = field(argument, 'sessionId') ?? chat.showing.sessionId;
  const known = named === undefined ? undefined : feed.state.sessions.get(named);
  if (known !== undefined) return known;
  const choices = agentsByName(feed.state).flatMap((agent) =>
    sessionsOf(feed.state, agent.id).map((session): Choice<Session> => {
      const row = sessionRow(session, Date.now(), feed.isLive);
      return { label: row.label, description: `${labelText(agent.name)} · ${row.description}`, value: session };
    }),
  );
  const answer = await pickOne({ title, placeholder: 'Choose a session' }, choices);
  return answer === undefined || answer === 'back' ? undefined : answer.value;
}
