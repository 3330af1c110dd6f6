import type { Turn } from '../../server/protocol/messages.ts';
import { countedSeconds } from './words.ts';

/** What a running turn is doing, in the words of its row. */
export function phaseWords(turn: Turn, now: number): string {
  const text = turn.phaseText;
  switch (turn.phase) {
    case 'sandbox':
      return text ?? 'Starting sandbox';
    case 'model_loading':
      return text ?? 'Loading the model';
    case 'prompt':
      return text ?? 'Reading the conversation';
    case 'thinking':
      return text ?? 'Thinking';
    case 'answering':
      return text ?? 'Answering';
    case 'tool':
      return text ?? 'Using a tool';
    case 'waiting': {
      const wait = turn.retryAt === undefined ? '' : `, ${countedSeconds(turn.retryAt - now)}`;
      return `${text ?? 'Waits to try again'}${wait}`;
    }
    default:
      return text ?? 'Working';
  }
}

/** The verb of a running turn for the status line: one or two words. */
export function phaseVerb(turn: Turn): string {
  if (turn.isStopping) return 'Stopping';
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
