import { ResponseError } from 'vscode-jsonrpc/node';
import { AppError } from '../base/appError.ts';
import { errorClasses } from '../protocol/errorClasses.ts';
import type { WireErrorData } from '../protocol/errors.ts';

/** JSON-RPC's own code for a body that is not JSON. */
export const parseErrorCode = -32700;
/** JSON-RPC's own code for JSON that is no message, or a message at the wrong time. */
export const invalidRequestCode = -32600;

/** The wire form of an error. */
export function toWireError(error: AppError): { code: number; message: string; data: WireErrorData } {
  const { message, ...data } = error.toInfo();
  return { code: errorClasses[error.class].code, message, data };
}

/** The same for the library that answers requests. */
export function toResponseError(error: AppError, code?: number): ResponseError<WireErrorData> {
  const wire = toWireError(error);
  return new ResponseError(code ?? wire.code, wire.message, wire.data);
}

/** What is not a message of the protocol: `cause` is stable, `message` one sentence. */
export function malformed(cause: string, message: string): AppError {
  return new AppError('invalid_params', message, { reason: cause, hint: 'Send JSON-RPC 2.0 messages in Content-Length frames of UTF-8.' });
}
