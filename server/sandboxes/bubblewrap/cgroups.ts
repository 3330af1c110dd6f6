import fs from 'node:fs';
import path from 'node:path';
import { tryTo } from '../../base/tryTo.ts';
import { readProcess } from '../../process/processTable.ts';
import type { SandboxLimits } from '../limits.ts';

/** A place in the tree of control groups under which this gateway may make groups of its own. */
interface CgroupBase {
  readonly version: 1 | 2;
  /** One folder in version 2; one per controller in version 1. */
  readonly folders: Readonly<Record<'memory' | 'pids', string> & Partial<Record<'cpu', string>>>;
}

/** The groups of one task. */
export interface TaskCgroup {
  /** Whether all tasks together weigh as much as one program at the processors; false where the kernel does not hold that. */
  readonly holdsShare: boolean;
  /** Puts a process, and all that it starts from then on, under the limits. */
  add(pid: number): void;
  /** Lets its processes end soon, which takes them time at the processors, too; until `remove`. */
  hasten(): void;
  /** How many processes the kernel has killed here because memory ran out. */
  countOutOfMemoryKills(): number;
  /** Removes the groups; their processes must be gone. False when the kernel still holds one. */
  remove(): boolean;
}

/** What is read to find the base; a test gives a tree of its own. */
export interface CgroupSources {
  /** `/sys/fs/cgroup`. */
  readonly root: string;
  /** Text of /proc/self/cgroup. */
  readonly membership: string;
}

/** One group per gateway, so that none touches what another has just made. */
const ownName = `logos-${process.pid}`;

/** Reads where this process stands; undefined where there are no control groups. */
export function readCgroupSources(): CgroupSources | undefined {
  try {
    return { root: '/sys/fs/cgroup', membership: fs.readFileSync('/proc/self/cgroup', 'utf8') };
  } catch {
    return undefined;
  }
}

/** Groups for tasks, in version 1 (root) or in a folder of version 2 that was given to this user. */
export class Cgroups {
  readonly #base: CgroupBase;
  readonly #ending = new Set<string>();

  private constructor(base: CgroupBase) {
    this.#base = base;
  }

  /** Undefined when this process may not make groups that limit memory. Removes the groups of gateways that are gone. */
  static open(sources: CgroupSources | undefined): Cgroups | undefined {
    if (sources === undefined) return undefined;
    const base = findVersion1(sources) ?? findVersion2(sources);
    if (base === undefined) return undefined;
    for (const folder of new Set(Object.values(base.folders).map((own) => path.dirname(own)))) removeAbandoned(folder);
    const { memory, pids } = base.folders;
    // One group for all tasks: what counts at the processors is the group, and not how many processes are in it.
    return new Cgroups(weigh(base, taskWeight) ? base : { ...base, folders: { memory, pids } });
  }

