import type { Disposable } from './disposables.ts';

/** A typed event with listeners; a listener that throws is reported to `onError` and does not keep the others. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void = (error) => queueMicrotask(() => { throw error; })) {
    this.#onError = onError;
  }

  /** Listens until the result is disposed. */
  on(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
