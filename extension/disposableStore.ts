/** Something with an end; `dispose` may be called more than once. */
export interface Disposable {
  dispose(): unknown;
}

/** Owns disposables and ends them in reverse order of their coming; one that throws does not keep the others. */
export class DisposableStore implements Disposable {
  readonly #items: Disposable[] = [];
  readonly #report: (error: unknown) => void;
  #isDisposed = false;

  constructor(report: (error: unknown) => void = () => undefined) {
    this.#report = report;
  }

  /** How many things are owned at present. */
  get size(): number {
    return this.#items.length;
  }

  /** Takes ownership and gives the item back; after disposal the item is ended at once. */
  add<T extends Disposable>(item: T): T {
    if (this.#isDisposed) item.dispose();
    else this.#items.push(item);
    return item;
  }

  /** Owns a function that is called at the end. */
  defer(end: () => unknown): void {
    this.add({ dispose: end });
  }

  dispose(): void {
    this.#isDisposed = true;
    for (let item = this.#items.pop(); item !== undefined; item = this.#items.pop()) {
      try {
        item.dispose();
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
