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
  readonly #now: () => number;
  #isLatest = false;

  /** Without `copies` VS Code alone keeps the state. */
  constructor(port: HostPort, copies: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined, key: string, now: () => number) {
    this.#port = port;
    this.#copies = copies;
    this.#key = key;
    this.#now = now;
  }

  /** Whether what was read is certain to be the last that a page of this window wrote. */
  get isLatest(): boolean {
    return this.#isLatest;
  }

  /** The state that was written last; undefined when there is none. Another window may have written since the copy of this one. */
  read(): unknown {
    const copy = this.#readCopy();
    const kept = asStamped(this.#port.getState());
    this.#isLatest = copy !== undefined && copy.writtenAt >= (kept?.writtenAt ?? 0);
    return (this.#isLatest ? copy : kept)?.state;
  }

  write(state: unknown): void {
    const stamped: Stamped = { writtenAt: this.#now(), state };
    this.#port.setState(stamped);
    try {
      this.#copies?.setItem(this.#key, JSON.stringify(stamped));
    } catch {
      // There is no room: an old copy must not stand for this state.
      this.#copies?.removeItem(this.#key);
    }
  }

  #readCopy(): Stamped | undefined {
    try {
      return asStamped(JSON.parse(this.#copies?.getItem(this.#key) ?? 'null'));
    } catch {
      return undefined;
    }
  }
}

interface Stamped {
  /** In ms of Unix time. */
  readonly writtenAt: number;
  readonly state: unknown;
}

function asStamped(value: unknown): Stamped | undefined {
  return typeof value === 'object' && value !== null && 'writtenAt' in value && typeof value.writtenAt === 'number' && 'state' in value ? { writtenAt: value.writtenAt, state: value.state } : undefined;
}

/** The storage of this window; undefined where the browser keeps none for the page. */
export function windowStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
