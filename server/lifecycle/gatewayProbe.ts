import net from 'node:net';
import { createMessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter, type MessageConnection } from 'vscode-jsonrpc/node';
import { AppError } from '../base/appError.ts';
import { protocolVersion } from '../protocol/api.ts';
import { WireErrorData } from '../protocol/errors.ts';
import { InitializeResult, type GatewayPointer } from '../protocol/initialize.ts';

/** A gateway that answered `initialize`. */
export interface AttachedGateway {
  readonly pointer: GatewayPointer;
  readonly build: string;
  /** Asks it to end if nothing runs; false when something does. */
  stopIfIdle(): Promise<boolean>;
  dispose(): void;
}

const answerDeadlineMs = 5_000;

/**
 * Connects to the gateway that a pointer names. Undefined when nobody listens there; throws when somebody does
 * but does not answer in time, refuses the token or speaks another protocol.
 */
export async function attachGateway(pointer: GatewayPointer): Promise<AttachedGateway | undefined> {
  const socket = await connect(pointer.socket);
  if (socket === undefined) return undefined;
  const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  rpc.listen();
  const dispose = (): void => {
    rpc.dispose();
    socket.destroy();
  };
  try {
    const params = { processId: process.pid, clientInfo: { name: 'logos --ensure' }, capabilities: {}, initializationOptions: { logos: { protocol: protocolVersion, token: pointer.token } } };
    const answer = await ask(rpc, socket, 'initialize', params);
    if (answer === undefined) {
      dispose();
      return undefined;
    }
    const { build } = InitializeResult.parse(answer).capabilities.experimental.logos;
    return { pointer, build, dispose, stopIfIdle: () => stopIfIdle(rpc, socket) };
  } catch (error) {
    dispose();
    throw attachError(pointer, error);
  }
}

/** Undefined when nobody listens. */
function connect(address: string): Promise<net.Socket | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: address, allowHalfOpen: true });
    socket.once('connect', () => {
      socket.off('error', resolveNone);
      socket.on('error', () => undefined);
      resolve(socket);
    });
    const resolveNone = (): void => resolve(undefined);
    socket.once('error', resolveNone);
  });
}

/** Undefined when the connection ended before the answer. */
async function ask(rpc: MessageConnection, socket: net.Socket, method: string, params: object): Promise<unknown> {
  const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new AppError('internal', `The gateway did not answer ${method} within ${answerDeadlineMs} ms.`, { reason: 'silent', hint: 'End it, then try again.' })), answerDeadlineMs);
  for (const event of ['end', 'close']) socket.once(event, () => setImmediate(end, undefined));
  try {
    return await Promise.race([rpc.sendRequest(method, params), ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function stopIfIdle(rpc: MessageConnection, socket: net.Socket): Promise<boolean> {
  try {
    await ask(rpc, socket, 'gateway/stop', { when: 'idle' });
    return true;
  } catch (error) {
    if (error instanceof ResponseError && WireErrorData.safeParse(error.data).data?.class === 'conflict') return false;
    throw error;
  }
}

function attachError(pointer: GatewayPointer, error: unknown): unknown {
  if (!(error instanceof ResponseError)) return error;
  const data = WireErrorData.safeParse(error.data).data;
  return new AppError('conflict', `The gateway that runs (pid ${pointer.pid}) refused the connection: ${error.message}`, {
    reason: data?.cause ?? 'refused',
    hint: data?.cause === 'protocol_version' ? 'Close the other version of Logos, or end that process, then try again.' : 'Try again; if it stays, end that process.',
    details: { pid: pointer.pid },
  });
}
