import { describe, expect, it } from 'vitest';
import { ansiPieces, withoutAnsi } from '../../webviews/chat/ansi.ts';
import { composerModel, provisioningWords } from '../../webviews/chat/composerModel.ts';
import { initialState } from '../../webviews/chat/chatState.ts';
import { decodeEntities } from '../../webviews/chat/entities.ts';
import { errorWords, iterationsSpentWords } from '../../webviews/chat/errorWords.ts';
import { highlight } from '../../webviews/chat/highlight.ts';
import { policyVariants } from '../../webviews/chat/statusModel.ts';
import { wholeSentences } from '../../webviews/chat/wholeSentences.ts';
import { toolFact, toolName, toolWords } from '../../webviews/chat/toolWords.ts';
import { durationWords, firstSentence, lastSentence } from '../../webviews/chat/words.ts';
import { errorClasses } from '../../server/protocol/errorClasses.ts';
import type { ErrorClass } from '../../server/protocol/errors.ts';
import type { ToolPart } from '../../server/protocol/messages.ts';
import { toolPart } from '../support/chatScenes.ts';
import { makeSandbox } from '../support/fakeChatHost.ts';

describe('words', () => {
  it('counts time as people read it', () => {
    expect([200, 4100, 31_000, 72_000, 120_000, 7_500_000].map(durationWords)).toEqual(['0.2 s', '4.1 s', '31 s', '1 min 12 s', '2 min', '2 h 5 min']);
  });

  it('takes the last whole sentence of thinking that grows, and the first of one that ended', () => {
    const text = 'The test waits. So the second can be late by a tick. And then';
    expect(lastSentence(text)).toBe('So the second can be late by a tick.');
    expect(firstSentence(text)).toBe('The test waits.');
    expect(wholeSentences('One. Two is not')).toBe('One.');
  });

  it('shortens a policy by whole phrases, and keeps the network to the last', () => {
    expect(policyVariants('Reads home, writes in workspace only, no network')).toEqual(['Reads home, writes in workspace only, no network', 'Writes in workspace only, no network', 'No network']);
  });

  it('has a card for every class of error, with a title and one sentence', () => {
    for (const errorClass of Object.keys(errorClasses) as ErrorClass[]) {
      const words = errorWords({ class: errorClass, message: 'It ended.', cause: 'x', hint: 'Retry.', retryable: true });
      expect(words.title).toMatch(/^[A-Z].*[^.]$/);
      expect(words.sentence).toMatch(/[.]$/);
    }
    expect(errorWords({ class: 'from_the_future' as ErrorClass, message: 'Something new.\nmore', cause: '', hint: '', retryable: true }).title).toBe('Something new');
  });

  it('offers a new session where the conversation is too long, and gives no order where nothing can be done any more', () => {
    const overflow = errorWords({ class: 'context_overflow', message: 'The conversation is too long.', cause: 'x', hint: 'Start a new session.', retryable: false });
    expect(overflow.actions).toEqual(['newSession']);
    for (const errorClass of Object.keys(errorClasses) as ErrorClass[]) {
      const details = { server: 'Ollama', address: 'localhost:1', model: 'm', tokens: 5, max: 4 };
      for (const given of [{}, { details }]) expect(errorWords({ class: errorClass, message: 'It ended.', cause: 'x', hint: 'Retry.', retryable: true, ...given }).cause).not.toMatch(/Retry|Start|Choose|Enter|Free/);
    }
  });

  it('says how many steps a turn used up, when that is known', () => {
    const error = { class: 'budget_spent', message: '90 of 90 steps used.', cause: 'iterations', hint: 'Continue to give it more steps.', retryable: false } as const;
    expect(iterationsSpentWords(error)).toEqual({ title: 'Stopped at its limit', sentence: '90 of 90 steps used. Continue to give it more steps.', cause: '90 of 90 steps used.', actions: ['resume'], isNeutral: true });
    expect(iterationsSpentWords(undefined).sentence).toBe('Continue to give it more steps.');
  });

  it('names a tool call in one breath', () => {
    const part = toolPart({ state: 'failed', result: 'exit 1' }) as ToolPart;
    expect(toolName(part)).toBe('Ran npm test, failed, exit 1, 4.1 seconds');
    expect(toolWords(toolPart({ tool: 'edit_file', title: 'test/net/retry.test.ts' }) as ToolPart)).toEqual({ verb: 'Edited', object: 'retry.test.ts', folder: 'test/net' });
    expect(toolName(toolPart({ tool: 'write_file', title: 'src/a.ts', state: 'failed', error: 'It is read-only.' }) as ToolPart)).toBe('Could not write src/a.ts, failed, It is read-only., 4.1 seconds');
    expect(toolFact(toolPart({ state: 'timed_out', durationMs: 120_000 }) as ToolPart)).toBe('timed out after 120 s');
  });
});

