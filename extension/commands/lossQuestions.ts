import type { Session } from '../../server/protocol/sessions.ts';
import { labelText } from '../trees/labelText.ts';

/** What is asked before something is lost, and what a person must know to answer. */
export interface LossQuestion {
  readonly question: string;
  readonly detail: string;
}

/** The question before a session is deleted. */
export function deleteSessionQuestion({ title, state }: Session): LossQuestion {
  const running = state === 'working' ? 'Its running turn is stopped. ' : '';
  return { question: `Delete session “${labelText(title) || 'New session'}”?`, detail: `${running}It leaves the lists and cannot be brought back.` };
}

/** The question before a gateway with so many running turns is restarted. */
export function restartQuestion(runningTurns: number): LossQuestion {
  if (runningTurns === 1) return { question: 'Restart the gateway and interrupt 1 turn?', detail: 'What it has written is kept, and it can be resumed.' };
  return { question: `Restart the gateway and interrupt ${runningTurns} turns?`, detail: 'What they have written is kept, and each can be resumed.' };
}
