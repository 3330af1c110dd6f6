import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';
import type { Logger } from '../../log/logger.ts';
import { sweepAbandonedStates, writeOwner } from './abandonedStates.ts';
import { Cgroups, readCgroupSources, type CgroupSources } from './cgroups.ts';
import { EtcFolders } from './etcFolder.ts';
import { findBwrap, type Bwrap } from './findBwrap.ts';
import { platformError, readHostFacts, unsupported, type HostFacts } from './hostErrors.ts';
import { openPlaces, type Places } from './places.ts';
import { removeTree } from './removeTree.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import { buildSeccompFilter } from './seccompFilter.ts';

/** What is given about this host; what is absent is looked for. */
export interface HostOptions {
  /** Real path of the gateway's state directory. */
  readonly stateDir: string;
  /** The plain Node on which workers run; undefined when this host has none. */
  readonly nodePath: string | undefined;
  /** The bundled worker. */
  readonly workerPath: string;
  readonly bwrapPath?: string;
  /** Where everything lives when the gateway runs as root; `/var/lib/logos`. */
  readonly systemRoot?: string;
  readonly facts?: HostFacts;
  /** `null`: use no control groups. */
  readonly cgroups?: CgroupSources | null;
}

/** A host on which the engine can run. */
export interface BubblewrapHost {
  readonly facts: HostFacts;
  readonly stateDir: string;
  /** The Node that was given, where it lies. */
  readonly nodePath: string;
  readonly bwrap: Bwrap;
  readonly places: Places;
  readonly runtime: Runtime;
  readonly etc: EtcFolders;
  readonly cgroups: Cgroups | undefined;
  readonly seccompFilter: Buffer;
}

const swept = new Set<string>();

/** Looks at the host and makes the engine's folders. Throws `sandbox_unsupported` or `sandbox_unavailable`. */
export async function openHost(options: HostOptions, log: Logger): Promise<BubblewrapHost> {
  const facts = options.facts ?? readHostFacts();
  const wrongPlatform = platformError(facts);
  if (wrongPlatform !== undefined) throw wrongPlatform;
  const { arch } = process;
  if (arch !== 'x64' && arch !== 'arm64') throw unsupported('architecture', `The embedded engine has no filter of system calls for ${arch}.`, 'Use a machine with an x86_64 or ARM64 processor.');
  const { nodePath } = options;
  if (nodePath === undefined) throw unsupported('no_node', 'There is no Node on this machine on which workers could run.', 'Install Node 22.19 or newer and restart the gateway.');
  const bwrap = await findBwrap(options.bwrapPath, facts);
  const places = openFolders(options);
  const runtime = await openRuntime(nodePath, options.workerPath, places.runtimes);
  const cgroups = Cgroups.open(options.cgroups === null ? undefined : (options.cgroups ?? readCgroupSources()));
  await sweep(places, log);
  const etc = new EtcFolders(places.etc);
  return { facts, stateDir: options.stateDir, nodePath, bwrap, places, runtime, etc, cgroups, seccompFilter: buildSeccompFilter(arch) };
}

/** Makes the folders alone. Throws `sandbox_unavailable`. */
export function openFolders(options: Pick<HostOptions, 'stateDir' | 'systemRoot'>): Places {
  try {
    return openPlaces({ stateDir: options.stateDir, systemRoot: options.systemRoot ?? '/var/lib/logos', uid: process.geteuid?.() ?? 0 });
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new AppError('sandbox_unavailable', `The folders for sandboxes could not be made (${code}).`, { reason: code, hint: `Make ${options.stateDir} writable for the gateway.`, cause: error });
  }
}

/** Removes what an earlier gateway of this state directory left when it was killed; its tasks died with it. */
async function sweep(places: Places, log: Logger): Promise<void> {
  if (swept.has(places.tasks)) return;
  swept.add(places.tasks);
  if (places.system !== undefined) {
    writeOwner(places.system);
    // Nobody waits for what other state directories left.
    void sweepAbandonedStates(places.system, log, Date.now()).catch((error: unknown) => log.warn(`Sandboxes of deleted state directories could not be removed: ${String(error)}`));
  }
  const left = [
    ...fs.readdirSync(places.tasks).filter((name) => /^[0-9a-f]{16}$/.test(name)).map((name) => path.join(places.tasks, name)),
    ...fs.readdirSync(places.sandboxes).filter((name) => name.startsWith('.removed-')).map((name) => path.join(places.sandboxes, name)),
    ...fs.readdirSync(places.etc).map((name) => path.join(places.etc, name)),
  ];
  await Promise.all(left.map((folder) => removeTree(folder).catch(() => undefined)));
}