describe('the verb of a call that failed', () => {
  const wordsOf = (given: Parameters<typeof toolPart>[0]) => toolWords(toolPart({ state: 'failed', ...given }) as ToolPart);

  it('never says that it was done, except of a command that ended with a code', () => {
    expect(wordsOf({ tool: 'write_file', title: 'src/a.ts' })).toEqual({ verb: 'Could not write', object: 'a.ts', folder: 'src' });
    expect(wordsOf({ tool: 'run_command', title: 'npm test' }).verb).toBe('Could not run');
    expect(wordsOf({ tool: 'run_command', title: 'npm test', result: 'exit 3' }).verb).toBe('Ran');
    expect(wordsOf({ tool: 'weather', title: 'Oslo' })).toEqual({ verb: 'Could not use', object: 'weather Oslo' });
  });

  it('says what kind of thing it was about where the call does not name it, never the name of the tool', () => {
    expect(wordsOf({ tool: 'edit_file', title: 'edit_file' })).toEqual({ verb: 'Could not edit a file', object: '' });
    expect(wordsOf({ tool: 'weather', title: 'weather' })).toEqual({ verb: 'Could not use', object: 'weather' });
  });
});

describe('hostile output', () => {
  it('reads colours and drops every other control sequence', () => {
    expect(ansiPieces('\u001b[1;31mred\u001b[0m plain\u001b]0;title\u0007\u001b[2Jx')).toEqual([{ classes: 'ansi-red ansi-bold', text: 'red' }, { classes: '', text: ' plain' }, { classes: '', text: 'x' }]);
    expect(withoutAnsi('10 %\r50 %\r100 %\ndone\r\n')).toBe('100 %\ndone\n');
  });

  it('never loses a character of code to its colours', () => {
    const code = 'const a = `x${1}`; // "c"\n/* open';
    for (const language of ['ts', 'py', 'sh', 'sql', 'unknown']) expect(highlight(code, language).map(({ text }) => text).join('')).toBe(code);
    expect(highlight('const n = 3;', 'ts')[0]).toEqual({ tone: 'keyword', text: 'const' });
  });

  it('reads character references without making markup of them', () => {
    expect(decodeEntities('&lt;b&gt; &#65;&#x42; &unknown; &constructor;')).toBe('<b> AB &unknown; &constructor;');
  });
});

describe('the lock of the composer', () => {
  const agentId = 'a';
  const state = (phase: 'starting' | 'failed' | 'ready' | 'absent', isOnline = true) => ({ ...initialState, agentId, link: { state: isOnline ? ('connected' as const) : ('connecting' as const) }, sandboxes: new Map([[agentId, makeSandbox(agentId, { phase })]]) });

  it('holds while the sandbox starts or has failed, and never because the gateway is away', () => {
    expect(provisioningWords).toBe('sandbox is provisioning, chat will unlock when ready.');
    expect(composerModel(state('starting')).lock).toEqual({ kind: 'provisioning' });
    expect(composerModel(state('failed')).lock).toMatchObject({ kind: 'failed' });
    expect(composerModel(state('ready')).lock).toBeUndefined();
    expect(composerModel(state('absent')).lock).toBeUndefined();
    expect(composerModel(state('starting', false)).lock).toBeUndefined();
  });
});

describe('the card of an error of the model server', () => {
  const info = { class: 'model_error', message: 'Study failed: out of memory.', cause: 'x', hint: 'Retry.', retryable: true } as const;

  it('says that the server failed when it said so itself, and that it reported an error otherwise', () => {
    expect(errorWords({ ...info, details: { status: 500 } }).title).toBe('The model server failed');
    expect(errorWords({ ...info, details: { status: 503 } }).title).toBe('The model server failed');
    expect(errorWords({ ...info, details: { status: 400 } }).title).toBe('The model server reported an error');
    expect(errorWords(info).title).toBe('The model server reported an error');
  });
});
