import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../base/appError.ts';
import { protocolVersion } from '../protocol/api.ts';
import { InitializeParams, type InitializeResult } from '../protocol/initialize.ts';
import { invalidParams } from './dispatch.ts';

/** What the handshake needs of the process. */
export interface HandshakeFacts {
  /** What `initialize` must present. */
  readonly token: string;
  readonly initializeResult: () => InitializeResult;
}

/** A request at the wrong point of a connection's life: JSON-RPC's "invalid request". */
export class OutOfOrder extends AppError {}

/** The life of one connection as LSP has it: initialize, requests, shutdown, exit. */
export class ClientLifecycle {
  readonly #facts: HandshakeFacts;
  #state: 'new' | 'ready' | 'shut_down' = 'new';
  #clientName = '';
  #isRefused = false;

  constructor(facts: HandshakeFacts) {
    this.#facts = facts;
  }

  get clientName(): string {
    return this.#clientName;
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Whether a wrong token was presented: the client hears why and is let go. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Answers what belongs to the connection itself; undefined for every other method, which only a ready connection may ask. */
  answer(method: string, params: unknown): InitializeResult | 'shut_down' | undefined {
    if (this.#state === 'shut_down') throw new OutOfOrder('invalid_params', 'This connection was shut down.', { reason: 'shut_down', hint: 'Send exit and connect again.' });
    if (method === 'initialize') return this.#initialize(params);
    if (this.#state === 'new') throw new AppError('not_initialized', `${method} came before initialize.`, { hint: 'Send initialize first, with the token.' });
    if (method !== 'shutdown') return undefined;
    this.#state = 'shut_down';
    return 'shut_down';
  }

  #initialize(params: unknown): InitializeResult {
    if (this.#state !== 'new') throw new OutOfOrder('invalid_params', 'This connection is initialized.', { reason: 'initialized', hint: 'Send initialize once.' });
    const parsed = InitializeParams.safeParse(params ?? {});
    if (!parsed.success) throw invalidParams('initialize', parsed.error);
    const { protocol, token } = parsed.data.initializationOptions.logos;
    if (!isSameSecret(token ?? '', this.#facts.token)) {
      this.#isRefused = true;
      throw new AppError('forbidden', 'The token is not the one of this gateway.', {
        reason: 'token',
        hint: 'Read the token from gateway.json in the state directory, or connect through --stdio.',
      });
    }
    if (protocol !== protocolVersion) {
      throw new AppError('invalid_params', `This gateway speaks version ${protocolVersion} of the protocol, not ${protocol}.`, {
        reason: 'protocol_version',
        hint: 'Use a client and a gateway of the same release.',
        details: { path: 'initializationOptions.logos.protocol', supported: protocolVersion },
      });
    }
    this.#clientName = parsed.data.clientInfo?.name ?? '';
    this.#state = 'ready';
    return this.#facts.initializeResult();
  }
}

/** Compares in a time that tells nothing, whatever the lengths are. */
function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
