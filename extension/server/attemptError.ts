import type { Failure, FailureCode } from './connectionState.ts';

/** An attempt to reach the gateway that ended without one. */
export class AttemptError extends Error {
  readonly failure: Failure;

  constructor(code: FailureCode, sentence: string, more: { isFinal?: boolean; isDeath?: boolean; hint?: string | undefined } = {}) {
    super(sentence);
    this.name = 'AttemptError';
    this.failure = { code, sentence, ...(more.hint === undefined ? {} : { hint: more.hint }), isFinal: more.isFinal ?? false, isDeath: more.isDeath ?? false };
  }
}
