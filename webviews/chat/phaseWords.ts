import type { Turn } from '../../server/protocol/messages.ts';
import { countedSeconds } from './words.ts';

/** What a running turn is doing, in the words of its row: what it says itself, else the verb of the status line. */
export function phaseWords(turn: Turn, now: number): string {
  const words = turn.phaseText ?? phaseVerb(turn);
  return turn.phase === 'waiting' && turn.retryAt !== undefined ? `${words}, ${countedSeconds(turn.retryAt - now)}` : words;
}

/** The verb of a running turn for the status line: one to three words, the same as the gateway gives its agent. */
export function phaseVerb(turn: Turn): string {
  switch (turn.phase) {
    case 'sandbox':
      return 'Starting sandbox';
    case 'model_loading':
      return 'Loading model';
    case 'thinking':
      return 'Thinking';
    case 'answering':
      return 'Answering';
    case 'tool': {
      const last = turn.attempts.at(-1)?.message?.parts.at(-1);
      return last?.kind === 'tool' && last.tool === 'run_command' ? 'Running a command' : 'Working';
    }
    case 'waiting':
      return 'Waiting';
    default:
      return 'Working';
  }
}
