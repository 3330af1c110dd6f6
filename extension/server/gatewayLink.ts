import net from 'node:net';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { GatewayPointer, InitializeResult } from '../../server/protocol/initialize.ts';
import { AttemptError } from './attemptError.ts';
import { gatewayAway } from './gatewayError.ts';

/** A notification of the gateway; `params` is data, checked by whoever reads it. */
export interface GatewayNotification {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>> & { readonly subscriptionId: string };
}

/** What the gateway said of itself. */
export type GatewayInfo = InitializeResult['capabilities']['experimental']['logos'] & { readonly version: string };

/** One open, initialised connection. */
export interface GatewayLink {
  readonly info: GatewayInfo;
  /** Sends a request; rejects with whatever the connection rejects with. */
  request(method: string, params: unknown): Promise<unknown>;
  /** It has ended, perhaps before anyone listened. */
  isOver(): boolean;
  close(): void;
}

/** What a link tells its owner. */
export interface LinkListener {
  onNotification(notification: GatewayNotification): void;
  /** Called once, when the connection has ended for whatever reason. */
  onClose(): void;
  onProtocolError(sentence: string): void;
}

const CONNECT_TIMEOUT_MS = 5_000;
const INITIALIZE_TIMEOUT_MS = 10_000;
/** The major version of the contract that this extension speaks. */
const PROTOCOL = 1;

/** Connects to the gateway that a pointer names and initialises. Rejects with AttemptError. */
export async function openGatewayLink(pointer: GatewayPointer, clientVersion: string, listener: LinkListener): Promise<GatewayLink> {
  if (pointer.protocol !== PROTOCOL) throw otherProtocol(pointer.protocol);
  const rpc = await import('vscode-jsonrpc/node');
  const socket = await connectSocket(pointer.socket);
  const connection = rpc.createMessageConnection(new rpc.StreamMessageReader(socket), new rpc.StreamMessageWriter(socket));
  let isOver = false;
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  const finish = () => {
    if (isOver) return;
    isOver = true;
    over.reject(gatewayAway());
    connection.dispose();
    socket.destroy();
  };
  connection.onError(([error]) => listener.onProtocolError(error.message));
  connection.onNotification((method, params) => notify(method, params, listener));
  socket.once('close', finish);
  connection.onClose(finish);
  connection.listen();
  const send = (method: string, params: unknown): Promise<unknown> =>
    isOver ? Promise.reject(gatewayAway()) : Promise.race([connection.sendRequest(method, params), over.promise]);
  try {
    const info = await initialize(send, pointer.token, clientVersion);
    return { info, request: send, isOver: () => isOver, close: () => sayGoodbye(connection, finish, isOver) };
  } catch (error) {
    finish();
    throw error;
  } finally {
    // A turn of the loop later, so that every open request has been rejected before the end is told.
    over.promise.catch(() => setImmediate(() => listener.onClose()));
  }
}

function connectSocket(address: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address);
    const refuse = (why: string) => {
      socket.destroy();
      reject(new AttemptError('refused', `The gateway did not answer at its socket (${why}).`));
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => refuse('no answer in time'));
    socket.once('error', (error: NodeJS.ErrnoException) => refuse(error.code ?? error.message));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error');
      // The close event that follows says all that matters.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

async function initialize(send: GatewayLink['request'], token: string, version: string): Promise<GatewayInfo> {
  const params = {
    processId: process.pid,
    clientInfo: { name: 'Logos for VS Code', version },
    capabilities: {},
    initializationOptions: { logos: { protocol: PROTOCOL, token } },
  };
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new AttemptError('timeout', 'The gateway did not answer in time.', { isDeath: true })), INITIALIZE_TIMEOUT_MS);
  try {
    return parseInfo(await Promise.race([send('initialize', params), timer.promise]));
  } catch (error) {
    if (error instanceof AttemptError) throw error;
    throw new AttemptError('start_failed', `The gateway ended before it answered: ${error instanceof Error ? error.message : String(error)}`, { isDeath: true });
  } finally {
    clearTimeout(timeout);
  }
}

function parseInfo(result: unknown): GatewayInfo {
  const { serverInfo, capabilities } = (result ?? {}) as Partial<InitializeResult>;
  const logos = capabilities?.experimental?.logos;
  if (logos === undefined || typeof logos.startId !== 'string' || typeof logos.build !== 'string') throw otherProtocol(undefined);
  if (logos.protocol !== PROTOCOL) throw otherProtocol(logos.protocol);
  return { ...logos, version: String(serverInfo?.version ?? '') };
}

function otherProtocol(version: number | undefined): AttemptError {
  return new AttemptError('protocol', `The running gateway speaks protocol ${version ?? 'of another kind'}, this extension ${PROTOCOL}.`, { isFinal: true });
}

function notify(method: string, params: unknown, listener: LinkListener): void {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) return;
  const fields = params as Record<string, unknown>;
  if (typeof fields['subscriptionId'] !== 'string') return;
  listener.onNotification({ method, params: fields as GatewayNotification['params'] });
}

/** Ends the connection in LSP's way; the socket goes when the words are out. */
function sayGoodbye(connection: MessageConnection, finish: () => void, isOver: boolean): void {
  if (isOver) return;
  connection.sendRequest('shutdown').then(() => connection.sendNotification('exit')).then(finish, finish);
  setTimeout(finish, 500).unref();
}
