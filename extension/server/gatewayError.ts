import type { ErrorClass, ErrorInfo } from '../../server/protocol/errors.ts';

/** An error as the gateway (or the way to it) gives it: what happened, why, and the next step. */
export class GatewayError extends Error {
  readonly info: ErrorInfo;

  constructor(info: ErrorInfo, cause?: unknown) {
    super(info.message, cause === undefined ? undefined : { cause });
    this.name = 'GatewayError';
    this.info = info;
  }
}

/** Whether an error says that no gateway could be asked, so that the request was not handled. */
export function isAway(error: unknown): boolean {
  return error instanceof GatewayError && error.info.cause === 'gateway_away';
}

/** Whether a request was answered with an error of the contract: its words say all, and its stack leads nowhere. */
export function isRefusal(thrown: unknown): boolean {
  return asGatewayError(thrown).info.class !== 'internal';
}

/** What a request gets while there is no gateway. */
export function gatewayAway(): GatewayError {
  return new GatewayError({
    class: 'internal',
    message: 'The gateway is away.',
    cause: 'gateway_away',
    hint: 'It is connected to again by itself; run Logos: Restart Gateway when it stays away.',
    retryable: true,
  });
}

/** What a request gets that a person must not make in a workspace they have not trusted. */
export function workspaceUntrusted(): GatewayError {
  return new GatewayError({
    class: 'forbidden',
    message: 'This workspace is not trusted.',
    cause: 'workspace_untrusted',
    hint: 'Trust this workspace to run agents. Reading past sessions works.',
    retryable: false,
  });
}

function text(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}

/** Reads whatever a request was rejected with; what does not look like an error of the contract becomes `internal`. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const data: unknown = typeof thrown === 'object' && thrown !== null && 'data' in thrown ? thrown.data : undefined;
  const fields = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
  return new GatewayError(
    {
      class: text(fields['class'], 'internal') as ErrorClass,
      message,
      cause: text(fields['cause'], 'internal'),
      hint: text(fields['hint'], 'Retry, or send the log with your report.'),
      retryable: fields['retryable'] === true,
      ...(typeof fields['details'] === 'object' && fields['details'] !== null ? { details: fields['details'] as Record<string, unknown> } : {}),
    },
    thrown,
  );
}
