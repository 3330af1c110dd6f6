import { describe, expect, it, vi } from 'vitest';
import type { CommandContext } from '../../../extension/commands/context.ts';
import type { AgentsElement } from '../../../extension/trees/agentsTree.ts';
import { agentOf, idOf, sessionOf } from '../../support/extension/things.ts';

/** What VS Code was asked to show, and which button of it is pressed, by its place: the keyboard is on the first. */
const dialogs = vi.hoisted(() => ({ shown: [] as (readonly string[])[], press: (buttons: readonly string[]): string | undefined | Promise<string> => buttons[0] }));
vi.mock('vscode', () => ({
  window: {
    showWarningMessage: async (question: string, _options: unknown, ...buttons: string[]) => {
      dialogs.shown.push([question, ...buttons]);
      return dialogs.press(buttons);
    },
  },
  ThemeIcon: class {},
  ThemeColor: class {},
}));

const { createDeleteFocused } = await import('../../../extension/commands/focusedRow.ts');
const { deleteSession } = await import('../../../extension/commands/sessionCommands.ts');
const { Messages } = await import('../../../extension/messages.ts');

/** A tree of one agent whose sessions stand one below the other, with the keyboard on one of its rows. */
function makeTree() {
  dialogs.shown.length = 0;
  dialogs.press = (buttons) => buttons[0];
  const agent = agentOf(9, { name: 'Coder' });
  const sessions = new Map([1, 2, 3].map((number) => [idOf(number), sessionOf(number, 9)]));
  const elements = [1, 2, 3].map((number): AgentsElement => ({ kind: 'session', agentId: agent.id, sessionId: idOf(number) }));
  const rows = [...elements];
  const tree: { focus: AgentsElement | undefined; readonly requests: string[] } = { focus: rows[0], requests: [] };
  const told: unknown[] = [];
  const context = {
    agentsView: { focusedRow: async () => tree.focus },
    tree: { neighboursOf: (row: AgentsElement) => rows.filter((_row, index) => Math.abs(index - rows.indexOf(row)) === 1) },
    feed: { state: { agents: new Map([[agent.id, agent]]), sessions } },
    chat: { showing: { agentId: agent.id, sessionId: idOf(2) }, tell: (message: unknown) => told.push(message) },
    unsent: { dropSession: () => undefined },
    messages: new Messages({ warn: vi.fn(), error: vi.fn(), show: vi.fn() } as unknown as ConstructorParameters<typeof Messages>[0]),
    gateway: {
      state: { phase: 'connected' },
      request: async (method: string, { sessionId }: { sessionId: string }) => {
        if (method === 'sessions/get') return sessions.get(sessionId);
        tree.requests.push(`${method} ${sessionId.slice(-1)}`);
        const at = rows.findIndex((row) => row.kind === 'session' && row.sessionId === sessionId);
        rows.splice(at, 1);
        tree.focus = rows[Math.min(at, rows.length - 1)];
        return {};
      },
    },
  } as unknown as CommandContext;
  const command = createDeleteFocused();
  return { agent, context, elements, sessions, told, tree, press: async () => command.run(context) };
}

describe('the key Delete in the tree', () => {
  it('pressed again, with Enter each time, deletes no other session than the one it was meant for', async () => {
    const { press, tree } = makeTree();
    for (let time = 0; time < 4; time += 1) await press();
    expect(tree.requests).toEqual(['sessions/delete 1']);
    expect(dialogs.shown.slice(0, 2)).toEqual([
      ['Delete session “Session 1”?', 'Delete'],
      ['Delete session “Session 2”?', 'Keep Session', 'Delete'],
    ]);
  });

  it('asks as ever about a row that the person went to', async () => {
    const { press, tree, elements } = makeTree();
    await press();
    tree.focus = elements[2];
    await press();
    expect(tree.requests).toEqual(['sessions/delete 1', 'sessions/delete 3']);
  });

  it('counts once however often it is pressed before its question is answered', async () => {
    const { press } = makeTree();
    let answer = (_button: string): void => undefined;
    dialogs.press = () => new Promise((resolve) => (answer = resolve));
    const first = press();
    await Promise.all([press(), press()]);
    await vi.waitFor(() => expect(dialogs.shown).toHaveLength(1));
    answer('Delete');
    await first;
    expect(dialogs.shown).toHaveLength(1);
  });

  it.each(['agent', 'deleted'] as const)('deletes nothing for good (%s) by Enter alone: the first button keeps it', async (kind) => {
    const { press, tree, agent } = makeTree();
    tree.focus = kind === 'agent' ? { kind, agentId: agent.id } : { kind, agentId: agent.id, sessionId: idOf(2) };
    await press();
    expect(tree.requests).toEqual([]);
    expect(dialogs.shown).toEqual([[expect.stringMatching(/ for good\?$/), kind === 'agent' ? 'Keep Agent' : 'Keep Session', 'Delete for Good']]);
  });
});

describe('Delete Session', () => {
  it('of one that the chat shows after it was deleted asks whether to delete it for good, and the chat leaves it then', async () => {
    const { agent, context, sessions, told, tree } = makeTree();
    sessions.set(idOf(2), sessionOf(2, 9, { deletedAt: 5 }));
    dialogs.press = (buttons) => buttons.at(-1);
    await deleteSession.run(context, undefined);
    expect(dialogs.shown).toEqual([[expect.stringMatching(/ for good\?$/), 'Keep Session', 'Delete for Good']]);
    expect([tree.requests, told]).toEqual([['sessions/erase 2'], [{ type: 'show', what: 'newSession', agentId: agent.id, isQuiet: true }]]);
  });
});
