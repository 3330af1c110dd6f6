import type { Turn } from '../../server/protocol/messages.ts';
import { writtenText } from './answerAttempts.ts';
import { currentAgent } from './chatState.ts';
import type { ChatState } from './chatState.ts';
import { cardWords, newKeyWords, serverWithNewKey } from './errorWords.ts';
import { provisioningWords } from './composerModel.ts';
import { plural } from './words.ts';

/** What a screen reader is told about a change, once and politely; most changes say nothing. */
export function announcement(previous: ChatState, next: ChatState): string | undefined {
  const name = currentAgent(next)?.name ?? 'The agent';
  if (previous.sessionId !== next.sessionId || previous.snapshot === undefined || next.snapshot === undefined) return undefined;
  if (previous.snapshot !== next.snapshot) {
    const turn = next.snapshot.turns.at(-1);
    const before = previous.snapshot.turns.find((one) => one.id === turn?.id);
    if (turn === undefined || before === turn) return undefined;
    if (turn.state === 'running' && before?.state !== 'running') return `${name} is working.`;
    if (turn.state === 'ended' && before?.state === 'running') return endWords(turn, name);
  }
  if (previous.keysTaken !== next.keysTaken) return keyWords(next);
  const [was, is] = [previous, next].map((state) => (state.agentId === undefined ? undefined : state.sandboxes.get(state.agentId)?.phase));
  // One that is made again locks nothing.
  if (was !== 'starting' && is === 'starting') return next.returning.has(next.agentId ?? '') ? undefined : provisioningWords;
  return was === 'starting' && is === 'ready' ? `${name} is ready.` : undefined;
}

function keyWords({ snapshot, keysTaken }: ChatState): string | undefined {
  const server = serverWithNewKey(snapshot?.turns.at(-1)?.attempts.at(-1) ?? {}, keysTaken);
  return server === undefined ? undefined : `${newKeyWords(server).title}. Retry available.`;
}

function endWords(turn: Turn, name: string): string {
  const attempt = turn.attempts.at(-1);
  switch (attempt?.outcome) {
    case 'completed':
      return completedWords(turn, name);
    case 'stopped':
      return `${name} stopped.`;
    case 'interrupted':
      return `${name} was interrupted. Continue available.`;
    case 'iterations_spent':
      return `${name} stopped at its limit. Continue available.`;
    default: {
      const { title, actions } = cardWords(attempt ?? {}, writtenText(turn).trim() !== '');
      const cause = attempt?.error === undefined ? 'the cause is not known' : title;
      const offers = [...(actions.includes('resume') ? ['Continue'] : []), ...(actions.includes('retry') ? ['Retry'] : [])];
      return `${name} failed: ${cause.charAt(0).toLowerCase()}${cause.slice(1)}.${offers.length === 0 ? '' : ` ${offers.join(' and ')} available.`}`;
    }
  }
}

function completedWords(turn: Turn, name: string): string {
  const attempt = turn.attempts.at(-1);
  const parts = attempt?.message?.parts ?? [];
  const tools = parts.filter((part) => part.kind === 'tool').length;
  const text = parts.map((part) => (part.kind === 'text' ? part.text : '')).join(' ');
  const words = text.split(/\s+/).filter((word) => word !== '').length;
  const seconds = Math.round(((attempt?.endedAt ?? 0) - (attempt?.startedAt ?? 0)) / 1000);
  const facts = [...(tools === 0 ? [] : [`${plural(tools, 'tool call')}.`]), `${plural(words, 'word')}.`];
  return `${name} finished in ${plural(Math.max(1, seconds), 'second')}: ${facts.join(' ')}`;
}
