import { raiseLimit } from '../limits/raiseLimit.ts';
import { errorClasses } from '../protocol/errorClasses.ts';
import { ErrorClass, type ErrorInfo } from '../protocol/errors.ts';
import type { Frame } from '../protocol/worker.ts';
import type { SandboxExit } from '../sandboxes/engine.ts';

/** Why exec itself ended a task. */
export type StopCause = 'asked' | 'wall_limit' | 'silent' | 'frame_too_large' | 'noise' | 'stdout_closed';

/** A frame that ends a task. */
export type FinalFrame = Extract<Frame, { frame: 'result' | 'error' }>;

/** What is known of a task when its process is gone. */
export interface EndFacts {
  /** The final frame, if one came before anything was stopped. */
  readonly final: FinalFrame | undefined;
  readonly stopCause: StopCause | undefined;
  /** Undefined when the process would not end. */
  readonly exit: SandboxExit | undefined;
  readonly stderrTail: readonly string[];
  readonly silentMs: number;
  readonly wallMs: number | undefined;
}

/** How a task ended, without the figures. */
export type Judgement =
  | { readonly outcome: 'result'; readonly result: Extract<Frame, { frame: 'result' }> }
  | { readonly outcome: 'error'; readonly error: ErrorInfo }
  | { readonly outcome: 'stopped'; readonly error?: ErrorInfo };

/** Decides how a task ended. Pure: what we did comes first, then a sandbox that went, then what the worker said, then its exit. */
export function judgeEnd(facts: EndFacts): Judgement {
  const isOver = facts.stopCause === 'stdout_closed' && facts.final !== undefined;
  if (facts.stopCause !== undefined && !isOver) return judgeStop(facts, facts.stopCause);
  if (facts.final?.frame === 'result') return { outcome: 'result', result: facts.final };
  if (facts.exit?.cause === 'sandbox_gone') return { outcome: 'error', error: sandboxGone(facts) };
  if (facts.final !== undefined) return { outcome: 'error', error: claimedError(facts.final) };
  return { outcome: 'error', error: exitError(facts) };
}

/** Says in a few words how a process ended, such as `exit 0` or `SIGKILL (out_of_memory)`. */
export function describeExit(exit: SandboxExit | undefined): string {
  if (exit === undefined) return 'did not end';
  const end = exit.signal ?? `exit ${exit.code ?? 'unknown'}`;
  return exit.cause === 'exited' || exit.cause === 'killed' ? end : `${end} (${exit.cause})`;
}

function judgeStop(facts: EndFacts, cause: StopCause): Judgement {
  switch (cause) {
    case 'asked':
      return { outcome: 'stopped' };
    case 'wall_limit':
      return {
        outcome: 'stopped',
        error: makeError('sandbox_limit', 'wall_limit', `The turn ran longer than its limit of ${facts.wallMs ?? 0} ms.`, 'Ask for less at once.', facts),
      };
    case 'silent':
      return {
        outcome: 'error',
        error: makeError('worker_silent', 'not_accepted', `The worker started and accepted no task within ${facts.silentMs} ms.`, 'Retry; if it stays silent, reset the sandbox and look at the log.', facts),
      };
    case 'stdout_closed':
      return {
        outcome: 'error',
        error: makeError('worker_failed', 'stdout_closed', 'The worker closed its stdout without saying how its task ended, and was ended.', 'Retry; the details carry its last log lines.', facts),
      };
    case 'noise':
      return {
        outcome: 'error',
        error: makeError('worker_failed', 'noise', 'The worker wrote thousands of lines that are no frames and was ended.', 'Retry; a worker must write its log to stderr, and only frames to stdout.', facts),
      };
    case 'frame_too_large':
      return {
        outcome: 'error',
        error: makeError('worker_failed', 'frame_too_large', 'The worker wrote a frame above 1 MiB and was ended.', 'Retry; a worker must split text and cut tool output before it sends them.', facts),
      };
  }
}

/** Classes that only the gateway can know are not a worker's to claim. */
function claimedError(frame: Extract<Frame, { frame: 'error' }>): ErrorInfo {
  const claimed = ErrorClass.safeParse(frame.class);
  const isAllowed = claimed.success && (['model', 'budget'].includes(errorClasses[claimed.data].group) || ['worker_failed', 'sandbox_limit', 'policy_denied'].includes(claimed.data));
  const errorClass = claimed.success && isAllowed ? claimed.data : 'worker_failed';
  const hint = frame.hint === '' ? 'Retry, or look at the log.' : frame.hint;
  return { class: errorClass, message: frame.message, cause: frame.class || 'unnamed', hint, retryable: errorClasses[errorClass].isRetryable };
}

function exitError(facts: EndFacts): ErrorInfo {
  const how = describeExit(facts.exit);
  switch (facts.exit?.cause) {
    case 'out_of_memory':
      return makeError('sandbox_limit', 'out_of_memory', 'The sandbox ran out of memory and its task was ended.', `Ask for less at once, or ${raiseLimit('memoryBytes')}.`, facts);
    case 'out_of_disk':
      return makeError('sandbox_limit', 'out_of_disk', 'The workspace grew past its limit, or left no room on the disk, and the task was ended.', `Delete files from the workspace, make room on the disk, or ${raiseLimit('workspaceBytes')}, then retry.`, facts);
    case 'stopped_by_us':
      return makeError('sandbox_disconnected', 'stopped', 'The sandbox was stopped while the task ran in it.', 'Retry; the sandbox is made anew.', facts);
    case 'killed':
      return makeError('worker_failed', 'killed', `The worker was killed (${how}) before it had finished.`, 'Continue from the partial answer, or retry.', facts);
    case undefined:
      return makeError('worker_failed', 'unkillable', 'The worker did not end when it was killed.', 'Look for processes that hang in the system, then retry.', facts);
    default:
      return makeError('worker_failed', 'no_final_frame', `The worker ended (${how}) without saying how its task ended.`, 'Retry; the details carry its last log lines.', facts);
  }
}

function sandboxGone(facts: EndFacts): ErrorInfo {
  return makeError('sandbox_disconnected', 'sandbox_gone', 'Agent connection lost mid-reply: the sandbox ended while the task ran in it.', 'Continue or retry; the sandbox starts again by itself.', facts);
}

function makeError(errorClass: ErrorClass, cause: string, message: string, hint: string, facts: EndFacts): ErrorInfo {
  const details = { exit: describeExit(facts.exit), ...(facts.stderrTail.length === 0 ? {} : { stderr: [...facts.stderrTail] }) };
  return { class: errorClass, message, cause, hint, retryable: errorClasses[errorClass].isRetryable, details };
}
