import { AttemptError } from './attemptError.ts';
import { openGatewayLink, type GatewayLink, type LinkListener } from './gatewayLink.ts';
import { readGatewayPointer } from './gatewayPointer.ts';
import { runGatewayStarter } from './gatewayStarter.ts';
import { chooseNode } from './nodeChoice.ts';
import { readOwnBuild } from './ownBuild.ts';
import { stateFolder } from './stateFolder.ts';

/** What an attempt needs to know; read afresh for each, because settings change. */
export interface AttemptOptions {
  readonly distFolder: string;
  /** Settings: the state directory and the Node to use, when a person named them. */
  readonly home: string | undefined;
  readonly node: string | undefined;
  /** Only a window that connects for the first time has an idle gateway of another build replaced: two windows must not take turns. */
  readonly mayReplace: boolean;
  /** A person asks for the start: that the gateway died too often lately does not count. */
  readonly isAnew: boolean;
  /** A window that nobody looks at leaves a gateway alone that went to rest by itself. */
  readonly mayWake: boolean;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

const START_TIMEOUT_MS = 40_000;

/** One attempt at a connection: attach to the running gateway, else have it started (or replaced) and attach. Rejects with AttemptError. */
export async function attemptGateway(options: AttemptOptions, listener: LinkListener): Promise<GatewayLink> {
  const { distFolder, signal, say } = options;
  const folder = stateFolder(options.home);
  const mine = await readOwnBuild(distFolder);
  const running = await readGatewayPointer(folder);
  const isUsable = running !== undefined && (running.build === mine.build || mine.build === '' || !options.mayReplace);
  const link = isUsable ? await attach(() => openGatewayLink(running, mine.version, listener)) : undefined;
  if (link !== undefined) return link;
  // A gateway that was killed leaves its pointer behind; one that went to rest takes it along.
  if (running === undefined && !options.mayWake) throw new AttemptError('closed', 'The gateway is at rest; it starts again when this window is used.', {});
  const node = chooseNode(options.node);
  say(`Attaching to the gateway of ${folder}, or starting it with ${node.path}.`);
  await runGatewayStarter({ node, isAnew: options.isAnew, distFolder, stateFolder: folder, timeoutMs: START_TIMEOUT_MS, chosenNode: options.node, signal, onLogLine: say });
  const pointer = await readGatewayPointer(folder);
  if (pointer === undefined) throw new AttemptError('start_failed', `The gateway left no gateway.json in ${folder}.`, { isDeath: true });
  if (pointer.build !== mine.build) say(`The gateway is of build ${pointer.build}, this extension of ${mine.build}; it is busy, so it is used as it is.`);
  return openGatewayLink(pointer, mine.version, listener);
}

/** Undefined when nobody listens where the pointer file says, as after a kill. */
async function attach(open: () => Promise<GatewayLink>): Promise<GatewayLink | undefined> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof AttemptError && error.failure.code === 'refused') return undefined;
    throw error;
  }
}
