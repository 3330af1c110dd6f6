import type { FrameWriter } from './frameWriter.ts';

/**
 * A notification that goes to many subscribers: what differs for each is written before what all share, and the shared
 * part is serialised once. Params begin with `subscriptionId`.
 */
export class SharedFrame {
  readonly #method: string;
  readonly #shared: Readonly<Record<string, unknown>>;
  #tail: Buffer | undefined;

  /** `shared` holds at least one member. */
  constructor(method: string, shared: Readonly<Record<string, unknown>>) {
    this.#method = method;
    this.#shared = shared;
  }

  /** Sends it to one subscriber; `own` holds what only this one gets. */
  sendTo(writer: FrameWriter, subscriptionId: string, own: Readonly<Record<string, number>> = {}): void {
    this.#tail ??= Buffer.from(`${JSON.stringify(this.#shared).slice(1)}}`);
    let head = `{"jsonrpc":"2.0","method":"${this.#method}","params":{"subscriptionId":"${subscriptionId}",`;
    for (const [name, value] of Object.entries(own)) head += `"${name}":${value},`;
    writer.sendShared(head, this.#tail);
  }
}
