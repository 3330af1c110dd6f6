import type { ParamsOf, ResultOf } from '../../server/protocol/api.ts';
import type { ChatMethod, CopiedMessage, FromWebview, HostCommand, HostCommands, RelayError, ResponseMessage, ToWebview } from './relayMessages.ts';

/** What VS Code gives to a page, once: the way out, and state that outlives the page. */
export interface HostPort {
  postMessage(message: FromWebview): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** A request that failed, with the error as the gateway or the relay worded it. */
export class RelayFailure extends Error {
  readonly info: RelayError;
  constructor(info: RelayError) {
    super(info.message);
    this.info = info;
  }
}

/** Gives the error of a failed request, whatever was thrown. */
export function relayErrorOf(error: unknown): RelayError {
  if (error instanceof RelayFailure) return error.info;
  const message = error instanceof Error ? error.message : String(error);
  return { class: 'internal', message, cause: 'webview', hint: 'Reload the view, or send the log with your report.', retryable: true };
}

/** A message of the host that is not the answer to a request. */
export type HostNotice = Exclude<ToWebview, ResponseMessage | CopiedMessage>;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: RelayFailure): void;
}

const offline: RelayError = {
  class: 'offline',
  message: 'The connection to the gateway ended before the answer came.',
  cause: 'disconnected',
  hint: 'It is tried again when the gateway is back.',
  retryable: true,
};

/** The page's end of the relay: typed requests with answers, commands for the host, and its notices in order. */
export class HostLink {
  readonly #port: HostPort;
  readonly #waiting = new Map<number, Waiting>();
  readonly #copies = new Map<number, (isCopied: boolean) => void>();
  readonly #onNotice: (notice: HostNotice) => void;
  #nextId = 1;

  constructor(port: HostPort, onNotice: (notice: HostNotice) => void) {
    this.#port = port;
    this.#onNotice = onNotice;
  }

  /** Sends a request of the chat's allow-list; rejects with RelayFailure. */
  request<N extends ChatMethod>(method: N, params: ParamsOf<N>): Promise<ResultOf<N>> {
    const id = this.#nextId++;
    return new Promise<ResultOf<N>>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as ResultOf<N>), reject });
      this.#port.postMessage({ type: 'request', id, method, params });
    });
  }

  /** Asks the host to do something of its own. */
  run<C extends HostCommand>(command: C, args: HostCommands[C]): void {
    this.#port.postMessage({ type: 'command', command, args } as FromWebview);
  }

  /** Puts text on the clipboard; resolves with whether it is there. */
  copy(text: string): Promise<boolean> {
    const copyId = this.#nextId++;
    return new Promise<boolean>((resolve) => {
      this.#copies.set(copyId, resolve);
      this.run('copyText', { text, copyId });
    });
  }

  /** Posts a message that has no answer. */
  post(message: FromWebview): void {
    this.#port.postMessage(message);
  }

  /** Takes what the host posted; anything that is not one of its messages is ignored. */
  receive(data: unknown): void {
    if (!isMessage(data)) return;
    if (data.type === 'response') return this.#settle(data);
    if (data.type === 'copied') {
      this.#copies.get(data.copyId)?.(data.isCopied);
      this.#copies.delete(data.copyId);
      return;
    }
    if (data.type === 'gateway' && data.state !== 'connected') this.#failAll();
    this.#onNotice(data);
  }

  #settle(message: ResponseMessage): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (waiting === undefined) return;
    if ('error' in message) waiting.reject(new RelayFailure(message.error));
    else waiting.resolve(message.result);
  }

  #failAll(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(new RelayFailure(offline));
  }
}

const types: ReadonlySet<string> = new Set(['response', 'event', 'gateway', 'host', 'unsent', 'copied', 'key', 'show'] satisfies ToWebview['type'][]);

function isMessage(data: unknown): data is ToWebview {
  return typeof data === 'object' && data !== null && 'type' in data && typeof data.type === 'string' && types.has(data.type);
}
