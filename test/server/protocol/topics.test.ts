import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Agent } from '../../../server/protocol/agents.ts';
import { applyTopicEvent, topicsOf, type TopicEvent, type TopicsState } from '../../../server/protocol/topics.ts';
import { agentOf, idOf } from '../../support/extension/things.ts';

const startId = 'start';
const first = [1, 2].map((number) => agentOf(number));

/** What happens to one of four agents: it gets a name, or goes. */
const happening = fc.record({ number: fc.integer({ min: 1, max: 4 }), name: fc.option(fc.string({ minLength: 1, maxLength: 5 }), { nil: undefined }) });
/** How often each event reaches the client. */
const delivery = fc.constantFrom(1, 1, 1, 2, 0);

/** The agents after each revision, and the event that led to it. */
function historyOf(happenings: readonly { readonly number: number; readonly name: string | undefined }[]): { readonly agents: ReadonlyMap<string, Agent>[]; readonly events: TopicEvent[] } {
  const agents = [new Map(first.map((agent) => [agent.id, agent]))];
  const events = happenings.map(({ number, name }, index): TopicEvent => {
    const id = idOf(number);
    const next = new Map(agents.at(-1));
    const item = name === undefined ? undefined : agentOf(number, { name });
    if (item === undefined) next.delete(id);
    else next.set(id, item);
    agents.push(next);
    return { startId, revision: index + 1, change: item === undefined ? { topic: 'agents', id } : { topic: 'agents', id, item } };
  });
  return { agents, events };
}

const listsAt = (agents: ReadonlyMap<string, Agent> | undefined, revision: number): TopicsState => topicsOf({ startId, agents: { revision, items: [...(agents?.values() ?? [])] } });

describe('the fold of topics', () => {
  it('shows what the gateway has, or says that something was missed, whatever is repeated or lost on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(happening, delivery), { maxLength: 20 }), fc.nat(20), fc.nat(20), (steps, listed, repeated) => {
        const { agents, events } = historyOf(steps.map(([one]) => one));
        const from = Math.min(listed, events.length);
        let state = listsAt(agents[from], from);
        let isMissing = false;
        for (const [index, event] of events.entries()) {
          // Events that the lists contain already may still be on their way.
          if (index < from - repeated) continue;
          const times = steps[index]?.[1] ?? 1;
          if (times === 0 && index >= from) isMissing = true;
          for (let n = 0; n < times; n += 1) {
            const before = structuredClone(state);
            const step = applyTopicEvent(state, event);
            expect(state).toEqual(before);
            const isKnown = index < from || n > 0;
            expect(step.effect).toBe(isMissing && index >= from ? 'stale' : isKnown ? 'none' : 'changed');
            if (step.effect === 'changed') state = step.state;
            if (!isMissing) expect(state.agents).toEqual(agents[Math.max(from, index + 1)]);
          }
        }
      }),
    );
  });

  it('believes nothing of another start of the gateway, whatever its revision', () => {
    fc.assert(
      fc.property(fc.nat(5), (revision) => {
        expect(applyTopicEvent(listsAt(new Map(), 2), { startId: 'other', revision, change: { topic: 'agents', id: idOf(1) } })).toEqual({ effect: 'stale' });
      }),
    );
  });
});
