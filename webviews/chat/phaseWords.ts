import type { Turn } from '../../server/protocol/messages.ts';
import { countedSeconds } from './words.ts';

/**
 * What a running turn is doing, in the words of its row: what it says itself, whom it waits for, else the verb of the status line;
 * with the seconds from the first one on. `now` is the gateway's time.
 */
export function phaseWords(turn: Turn, model: string | undefined, now: number): string {
  const words = turn.phaseText ?? (turn.phase === 'prompt' ? waitingWords(model) : phaseVerb(turn));
  if (turn.phase === 'waiting' && turn.retryAt !== undefined) return `${words}, ${countedSeconds(turn.retryAt - now)}`;
  return turn.phaseAt === undefined ? words : withSeconds(words, now - turn.phaseAt);
}

/** Who has to say the next word. */
export function waitingWords(model: string | undefined): string {
  return `Waiting for ${model ?? 'the model'}`;
}

/** Words of something that lasts; under a second it has no number. */
export function withSeconds(words: string, ms: number): string {
  return ms < 1000 ? words : `${words}, ${countedSeconds(ms)}`;
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
