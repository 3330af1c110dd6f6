import { describe, expect, it } from 'vitest';
import { startNotices } from '../../../server/gateway/turnNotices.ts';
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
