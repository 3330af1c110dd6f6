import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Renders its element once a second while `isLive()` holds, so that counted seconds tick by text alone. */
export class SecondsClock implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #isLive: () => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost, isLive: () => boolean) {
    this.#host = host;
    this.#isLive = isLive;
    host.addController(this);
  }

  hostUpdated(): void {
    if (this.#isLive()) this.#arm();
    else this.hostDisconnected();
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#host.requestUpdate();
    }, 1000);
  }
}