  /** Removes this gateway's groups; its tasks must be gone. */
  dispose(): void {
    for (const folder of Object.values(this.#base.folders)) {
      for (const task of fs.existsSync(folder) ? listFolders(folder) : []) tryTo(() => fs.rmdirSync(path.join(folder, task)));
      tryTo(() => fs.rmdirSync(folder));
    }
  }

  /** Makes the groups of a task. Throws what the system throws. */
  create(taskName: string, limits: SandboxLimits): TaskCgroup {
    const { version, folders } = this.#base;
    const memory = path.join(folders.memory, taskName);
    const pids = path.join(folders.pids, taskName);
    const made = [...new Set(Object.values(folders).map((folder) => path.join(folder, taskName)))];
    for (const folder of made) fs.mkdirSync(folder);
    const write = (folder: string, file: string, value: number): void => fs.writeFileSync(path.join(folder, file), `${value}\n`);
    write(pids, 'pids.max', limits.processes + bubblewrapProcesses);
    if (version === 1) {
      write(memory, 'memory.limit_in_bytes', limits.memoryBytes);
      tryTo(() => write(memory, 'memory.memsw.limit_in_bytes', limits.memoryBytes));
      // Version 1 counts what waits in connections apart from all other memory.
      tryTo(() => write(memory, 'memory.kmem.tcp.limit_in_bytes', Math.floor(limits.memoryBytes * connectionShare)));
    } else {
      write(memory, 'memory.max', limits.memoryBytes);
      tryTo(() => write(memory, 'memory.swap.max', 0));
      tryTo(() => write(memory, 'memory.oom.group', 0));
    }
    return {
      holdsShare: folders.cpu !== undefined,
      add: (pid) => {
        for (const folder of made) write(folder, 'cgroup.procs', pid);
      },
      countOutOfMemoryKills: () => readCount(path.join(memory, version === 1 ? 'memory.oom_control' : 'memory.events'), 'oom_kill'),
      hasten: () => {
        this.#ending.add(taskName);
        weigh(this.#base, endingWeight);
      },
      remove: () => {
        if (this.#ending.delete(taskName) && this.#ending.size === 0) weigh(this.#base, taskWeight);
        return made.map((folder) => tryTo(() => fs.rmdirSync(folder))).every(Boolean);
      },
    };
  }
}

const connectionShare = 0.125;
/**
 * What all tasks together weigh, beside 1 for the gateway: it has its turn at once, however many they are. With less they would start
 * slowly on a busy machine.
 */
const taskWeight = 1;
const endingWeight = 4;

/** The two processes of bubblewrap itself stand in the group too. */
const bubblewrapProcesses = 2;

/** Says whether all tasks together now have this weight. */
function weigh({ version, folders: { cpu } }: CgroupBase, weight: number): boolean {
  const [file, usual] = version === 1 ? ['cpu.shares', 1024] : ['cpu.weight', 100];
  return cpu !== undefined && tryTo(() => fs.writeFileSync(path.join(cpu, file), `${Math.floor(usual * weight)}\n`));
}

function findVersion1({ root, membership }: CgroupSources): CgroupBase | undefined {
  const folderOf = (controller: 'memory' | 'pids' | 'cpu'): string | undefined => {
    const line = membership.split('\n').find((text) => text.split(':')[1]?.split(',').includes(controller));
    const inside = line?.split(':').slice(2).join(':');
    if (inside === undefined) return undefined;
    const folder = path.join(root, controller, inside);
    return isWritable(folder) ? openOwn(folder) : undefined;
  };
  const memory = folderOf('memory');
  const pids = folderOf('pids');
  if (memory === undefined || pids === undefined) return undefined;
  const cpu = folderOf('cpu');
  return { version: 1, folders: { memory, pids, ...(cpu === undefined ? {} : { cpu }) } };
}

/** Walks up from where this process stands: a group with processes of its own cannot hand controllers down, its parents may. */
function findVersion2({ root, membership }: CgroupSources): CgroupBase | undefined {
  const inside = membership.split('\n').find((line) => line.startsWith('0::'))?.slice(3);
  if (inside === undefined) return undefined;
  for (let folder = path.join(root, inside); folder.startsWith(`${root}${path.sep}`); folder = path.dirname(folder)) {
    const controllers = readText(path.join(folder, 'cgroup.subtree_control')).trim().split(/\s+/);
    if (!['memory', 'pids'].every((name) => controllers.includes(name))) continue;
    if (!isWritable(folder) || !isWritable(path.join(folder, 'cgroup.procs'))) continue;
    const own = openOwn(folder);
    const handDown = (names: string): boolean => own !== undefined && tryTo(() => fs.writeFileSync(path.join(own, 'cgroup.subtree_control'), names));
    const hasCpu = controllers.includes('cpu') && handDown('+memory +pids +cpu\n');
    if (own === undefined || (!hasCpu && !handDown('+memory +pids\n'))) continue;
    return { version: 2, folders: { memory: own, pids: own, ...(hasCpu ? { cpu: own } : {}) } };
  }
  return undefined;
}

/** Our own group below another; undefined when it cannot be made. */
function openOwn(folder: string): string | undefined {
  const own = path.join(folder, ownName);
  return fs.existsSync(own) || tryTo(() => fs.mkdirSync(own)) ? own : undefined;
}

function removeAbandoned(folder: string): void {
  for (const name of listFolders(folder)) {
    const pid = /^logos-(\d+)$/.exec(name)?.[1];
    if (pid === undefined || name === ownName || readProcess(Number(pid)) !== undefined) continue;
    for (const task of listFolders(path.join(folder, name))) tryTo(() => fs.rmdirSync(path.join(folder, name, task)));
    tryTo(() => fs.rmdirSync(path.join(folder, name)));
  }
}

function isWritable(file: string): boolean {
  return tryTo(() => fs.accessSync(file, fs.constants.W_OK));
}

function readCount(file: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readText(file))?.[1] ?? 0);
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function listFolders(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
