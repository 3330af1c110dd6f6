import type { ModelCallReport, ModelRoute } from '../inference/route.ts';
import { cutAtLimit, cutBy } from '../protocol/cutAnswer.ts';
import type { Turn } from '../protocol/messages.ts';
import type { AgentForTurn } from './turnPorts.ts';

/** What the reader must know before the answer: what the context has no room for, and what the model cannot do; the latter once in a session. */
export function startNotices(agent: Pick<AgentForTurn, 'tools'>, route: Pick<ModelRoute, 'model' | 'isTiny' | 'supportsTools'>, earlier: readonly Turn[], leftOutTurns: number): string[] {
  const withoutTools = route.isTiny ? `${route.model} is a tiny model for trying things out; it cannot use tools.` : `${route.model} cannot use tools.`;
  const isKnown = earlier.some((turn) => turn.notices?.includes(withoutTools));
  const [were, them] = leftOutTurns === 1 ? ['turn was', 'it'] : ['turns were', 'them'];
  return [
    ...(leftOutTurns > 0 ? [`${leftOutTurns} older ${were} left out: the model's context has no room for ${them}.`] : []),
    ...(!route.supportsTools && agent.tools.length > 0 && !isKnown ? [withoutTools] : []),
  ];
}

/** What the reader must know of how the model's answers ended, each thing once: every end that is not a plain one. */
export function endNotices(reports: readonly Pick<ModelCallReport, 'finish' | 'finishWord'>[]): string[] {
  const notices = reports.flatMap(({ finish, finishWord = finish }, at): string[] => {
    const isLast = at === reports.length - 1;
    if (finish === 'length') return isLast ? [cutAtLimit] : [];
    if (finish !== 'filter' && finish !== 'cut' && finish !== 'unknown') return [];
    return [isLast ? cutBy(finish, finishWord) : `A step of this answer was cut short (${finishWord}).`];
  });
  return [...new Set(notices)];
}
