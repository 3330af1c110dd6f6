import type { LimitName } from '../protocol/limits.ts';
import { limitLabels } from './limitTable.ts';

/** The part of a hint that says how to raise a limit, to follow "or": it names the limit and the command. */
export function raiseLimit(name: LimitName): string {
  return `raise “${limitLabels[name]}” with Logos: Change Limit…`;
}
