import { describe, expect, it } from 'vitest';
import { endNotices, startNotices } from '../../../server/gateway/turnNotices.ts';
import { cutAtLimit, readCut } from '../../../server/protocol/cutAnswer.ts';
import type { Turn } from '../../../server/protocol/messages.ts';

const tiny = { model: 'Tiny 1M', isTiny: true, supportsTools: false };
const agent = { tools: ['read_file'] };

describe('the notices before an answer', () => {
  it('say that a tiny model is for trying things out and cannot use tools, once in a session', () => {
    const [notice] = startNotices(agent, tiny, [], 0);
    expect(notice).toContain('tiny model for trying things out');
    expect(startNotices(agent, tiny, [{ notices: [notice] } as Turn], 0)).toEqual([]);
  });

  it('say nothing of tools to an agent that has none, or of a model that can use them', () => {
    expect(startNotices({ tools: [] }, tiny, [], 0)).toEqual([]);
    expect(startNotices(agent, { ...tiny, supportsTools: true }, [], 0)).toEqual([]);
  });

  it('say each time how many older turns the context has no room for', () => {
    expect(startNotices({ tools: [] }, tiny, [], 1)[0]).toContain('1 older turn was left out');
    expect(startNotices({ tools: [] }, tiny, [], 3)[0]).toContain('3 older turns were left out');
  });
});

describe('the notices behind an answer', () => {
  it('say nothing of plain ends', () => {
    expect(endNotices([])).toEqual([]);
    expect(endNotices([{ finish: 'length' }, { finish: 'tool_calls', finishWord: 'stop' }, { finish: 'stop', finishWord: 'STOP' }])).toEqual([]);
  });

  it.each([
    ['filter', 'PROHIBITED_CONTENT', false],
    ['cut', 'insufficient_system_resource', true],
    ['unknown', 'because', true],
  ] as const)('say by what an answer was cut, in the word of the server: %s, %s', (finish, finishWord, canGoOn) => {
    const [notice = ''] = endNotices([{ finish: 'tool_calls' }, { finish, finishWord }]);
    expect(notice).toContain(`(${finishWord})`);
    expect(readCut(notice)).toEqual({ isCut: true, canGoOn });
  });

  it('say that the limit cut the last step, and what cut one before it', () => {
    expect(endNotices([{ finish: 'filter', finishWord: 'SAFETY' }, { finish: 'filter', finishWord: 'SAFETY' }, { finish: 'length' }])).toEqual(['A step of this answer was cut short (SAFETY).', cutAtLimit]);
    expect(readCut(cutAtLimit)).toEqual({ isCut: true, canGoOn: true });
    expect(readCut('2 older turns were left out.')).toEqual({ isCut: false, canGoOn: false });
  });
});
