import type { GatewayPointer } from '../../server/protocol/initialize.ts';
import { readBuildInfo } from './buildInfo.ts';
import { AttemptError, ensureGateway } from './ensureGateway.ts';
import { openGatewayLink, type GatewayLink, type LinkListener } from './gatewayLink.ts';
import { readGatewayPointer } from './gatewayPointer.ts';
import { chooseNode } from './nodeChoice.ts';
import { stateFolder } from './stateFolder.ts';

/** What an attempt needs to know; read afresh for each, because settings change. */
export interface AttemptOptions {
  readonly distFolder: string;
  /** Settings: the state directory and the Node to use, when a person named them. */
  readonly home: string | undefined;
  readonly node: string | undefined;
  /** Only a window that connects for the first time replaces an idle gateway of another build: two windows must not take turns. */
  readonly mayReplace: boolean;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

const START_TIMEOUT_MS = 30_000;

/** One attempt at a connection: attach to the running gateway, else start it and attach. Rejects with AttemptError. */
export async function attemptGateway(options: AttemptOptions, listener: LinkListener): Promise<GatewayLink> {
  const folder = stateFolder(options.home);
  const mine = await readBuildInfo(options.distFolder);
  const running = await attach(await readGatewayPointer(folder), mine.version, listener, options);
  if (running !== undefined) return running;
  const node = chooseNode(options.node);
  options.say(`Starting the gateway of ${folder} with ${node.path}.`);
  const { distFolder, signal } = options;
  await ensureGateway({ node, distFolder, stateFolder: folder, timeoutMs: START_TIMEOUT_MS, signal, onLogLine: options.say });
  const pointer = await readGatewayPointer(folder);
  if (pointer === undefined) throw new AttemptError('start_failed', `The gateway left no gateway.json in ${folder}.`, { isDeath: true });
  return openGatewayLink(pointer, mine.version, listener);
}

/** The running gateway, or undefined when there is none to be had and one must be started. */
async function attach(pointer: GatewayPointer | undefined, version: string, listener: LinkListener, options: AttemptOptions): Promise<GatewayLink | undefined> {
  if (pointer === undefined) return undefined;
  const gate = new ListenerGate(listener);
  const link = await openGatewayLink(pointer, version, gate).catch((error: unknown) => {
    if (error instanceof AttemptError && error.failure.code === 'refused') return undefined;
    throw error;
  });
  if (link === undefined || !(await isOutdated(link, options))) return link === undefined ? undefined : gate.open(link);
  const gone = gate.whenClosed();
  const isStopping = await link.request('gateway/stop', { when: 'idle' }).then(() => true, () => false);
  if (!isStopping) return gate.open(link);
  options.say(`Replacing the idle gateway of build ${pointer.build}.`);
  await gone;
  return undefined;
}

async function isOutdated(link: GatewayLink, options: AttemptOptions): Promise<boolean> {
  const { build } = await readBuildInfo(options.distFolder);
  if (build === '' || build === link.info.build) return false;
  const status = await link.request('gateway/status', {}).catch(() => undefined);
  const { runningTurns, queuedTurns } = (status ?? {}) as { runningTurns?: unknown; queuedTurns?: unknown };
  const isIdle = runningTurns === 0 && queuedTurns === 0;
  options.say(`The gateway is of build ${link.info.build}, this extension of ${build}; it is ${isIdle ? 'idle' : 'busy, so it is used as it is'}.`);
  return isIdle && options.mayReplace;
}

/** Holds back the end of a link until it is handed over: the end of a gateway that is being replaced is not a loss. */
class ListenerGate implements LinkListener {
  readonly #target: LinkListener;
  readonly #closed = Promise.withResolvers<void>();
  #isOpen = false;
  #isClosed = false;

  constructor(target: LinkListener) {
    this.#target = target;
  }

  open(link: GatewayLink): GatewayLink {
    if (this.#isClosed) throw new AttemptError('refused', 'The gateway ended while it was asked for its state.');
    this.#isOpen = true;
    return link;
  }

  whenClosed(): Promise<void> {
    return this.#closed.promise;
  }

  onNotification(notification: Parameters<LinkListener['onNotification']>[0]): void {
    if (this.#isOpen) this.#target.onNotification(notification);
  }

  onProtocolError(sentence: string): void {
    this.#target.onProtocolError(sentence);
  }

  onClose(): void {
    this.#isClosed = true;
    this.#closed.resolve();
    if (this.#isOpen) this.#target.onClose();
  }
}
