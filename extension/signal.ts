import type { Disposable } from './disposableStore.ts';

/** A typed event that knows no VS Code; a listener that throws is reported and does not keep the others. */
export class Signal<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** How many listen at present. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Listens until the result is disposed. */
  readonly on = (listener: (value: T) => void): Disposable => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  emit(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
