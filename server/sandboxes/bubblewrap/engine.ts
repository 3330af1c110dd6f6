import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';
import type { Logger } from '../../log/logger.ts';
import type { Policy } from '../../policies/policy.ts';
import { workspacePath } from '../../policies/workspace.ts';
import { OrphanGuard } from '../../process/orphanGuard.ts';
import { ownerMark } from '../../process/ownerMark.ts';
import type { SpawnedProcess } from '../../process/spawn.ts';
import type { EngineCapabilities, EngineProbe, Launch, PreparedSandbox, SandboxEngine, SandboxProcess, SandboxSpec } from '../engine.ts';
import { limitsHeldBy, type SandboxLimits } from '../limits.ts';
import { inferenceSocketPath, probeCommand, sandboxArguments, workerCommand, type SandboxLayout } from './bwrapArguments.ts';
import { BwrapProcess } from './bwrapProcess.ts';
import type { TaskCgroup } from './cgroups.ts';
import { DiskWall } from './diskWall.ts';
import { homeIn, identityOf, makeHome } from './home.ts';
import { openFolders, openHost, type BubblewrapHost, type HostOptions } from './host.ts';
import { probeError } from './hostErrors.ts';
import { MemoryWatch } from './memoryWatch.ts';
import { makeTaskDirectory, sandboxFolder, type HostIds } from './places.ts';
import { readPolicyMounts, type PolicyMounts } from './policyMounts.ts';
import { probePolicy } from './probePolicy.ts';
import { removeTree } from './removeTree.ts';
import { feed, runInside, spawnBwrap, type InsideLayout } from './runInside.ts';
import { openRuntime } from './runtime.ts';
import { assertHolds } from './selfTest.ts';
import { SessionShares } from './sessionShares.ts';
import { watchLimits } from './watchdog.ts';

/** What the embedded engine is built from. */
export interface BubblewrapOptions extends HostOptions {
  /** Read anew for each sandbox that is prepared. */
  readonly limits: SandboxLimits;
  readonly log: Logger;
}

interface Prepared {
  readonly folder: string;
  readonly ids: HostIds | undefined;
  readonly layout: SandboxLayout;
}

const probeTimeoutMs = 10_000;
const workerNiceness = 10;

/** The embedded engine: one bubblewrap per task, the agent's home shared by its tasks, nothing kept running between them. */
export class BubblewrapEngine implements SandboxEngine {
  readonly name = 'bubblewrap';
  readonly capabilities: EngineCapabilities = { keepsStdinOpen: true, inferenceSocketPath, workspacePath };
  readonly #options: BubblewrapOptions;
  readonly #prepared = new WeakMap<PreparedSandbox, Prepared>();
  readonly #running = new Map<BwrapProcess, string>();
  readonly #guard: OrphanGuard;
  readonly #memoryWatch: MemoryWatch;
  readonly #diskWall = new DiskWall();
  readonly #sessionShares = new SessionShares();
  #host: Promise<BubblewrapHost> | undefined;

  constructor(options: BubblewrapOptions) {
    this.#options = options;
    this.#memoryWatch = new MemoryWatch(options.log);
    this.#guard = new OrphanGuard(ownerMark(options.stateDir), options.log);
  }

