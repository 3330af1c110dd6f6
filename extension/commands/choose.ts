import * as vscode from 'vscode';
import type { Agent } from '../../server/protocol/agents.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import type { TopicsFeed } from '../topics/topicsFeed.ts';
import { agentsByName, byChange } from '../topics/topicsQueries.ts';
import { labelText } from '../trees/labelText.ts';
import { agentLook, agentRow, deletedRow, modelWords, sessionRow } from '../trees/rows.ts';
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

/** Which sessions a picker offers. */
type Offered = 'live' | 'deleted' | 'all';

/** The session that an argument, else the chat, else a person names. */
export async function chooseSession(context: CommandContext, argument: unknown, title: string, offered: Offered = 'live'): Promise<Session | undefined> {
  const given = field(argument, 'sessionId');
  const named = given ?? (offered === 'deleted' ? undefined : context.chat.showing.sessionId);
  const known = named === undefined ? undefined : await findSession(context, named);
  if (known !== undefined || given !== undefined) return known;
  const answer = await pickOne({ title, placeholder: 'Choose a session' }, sessionChoices(context, offered));
  return answer === undefined || answer === 'back' ? undefined : answer.value;
}

/** A session may be older than all that the topics tell of, or deleted. */
async function findSession({ feed, gateway }: CommandContext, sessionId: string): Promise<Session | undefined> {
  const known = feed.state.sessions.get(sessionId);
  if (known !== undefined || gateway.state.phase !== 'connected') return known;
  return await gateway.request('sessions/get', { sessionId });
}

/** Every session as rows of a picker, the most recently changed first, page by page; while the gateway is away those that are known. */
async function* sessionChoices({ feed, gateway }: CommandContext, offered: Offered): AsyncGenerator<Choice<Session>[]> {
  const rowsOf = (sessions: readonly Session[]) => sessions.map((session) => sessionChoice(session, feed));
  if (gateway.state.phase !== 'connected') return yield rowsOf([...feed.state.sessions.values()].sort(byChange));
  const which = offered === 'deleted' ? { onlyDeleted: true } : offered === 'all' ? { includeDeleted: true } : {};
  let cursor: string | undefined;
  do {
    const page = await gateway.request('sessions/list', { ...which, limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    yield rowsOf(page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

function sessionChoice(session: Session, { state, isLive }: TopicsFeed): Choice<Session> {
  const row = session.deletedAt === undefined ? sessionRow(session, Date.now(), isLive) : deletedRow(session, Date.now());
  const icon = session.deletedAt === undefined ? {} : { iconPath: new vscode.ThemeIcon('trash') };
  return { label: row.label, description: `${labelText(state.agents.get(session.agentId)?.name ?? '')} · ${row.description}`, ...icon, value: session };
}
