import type { Failure, FailureCode } from './connectionState.ts';

/** An attempt to reach the gateway that ended without one. */
export class AttemptError extends Error {
  readonly failure: Failure;

  constructor(code: FailureCode, sentence: string, more: { isFinal?: boolean; isDeath?: boolean } = {}) {
    super(sentence);
    this.name = 'AttemptError';
    this.failure = { code, sentence, isFinal: more.isFinal ?? false, isDeath: more.isDeath ?? false };
  }
}
