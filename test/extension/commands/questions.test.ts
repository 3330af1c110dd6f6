import { describe, expect, it } from 'vitest';
import { checkAgentName } from '../../../extension/commands/checkAgentName.ts';
import { deleteAgentQuestion, deleteSessionQuestion, eraseSessionQuestion, openFilesQuestion, restartQuestion } from '../../../extension/commands/lossQuestions.ts';
import { gatewayAway, isRefusal } from '../../../extension/server/gatewayError.ts';
import { agentOf, idOf, sessionOf } from '../../support/extension/things.ts';

describe('the name of an agent', () => {
  const agents = [agentOf(1, { name: 'Coder' }), agentOf(2, { name: 'Helper' })];

  it('is refused while it is typed when another agent has it, in whatever case', () => {
    expect(checkAgentName('coder', agents, idOf(2))).toBe('An agent of this name is there already.');
    expect(checkAgentName('Coder', agents)).toBe('An agent of this name is there already.');
  });

  it('may be its own in another case, or a new one', () => {
    expect(checkAgentName('CODER', agents, idOf(1))).toBeUndefined();
    expect(checkAgentName('Writer', agents)).toBeUndefined();
    expect(checkAgentName('', agents)).toBe('Write at least one character.');
  });
});

describe('the question before a loss', () => {
  it('quotes the title of a session, and says how it is brought back', () => {
    expect(deleteSessionQuestion(sessionOf(1, 1, { title: 'Say hello.' }))).toEqual({ question: 'Delete session “Say hello.”?', detail: 'It leaves the lists. Restore it with Show Deleted in the menu of Agents.' });
    expect(deleteSessionQuestion(sessionOf(1, 1, { title: '', state: 'working' }))).toEqual({
      question: 'Delete session “New session”?',
      detail: 'Its running turn is stopped. It leaves the lists. Restore it with Show Deleted in the menu of Agents.',
    });
  });

  it('says what deleting a session for good erases and what it leaves', () => {
    expect(eraseSessionQuestion(sessionOf(1, 1, { title: 'Say hello.' }))).toEqual({
      question: 'Delete session “Say hello.” for good?',
      detail: 'Its messages, its answers and what was kept of its runs are erased from this machine and cannot be brought back. Files that its agent wrote stay.',
    });
  });

  it('says what goes with an agent, sessions that were deleted before too', () => {
    const detailOf = (more: Parameters<typeof agentOf>[1]) => deleteAgentQuestion(agentOf(1, { name: 'Coder', ...more }));
    expect(detailOf({})).toEqual({ question: 'Delete agent Coder for good?', detail: 'Its sandbox and every file in its home are erased and cannot be brought back.' });
    expect(detailOf({ sessionCount: 1 }).detail).toContain('Its session with all messages, its sandbox');
    expect(detailOf({ deletedSessionCount: 1 }).detail).toContain('Its session (deleted before) with all messages, its sandbox');
    expect(detailOf({ sessionCount: 4, deletedSessionCount: 3, state: 'working' }).detail).toContain('What it is doing is stopped. Its 7 sessions (3 of them deleted before) with all messages, its sandbox');
  });

  it('says that the files of an agent can run, and warns where VS Code will not ask about trust', () => {
    const [asked, unasked] = [openFilesQuestion('Coder', false), openFilesQuestion('Coder', true)];
    expect(asked).toMatchObject({ question: 'Open the files of Coder in a window of their own?', detail: expect.stringContaining('say no'), agree: 'Open' });
    expect(unasked).toMatchObject({ question: asked.question, detail: expect.stringMatching(/^Workspace trust is switched off in this VS Code, so it runs what these files say/), agree: 'Open Without Trust Check' });
  });

  it('speaks of one turn in the singular', () => {
    expect(restartQuestion(1)).toEqual({ question: 'Restart the gateway and interrupt 1 turn?', detail: 'What it has written is kept, and it can be continued.' });
    expect(restartQuestion(2)).toEqual({ question: 'Restart the gateway and interrupt 2 turns?', detail: 'What they have written is kept, and each can be continued.' });
  });
});

describe('an error', () => {
  it('is a refusal when the gateway answered it with a class of the contract', () => {
    expect(isRefusal(Object.assign(new Error('There is an agent named Coder already.'), { data: { class: 'conflict' } }))).toBe(true);
    expect(isRefusal(gatewayAway())).toBe(false);
    expect(isRefusal(new TypeError('x is undefined'))).toBe(false);
  });
});