  async probe(): Promise<EngineProbe> {
    // Whatever was missing may have been installed since.
    this.#host = undefined;
    const host = await this.#open();
    const owner = path.join(host.places.sandboxes, 'probe');
    const ids = takeIds(host, owner);
    const { limits, stateDir, log } = this.#options;
    const policy = readPolicyMounts(probePolicy);
    const inside: InsideLayout = { ids, layout: { policy, etcPath: host.etc.open(policy), homePath: '/', ...host.runtime, limits } };
    try {
      const startedAt = performance.now();
      await this.#runProbe(host, inside);
      const latencyMs = performance.now() - startedAt;
      await assertHolds({ host, inside, stateDir, log });
      return { version: host.bwrap.version, latencyMs, limits: this.#heldLimits(host) };
    } finally {
      host.places.accounts?.release(owner);
    }
  }

  assertEnforces(policy: Policy): void {
    this.#readMounts(policy);
  }

  async prepare(spec: SandboxSpec): Promise<PreparedSandbox> {
    const mounts = this.#readMounts(spec.policy);
    const host = await this.#open();
    const folder = sandboxFolder(host.places, spec.agentId);
    const ids = takeIds(host, folder);
    const homePath = makeHome(folder, ids);
    const { limits } = this.#options;
    const layout: SandboxLayout = { policy: mounts, etcPath: host.etc.open(mounts), homePath, ...host.runtime, limits };
    const hash = crypto.createHash('sha256').update(JSON.stringify([spec.policy.hash, layout, identityOf(homePath), host.runtime.build, host.bwrap])).digest('hex');
    const sandbox: PreparedSandbox = { spec, hash, homePath };
    this.#prepared.set(sandbox, { folder, ids, layout });
    return sandbox;
  }

  homeOf(agentId: string): string | undefined {
    const home = homeIn(sandboxFolder(openFolders(this.#options), agentId));
    return fs.lstatSync(home, { throwIfNoEntry: false })?.isDirectory() === true ? home : undefined;
  }

  async createTaskDirectory(sandbox: PreparedSandbox): Promise<{ readonly path: string; dispose(): Promise<void> }> {
    const host = await this.#open();
    const directory = makeTaskDirectory(host.places, this.#preparedOf(sandbox).ids);
    return { path: directory, dispose: () => removeTree(directory) };
  }

  async start({ sandbox, inferenceSocketHostPath }: Launch): Promise<SandboxProcess> {
    const host = await this.#open();
    const { ids, layout } = this.#preparedOf(sandbox);
    if (fs.lstatSync(layout.homePath, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new AppError('sandbox_unavailable', 'The home of the sandbox is gone.', { reason: 'home_missing', hint: 'Send the message again: the sandbox is made anew, without the files that were in it.' });
    }
    await this.#keepRuntime(host);
    const cgroup = this.#createCgroup(host, layout.limits);
    const bwrap = await spawnBwrap(host, ids, workerCommand(layout.limits));
    const holdsMemory = prepareProcess(bwrap, cgroup, this.#options.log);
    feed(bwrap, host, sandboxArguments(layout, inferenceSocketHostPath));
    const task = new BwrapProcess(bwrap, cgroup);
    this.#running.set(task, sandbox.spec.agentId);
    const stopLightening = cgroup?.holdsShare === true ? undefined : this.#sessionShares.add(bwrap.pid);
    const stopWatching = watchLimits({
      pid: bwrap.pid,
      homePath: layout.homePath,
      ids,
      bwrapPath: host.bwrap.path,
      stateDir: host.stateDir,
      limits: layout.limits,
      diskWall: this.#diskWall,
      memoryWatch: holdsMemory ? undefined : this.#memoryWatch,
      log: this.#options.log,
      onExcess: (excess) => task.killFor(excess),
    });
    void task.exited.then(() => {
      stopWatching();
      stopLightening?.();
      this.#running.delete(task);
    });
    return task;
  }

  #readMounts(policy: Policy): PolicyMounts {
    const { stateDir, systemRoot } = this.#options;
    return readPolicyMounts(policy, systemRoot === undefined ? [stateDir] : [stateDir, systemRoot]);
  }

  /** Somebody may have cleaned up. */
  async #keepRuntime({ nodePath, runtime, places }: BubblewrapHost): Promise<void> {
    const isThere = fs.existsSync(runtime.nodePath) && fs.existsSync(runtime.workerPath);
    if (!isThere) await openRuntime(nodePath, this.#options.workerPath, places.runtimes);
  }

  async remove(agentId: string): Promise<void> {
    // Not the whole host: a home can go also where bubblewrap is gone.
    const places = openFolders(this.#options);
    await this.#end((owner) => owner === agentId);
    const folder = sandboxFolder(places, agentId);
    if (fs.existsSync(folder)) {
      const removed = path.join(places.sandboxes, `.removed-${crypto.randomUUID()}`);
      fs.renameSync(folder, removed);
      await removeTree(removed);
    }
    places.accounts?.release(folder);
  }

  async dispose(): Promise<void> {
    await this.#end(() => true);
    const host = await this.#host?.catch(() => undefined);
    host?.cgroups?.dispose();
    await this.#guard.dispose();
  }

  async #end(isMeant: (agentId: string) => boolean): Promise<void> {
    const tasks = this.#tasksOf(isMeant);
    for (const task of tasks) task.kill();
    await Promise.all(tasks.map((task) => task.exited));
  }

  #tasksOf(isMeant: (agentId: string) => boolean): BwrapProcess[] {
    return [...this.#running].filter(([, owner]) => isMeant(owner)).map(([task]) => task);
  }

  async #open(): Promise<BubblewrapHost> {
    const opening = (this.#host ??= openHost(this.#options, this.#options.log));
    opening.catch(() => {
      if (this.#host === opening) this.#host = undefined;
    });
    const host = await opening;
    await this.#guard.ensure();
    return host;
  }

  #preparedOf(sandbox: PreparedSandbox): Prepared {
    const prepared = this.#prepared.get(sandbox);
    if (prepared !== undefined) return prepared;
    throw new AppError('sandbox_unavailable', 'The sandbox was not prepared by this engine.', { reason: 'not_prepared', hint: 'Send the message again.' });
  }

  async #runProbe(host: BubblewrapHost, inside: InsideLayout): Promise<void> {
    const { out, err, exit } = await runInside(host, inside, { command: probeCommand(this.#options.limits), input: '', timeoutMs: probeTimeoutMs });
    if (exit.code !== 0 || !/^v\d+\./.test(out)) throw probeError(exit.cause === 'stopped_by_us' ? `it did not end within ${probeTimeoutMs} ms` : err, host.facts);
  }

  #createCgroup(host: BubblewrapHost, limits: SandboxLimits): TaskCgroup | undefined {
    try {
      return host.cgroups?.create(`task-${crypto.randomBytes(8).toString('hex')}`, limits);
    } catch (error) {
      this.#options.log.warn(`No control group could be made; memory is watched instead: ${String(error)}`);
      return undefined;
    }
  }

  #heldLimits(host: BubblewrapHost): EngineProbe['limits'] {
    return limitsHeldBy(this.#options.limits, {
      memoryBytes: host.cgroups === undefined ? 'watchdog' : 'cgroup',
      processes: 'rlimit',
      openFiles: 'rlimit',
      fileBytes: 'rlimit',
      workspaceBytes: 'watchdog',
      toolMs: 'worker',
      toolOutputBytes: 'worker',
    });
  }
}

function takeIds(host: BubblewrapHost, owner: string): HostIds | undefined {
  const id = host.places.accounts?.take(owner);
  return id === undefined ? undefined : { uid: id, gid: id };
}

/** Puts limits of the host on the process. Says whether a control group holds its memory. */
function prepareProcess(bwrap: SpawnedProcess, cgroup: TaskCgroup | undefined, log: Logger): boolean {
  const attempt = (what: string, act: () => void): boolean => {
    try {
      act();
      return true;
    } catch (error) {
      log.warn(`${what} could not be set for a task: ${String(error)}`);
      return false;
    }
  };
  // The first to go when the machine runs out of memory, and behind the gateway when it runs out of time.
  attempt('oom_score_adj', () => fs.writeFileSync(`/proc/${bwrap.pid}/oom_score_adj`, '1000'));
  attempt('Niceness', () => os.setPriority(bwrap.pid, workerNiceness));
  return cgroup !== undefined && attempt('The control group', () => cgroup.add(bwrap.pid));
}
