import { describe, expect, it } from 'vitest';
import { checkAgentName } from '../../../extension/commands/checkAgentName.ts';
import { deleteSessionQuestion, restartQuestion } from '../../../extension/commands/lossQuestions.ts';
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
  it('quotes the title of a session, and says that it stays lost', () => {
    expect(deleteSessionQuestion(sessionOf(1, 1, { title: 'Say hello.' }))).toEqual({ question: 'Delete session “Say hello.”?', detail: 'It leaves the lists and cannot be brought back.' });
    expect(deleteSessionQuestion(sessionOf(1, 1, { title: '', state: 'working' }))).toEqual({
      question: 'Delete session “New session”?',
      detail: 'Its running turn is stopped. It leaves the lists and cannot be brought back.',
    });
  });

  it('speaks of one turn in the singular', () => {
    expect(restartQuestion(1)).toEqual({ question: 'Restart the gateway and interrupt 1 turn?', detail: 'What it has written is kept, and it can be resumed.' });
    expect(restartQuestion(2)).toEqual({ question: 'Restart the gateway and interrupt 2 turns?', detail: 'What they have written is kept, and each can be resumed.' });
  });
});

describe('an error', () => {
  it('is a refusal when the gateway answered it with a class of the contract', () => {
    expect(isRefusal(Object.assign(new Error('There is an agent named Coder already.'), { data: { class: 'conflict' } }))).toBe(true);
    expect(isRefusal(gatewayAway())).toBe(false);
    expect(isRefusal(new TypeError('x is undefined'))).toBe(false);
  });
});
