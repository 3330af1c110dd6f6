import type { Agent } from '../../server/protocol/agents.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { labelText } from './labelText.ts';

/** An icon of the workbench and the colour of the theme that it is drawn in. */
export interface RowIcon {
  readonly codicon: string;
  readonly color?: string;
}

/** What one row of a tree shows; knows no VS Code. */
export interface Row {
  readonly label: string;
  readonly description: string;
  readonly icon?: RowIcon;
  readonly contextValue: string;
  /** What a screen reader says. */
  readonly spoken: string;
}

interface StateLook {
  readonly icon: RowIcon;
  readonly word: string;
}

/** Shape, word and colour of each state of an agent: one table for trees, pickers and the status bar. */
export const agentLooks: Readonly<Record<Agent['state'], StateLook>> = {
  ready: { icon: { codicon: 'circle-filled', color: 'charts.green' }, word: 'Ready' },
  no_sandbox: { icon: { codicon: 'circle-large', color: 'descriptionForeground' }, word: 'Not started' },
  starting: { icon: { codicon: 'loading~spin', color: 'descriptionForeground' }, word: 'Starting sandbox' },
  working: { icon: { codicon: 'session-in-progress', color: 'charts.blue' }, word: 'Working' },
  needs_you: { icon: { codicon: 'bell-dot', color: 'list.warningForeground' }, word: 'Needs you' },
  failed: { icon: { codicon: 'error', color: 'list.errorForeground' }, word: 'Failed' },
  interrupted: { icon: { codicon: 'debug-disconnect', color: 'list.warningForeground' }, word: 'Interrupted' },
};
const unknownLook: StateLook = { icon: { codicon: 'question', color: 'descriptionForeground' }, word: 'Unknown' };
const staleLook: StateLook = { icon: { codicon: 'history', color: 'descriptionForeground' }, word: 'Last known' };

/** How an agent looks; `isLive` is false while the gateway is away, when nothing may look ready. */
export function agentLook(agent: Agent, isLive: boolean): StateLook {
  if (!isLive) return staleLook;
  const look = agentLooks[agent.state] ?? unknownLook;
  return agent.state === 'working' && agent.stateWord ? { ...look, word: labelText(agent.stateWord, 60) } : look;
}

/** The model in a few words. */
export function modelWords(agent: Agent): string {
  if (agent.route !== undefined) return labelText(agent.route.model, 60);
  return agent.model.kind === 'model' ? labelText(agent.model.name, 60) : 'no model yet';
}

/** The row of an agent: its name, then the model, with the state's word first when it is not idle. */
export function agentRow(agent: Agent, isLive: boolean): Row {
  const look = agentLook(agent, isLive);
  const isQuiet = isLive && agent.state === 'ready';
  const model = modelWords(agent);
  const label = labelText(agent.name);
  return {
    label,
    description: isQuiet ? model : `${look.word} · ${model}`,
    icon: look.icon,
    contextValue: `agent.${isLive ? agent.state : 'stale'}`,
    spoken: `${label}, ${look.word}, ${model}`,
  };
}

const sessionIcons: Partial<Record<Session['state'], RowIcon>> = {
  working: agentLooks.working.icon,
  failed: agentLooks.failed.icon,
  interrupted: agentLooks.interrupted.icon,
};
const sessionWords: Partial<Record<Session['state'], string>> = { working: 'Working', failed: 'Failed', interrupted: 'Interrupted' };

/** The row of a session: its title, when it changed last and how many messages it has. */
export function sessionRow(session: Session, now: number, isLive: boolean): Row {
  const label = labelText(session.title) || 'New session';
  const when = whenWords(session.updatedAt, now);
  const icon = isLive ? sessionIcons[session.state] : undefined;
  const word = isLive ? sessionWords[session.state] : undefined;
  const messages = `${session.messageCount} message${session.messageCount === 1 ? '' : 's'}`;
  return {
    label,
    description: `${when} · ${messages}`,
    ...(icon === undefined ? {} : { icon }),
    contextValue: `session.${session.state}`,
    spoken: [label, word, when, messages].filter(Boolean).join(', '),
  };
}

/** The row of a deleted session, which can be restored: what it was called, when it was deleted and how many messages it has. */
export function deletedRow(session: Session, now: number): Row {
  const label = labelText(session.title) || 'New session';
  const when = whenWords(session.deletedAt ?? session.updatedAt, now);
  const messages = `${session.messageCount} message${session.messageCount === 1 ? '' : 's'}`;
  return {
    label,
    description: `Deleted ${when} · ${messages}`,
    icon: { codicon: 'trash', color: 'descriptionForeground' },
    contextValue: 'deletedSession',
    spoken: `${label}, deleted, ${when}, ${messages}`,
  };
}

/** The row that shows more sessions: all of them where one step is enough. */
export function moreRow({ count, shown, step, isDeleted }: { count: number; shown: number; step: number; isDeleted: boolean }): Row {
  const deleted = isDeleted ? ' Deleted' : '';
  if (count <= shown + step) return { label: `Show All ${numberWords(count)}${deleted}`, description: '', contextValue: 'showAll', spoken: `Show All ${numberWords(count)}${deleted}` };
  const description = `${numberWords(shown)} of ${numberWords(count)} shown`;
  return { label: `Show More${deleted}`, description, contextValue: 'showAll', spoken: `Show More${deleted}, ${description}` };
}

const numberWords = (count: number): string => count.toLocaleString('en');

/** A time as lists show it: the clock for today, `Yesterday`, else the date. Both in ms since 1970. */
export function whenWords(at: number, now: number): string {
  const then = new Date(at);
  const days = Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000);
  if (days <= 0) return then.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
  if (days === 1) return 'Yesterday';
  const isThisYear = then.getFullYear() === new Date(now).getFullYear();
  return then.toLocaleDateString(undefined, { day: 'numeric', month: 'short', ...(isThisYear ? {} : { year: 'numeric' }) });
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
