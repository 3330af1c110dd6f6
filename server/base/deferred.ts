/** A promise with its two ends in hand. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T | PromiseLike<T>): void;
  reject(reason: unknown): void;
}

/** Makes a Deferred. */
export function createDeferred<T>(): Deferred<T> {
  return Promise.withResolvers<T>();
}
