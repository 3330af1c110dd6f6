import type { HostPort } from './hostLink.ts';

/**
 * What outlives a page. VS Code writes it down when a window ends in order, and may be late with the last of it when the extension
 * host has just died; so the browser keeps a copy too, which is there at once and lasts as long as the window. The key names the
 * view and the workspace, because a window may open another one.
 */
export class PageState {
  readonly #port: HostPort;
  readonly #copies: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined;
  readonly #key: string;
  #isLatest = false;

  /** Without `copies` VS Code alone keeps the state. */
  constructor(port: HostPort, copies: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined, key: string) {
    this.#port = port;
    this.#copies = copies;
    this.#key = key;
  }

  /** Whether what was read is certain to be the last that a page of this window wrote. */
  get isLatest(): boolean {
    return this.#isLatest;
  }

  /** The state that was written last; undefined when there is none. */
  read(): unknown {
    try {
      const copy = this.#copies?.getItem(this.#key) ?? undefined;
      if (copy !== undefined) {
        const state: unknown = JSON.parse(copy);
        this.#isLatest = true;
        return state;
      }
    } catch {
      // What cannot be read is no state.
    }
    return this.#port.getState();
  }

  write(state: unknown): void {
    this.#port.setState(state);
    try {
      this.#copies?.setItem(this.#key, JSON.stringify(state));
    } catch {
      // There is no room: an old copy must not stand for this state.
      this.#copies?.removeItem(this.#key);
    }
  }
}

/** The storage of this window; undefined where the browser keeps none for the page. */
export function windowStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
