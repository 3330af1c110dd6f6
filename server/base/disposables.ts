/** Something with an end; `dispose` may be called more than once. */
export interface Disposable {
  dispose(): void | Promise<void>;
}

/** Owns disposables and ends them in reverse order of their coming; one that fails does not keep the others. */
export class DisposableStack implements Disposable {
  readonly #items: Disposable[] = [];
  #isDisposed = false;

  /** Takes ownership and gives the item back; after disposal the item is ended at once. */
  add<T extends Disposable>(item: T): T {
    if (this.#isDisposed) void item.dispose();
    else this.#items.push(item);
    return item;
  }

  /** Owns a function that is called at the end. */
  defer(end: () => void | Promise<void>): void {
    this.add({ dispose: end });
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const errors: unknown[] = [];
    for (let item = this.#items.pop(); item !== undefined; item = this.#items.pop()) {
      try {
        await item.dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Some parts could not be ended.');
  }
}
