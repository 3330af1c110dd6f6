import type { ErrorInfo } from '../protocol/errors.ts';

const resume = 'Continue from the text above, or retry.';

/** The error of turns that an orderly end of the gateway cut off. */
export const gatewayStopped: ErrorInfo = { class: 'cancelled', cause: 'gateway_stopped', message: 'The gateway was stopped while the agent was answering.', hint: resume, retryable: true };

/** The error of turns that were running when the gateway ended without a word. */
export const gatewayKilled: ErrorInfo = { class: 'cancelled', cause: 'gateway_killed', message: 'The gateway ended while the agent was answering.', hint: resume, retryable: true };
