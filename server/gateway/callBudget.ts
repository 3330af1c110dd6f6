import type { ModelCallReport } from '../inference/route.ts';
import type { LimitValues } from '../limits/limitTable.ts';
import { raiseLimit } from '../limits/raiseLimit.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { LimitName } from '../protocol/limits.ts';

/** Counts what one attempt asks of its model, on the gateway's own path: a worker that counts nothing, or wrongly, spends no more. */
export class CallBudget {
  readonly #limits: Pick<LimitValues, 'modelCalls' | 'turnTokens'>;
  #calls = 0;
  #tokens = 0;

  constructor(limits: Pick<LimitValues, 'modelCalls' | 'turnTokens'>) {
    this.#limits = limits;
  }

  /** Counts a call that is about to go out, or says why it must not. */
  begin(): ErrorInfo | undefined {
    const { modelCalls, turnTokens } = this.#limits;
    if (this.#tokens >= turnTokens) return spent('turnTokens', `The model read and wrote ${figure(this.#tokens)} tokens for this turn; ${figure(turnTokens)} are its limit.`);
    if (this.#calls >= modelCalls) return spent('modelCalls', `The task made ${figure(modelCalls)} model calls, which is its limit.`);
    this.#calls += 1;
    return undefined;
  }

  /** Counts the tokens of a call that has ended. */
  note({ usage }: Pick<ModelCallReport, 'usage'>): void {
    this.#tokens += (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
  }
}

const figure = (value: number): string => value.toLocaleString('en-US');

function spent(limit: LimitName, message: string): ErrorInfo {
  return { class: 'budget_spent', cause: limit, message, hint: `Continue to give it as many again, or ${raiseLimit(limit)}.`, retryable: false };
}
