import * as vscode from 'vscode';
import type { Session } from '../../server/protocol/sessions.ts';
import { labelText } from '../trees/labelText.ts';
import { setContextKey } from '../contextKeys.ts';
import { checkLabel } from './checkLabel.ts';
import { chooseAgent, chooseSession } from './choose.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { deleteSessionQuestion, eraseSessionQuestion } from './lossQuestions.ts';
import { askText, pickOne, type Choice } from './quickSteps.ts';

/** The button that deletes no session. */
export const keepSession = 'Keep Session';

/** Brings the chat to the front. */
export const openChat: CommandDefinition = {
  needsGateway: false,
  run: ({ chat }) => chat.show({ type: 'show', what: 'composer' }),
};

/** Shows an empty chat; the session is made by its first message. */
export const newSession: CommandDefinition = {
  needsGateway: false,
  async run(context, argument) {
    const agent = await chooseAgent(context, argument, 'New Session');
    if (agent !== undefined) await context.chat.show({ type: 'show', what: 'newSession', agentId: agent.id });
  },
};

/** Opens a session in the chat. */
export const openSession: CommandDefinition = {
  needsGateway: false,
  async run(context, argument) {
    const session = await chooseSession(context, argument, 'Open Session');
    if (session !== undefined) await context.chat.show({ type: 'show', what: 'agent', agentId: session.agentId, sessionId: session.id });
  },
};

/** Shows more sessions of an agent in the tree, or more of its deleted ones. */
export const showAllSessions: CommandDefinition = {
  needsGateway: false,
  run({ tree }, argument) {
    const { agentId, kind } = (typeof argument === 'object' && argument !== null ? argument : {}) as { agentId?: unknown; kind?: unknown };
    if (typeof agentId === 'string') tree.showMore(agentId, kind === 'showAllDeleted' ? kind : 'showAll');
  },
};

/** Shows deleted sessions in the tree too, or no longer. */
function showingDeleted(showsDeleted: boolean): CommandDefinition {
  return {
    needsGateway: false,
    run({ tree }) {
      tree.showsDeleted = showsDeleted;
      setContextKey('logos.showsDeleted', showsDeleted);
    },
  };
}

/** Shows deleted sessions in the tree, where they can be restored or deleted for good. */
export const showDeleted = showingDeleted(true);

/** Takes deleted sessions out of the tree. */
export const hideDeleted = showingDeleted(false);

/** Gives a session another title. */
export const renameSession: CommandDefinition = {
  needsGateway: true,
  async run(context, argument) {
    const session = await chooseSession(context, argument, 'Rename Session');
    if (session === undefined) return;
    const answer = await askText({ title: 'Rename Session', value: session.title, placeholder: 'Title', check: (text) => checkLabel(text, 200) });
    if (answer === undefined || answer === 'back' || answer.value === session.title) return;
    await context.gateway.request('sessions/rename', { sessionId: session.id, title: answer.value });
  },
};

/** Takes a session out of the lists, after asking. */
export const deleteSession: CommandDefinition = {
  needsGateway: true,
  run: async (context, argument) => void (await askAndDelete(context, argument)),
};

/** The same, told whether it was deleted; `keep` names the button that keeps it where that is to stand first. */
export async function askAndDelete(context: CommandContext, argument: unknown, keep?: string): Promise<boolean> {
  const session = await chooseSession(context, argument, 'Delete Session');
  if (session === undefined) return false;
  // One that is read after it was deleted can only be deleted for good.
  if (session.deletedAt !== undefined) {
    await eraseSession.run(context, { sessionId: session.id });
    return false;
  }
  const { question, detail } = deleteSessionQuestion(session);
  if (!(await context.messages.confirm(question, detail, 'Delete', keep))) return false;
  await context.gateway.request('sessions/delete', { sessionId: session.id });
  return true;
}

/** Brings a deleted session back. */
export const restoreSession: CommandDefinition = {
  needsGateway: true,
  async run(context, argument) {
    const session = await chooseSession(context, argument, 'Restore Session', 'deleted');
    if (session !== undefined) await context.gateway.request('sessions/restore', { sessionId: session.id });
  },
};

/** Deletes a session for good, deleted before or not, after asking; what was written in it here and not sent goes with it. */
export const eraseSession: CommandDefinition = {
  needsGateway: true,
  async run(context, argument) {
    const session = await chooseSession(context, argument, 'Delete Session for Good', 'all');
    if (session === undefined) return;
    const { question, detail } = eraseSessionQuestion(session);
    if (!(await context.messages.confirm(question, detail, 'Delete for Good', keepSession))) return;
    context.unsent.dropSession(session.id);
    await context.gateway.request('sessions/erase', { sessionId: session.id });
    // No event tells the page of one that had left the lists before.
    const { chat } = context;
    if (chat.showing.sessionId === session.id) chat.tell({ type: 'show', what: 'newSession', agentId: session.agentId, isQuiet: true });
  },
};

/** Stops the turn that the chat shows; else the one that runs, or one of several by choice. */
export const stop: CommandDefinition = {
  needsGateway: true,
  async run(context) {
    const { chat, feed } = context;
    if (chat.showing.isRunning && chat.tell({ type: 'show', what: 'stop' })) return;
    const working = [...feed.state.sessions.values()].filter(({ state }) => state === 'working');
    if (working.length === 0) return context.messages.needed('Nothing runs at present.');
    const shown = working.find(({ id }) => id === chat.showing.sessionId);
    const session = shown ?? (working.length === 1 ? working[0] : await chooseWorking(context, working));
    if (session !== undefined) await stopSession(context, session.id);
  },
};

async function chooseWorking({ feed }: CommandContext, working: readonly Session[]): Promise<Session | undefined> {
  const choices = working.map((session): Choice<Session> => ({
    label: labelText(feed.state.agents.get(session.agentId)?.name ?? ''),
    description: labelText(session.title),
    iconPath: new vscode.ThemeIcon('debug-stop'),
    value: session,
  }));
  const answer = await pickOne({ title: 'Stop', placeholder: 'Which one is to stop?' }, choices);
  return answer === undefined || answer === 'back' ? undefined : answer.value;
}

async function stopSession({ gateway }: CommandContext, sessionId: string): Promise<void> {
  const { turns } = await gateway.request('sessions/turns', { sessionId, limit: 10 });
  const running = turns.find(({ state }) => state === 'running');
  if (running !== undefined) await gateway.request('chat/stop', { sessionId, turnId: running.id });
}
