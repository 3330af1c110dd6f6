import { describe, expect, it } from 'vitest';
import { Activity } from '../../../server/gateway/activity.ts';
import { TurnPhase, type Turn } from '../../../server/protocol/messages.ts';
import { phaseVerb } from '../../../webviews/chat/phaseWords.ts';
import { toolPart } from '../../support/chatScenes.ts';

const ids = { agentId: 'a', sessionId: 's', turnId: 't' };

function chatWord(phase: TurnPhase, tool?: string): string {
  const attempts = tool === undefined ? [] : [{ number: 1, mode: 'first', startedAt: 0, message: { id: 'm', role: 'assistant', parts: [toolPart({ tool })], origin: { kind: 'agent', name: '' }, createdAt: 0 } }];
  return phaseVerb({ phase, attempts } as unknown as Turn);
}

describe('what an agent is doing', () => {
  it.each([...TurnPhase.options.map((phase) => [phase, undefined] as const), ['tool', 'run_command'], ['tool', 'edit_file']] as const)('in %s (%s) is said with one word in the tree and in the chat', (phase, tool) => {
    const activity = new Activity();
    activity.set({ ...ids, phase, tool });
    expect(activity.wordOf('a')).toBe(chatWord(phase, tool));
  });

  it('is told again when the next tool says another word', () => {
    const activity = new Activity();
    const told: (string | undefined)[] = [];
    activity.changed.on((agentId) => told.push(activity.wordOf(agentId)));
    for (const tool of ['edit_file', 'run_command', 'run_command']) activity.set({ ...ids, phase: 'tool', tool });
    activity.end('t');
    expect(told).toEqual(['Working', 'Running a command', undefined]);
  });
});
