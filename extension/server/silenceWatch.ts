import type { Disposable } from '../disposableStore.ts';
import { Signal } from '../signal.ts';

/** After this long without a word the gateway counts as silent. */
export const SILENT_AFTER_MS = 5_000;
const ASK_AFTER_MS = 2_500;
const TICK_MS = 500;

/**
 * Tells a gateway that does not answer from one that is merely slow with a request: while somebody waits for it and nothing at all has come,
 * it is asked something that it answers at once. Nobody waits, nobody asks.
 */
export class SilenceWatch implements Disposable {
  readonly #ask: () => Promise<unknown>;
  readonly #changes: Signal<boolean>;
  #waiting = 0;
  #heardAt = 0;
  #isAsking = false;
  #isSilent = false;
  #timer: NodeJS.Timeout | undefined;

  /** `ask` is answered by any gateway that lives; `report` hears of a listener that failed. */
  constructor(ask: () => Promise<unknown>, report: (error: unknown) => void) {
    this.#ask = ask;
    this.#changes = new Signal(report);
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** For how long nothing has come, in ms. */
  get quietMs(): number {
    return performance.now() - this.#heardAt;
  }

  get onDidChange(): Signal<boolean>['on'] {
    return this.#changes.on;
  }

  /** Somebody waits for the gateway until the result is disposed. */
  expect(): Disposable {
    if (this.#waiting === 0) {
      this.#heardAt = performance.now();
      this.#timer = setInterval(() => this.#look(), TICK_MS);
    }
    this.#waiting += 1;
    let isOver = false;
    return {
      dispose: () => {
        if (isOver) return;
        isOver = true;
        this.#waiting -= 1;
        if (this.#waiting === 0) this.#rest();
      },
    };
  }

  /** Something came from the gateway, or the connection is a new one. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#become(false);
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#changes.dispose();
  }

  #look(): void {
    if (this.quietMs >= ASK_AFTER_MS && !this.#isAsking) void this.#probe();
    if (this.quietMs >= SILENT_AFTER_MS) this.#become(true);
  }

  /** One question at a time; that it failed is an end of it too. */
  async #probe(): Promise<void> {
    this.#isAsking = true;
    try {
      await this.#ask();
    } catch {
      // Whoever owns the connection hears of its end.
    } finally {
      this.#isAsking = false;
    }
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#become(false);
  }

  #become(isSilent: boolean): void {
    if (this.#isSilent === isSilent) return;
    this.#isSilent = isSilent;
    this.#changes.emit(isSilent);
  }
}
