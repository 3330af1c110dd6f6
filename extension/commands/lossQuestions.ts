import type { Agent } from '../../server/protocol/agents.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { labelText } from '../trees/labelText.ts';

/** What is asked before something is lost, and what a person must know to answer. */
export interface LossQuestion {
  readonly question: string;
  readonly detail: string;
}

/** The question before a session is deleted so that it can be restored. */
export function deleteSessionQuestion({ title, state }: Session): LossQuestion {
  return { question: `Delete session “${labelText(title) || 'New session'}”?`, detail: `${stoppedWords(state)}It leaves the lists. Restore it with Show Deleted in the menu of Agents.` };
}

/** The question before a session is deleted for good. */
export function eraseSessionQuestion({ title, state }: Session): LossQuestion {
  return {
    question: `Delete session “${labelText(title) || 'New session'}” for good?`,
    detail: `${stoppedWords(state)}Its messages, its answers and what was kept of its runs are erased from this machine and cannot be brought back. Files that its agent wrote stay.`,
  };
}

const stoppedWords = (state: Session['state']): string => (state === 'working' ? 'Its running turn is stopped. ' : '');

/** The question before an agent is deleted, which is for good. */
export function deleteAgentQuestion({ name, state, sessionCount, deletedSessionCount }: Agent): LossQuestion {
  const running = state === 'working' ? 'What it is doing is stopped. ' : '';
  const count = sessionCount + deletedSessionCount;
  const deleted = deletedSessionCount === 0 ? '' : count === 1 ? ' (deleted before)' : ` (${deletedSessionCount} of them deleted before)`;
  const sessions = count === 0 ? '' : `its ${count === 1 ? 'session' : `${count} sessions`}${deleted} with all messages, `;
  return {
    question: `Delete agent ${labelText(name)} for good?`,
    detail: `${running}${upperFirst(`${sessions}its sandbox and every file in its home are erased and cannot be brought back.`)}`,
  };
}

const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** The question before a window is opened on what an agent wrote. */
export function openFilesQuestion(agent: string, isTrustOff: boolean): LossQuestion & { readonly agree: string } {
  const question = `Open the files of ${agent} in a window of their own?`;
  if (isTrustOff) {
    const detail = 'Workspace trust is switched off in this VS Code, so it runs what these files say, as you and outside of the sandbox: tasks, settings, git hooks. Switch security.workspace.trust.enabled on first, or read them in another program.';
    return { question, detail, agree: 'Open Without Trust Check' };
  }
  return { question, detail: `${agent} wrote them, and a window that trusts their folder runs what they say, as you and outside of the sandbox. When VS Code asks whether you trust them, say no; reading and editing work without.`, agree: 'Open' };
}

/** The question before a gateway with so many running turns is restarted. */
export function restartQuestion(runningTurns: number): LossQuestion {
  if (runningTurns === 1) return { question: 'Restart the gateway and interrupt 1 turn?', detail: 'What it has written is kept, and it can be continued.' };
  return { question: `Restart the gateway and interrupt ${runningTurns} turns?`, detail: 'What they have written is kept, and each can be continued.' };
}
