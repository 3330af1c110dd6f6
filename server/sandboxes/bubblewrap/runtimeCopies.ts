import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { tryTo } from '../../base/tryTo.ts';
import { isProcessAlive, processName } from '../../process/processTable.ts';

/** What is copied: one build of the worker, and the Node that runs it. */
export interface CopiedBuild {
  readonly build: string;
  readonly nodePath: string;
  readonly workerPath: string;
}

/** Which Node a copy is: where it came from, and what is in it. */
interface Origin {
  readonly source: string;
  readonly sha256: string;
}

/** Copies that no living gateway uses; so many of the newest stay for the next one. */
const keptUnused = 2;
const abandonedAfterMs = 3_600_000;
const usersName = 'users';
const originName = 'origin.json';

/**
 * The copies of Node and the worker that gateways of this machine share, one folder per build. Builds with the same Node share
 * its file, so that the file system itself lets it go with the last of them. A gateway writes its process into the folders that
 * it uses; no folder is removed while such a process lives. Several gateways do all this at once and without a lock: each
 * change is one rename, looked at again after it.
 */
export class RuntimeCopies {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The folder of a build, made where it is missing, and used by this process from now on. */
  async use(copied: CopiedBuild): Promise<string> {
    const folder = path.join(this.#folder, copied.build);
    for (let round = 0; round < 3; round += 1) {
      if (!isWhole(folder)) await this.#make(copied, folder);
      if (register(folder)) break;
    }
    this.#removeUnused(folder);
    return folder;
  }

  async #make({ nodePath, workerPath }: CopiedBuild, folder: string): Promise<void> {
    const made = fs.mkdtempSync(path.join(this.#folder, '.new-'));
    try {
      const origin = await this.#placeNode(nodePath, path.join(made, 'node'));
      fs.copyFileSync(workerPath, path.join(made, 'worker.js'));
      fs.chmodSync(path.join(made, 'worker.js'), 0o644);
      fs.writeFileSync(path.join(made, originName), JSON.stringify(origin), { mode: 0o600 });
      fs.mkdirSync(path.join(made, usersName), { mode: 0o700 });
      fs.chmodSync(made, 0o755);
      if (!isWhole(folder)) this.#discard(folder);
      fs.renameSync(made, folder);
    } catch (error) {
      fs.rmSync(made, { recursive: true, force: true });
      if (!isWhole(folder)) throw error;
    }
  }

  /** The same Node of another build, else the blocks of the source, else the source itself, else a copy of it. */
  async #placeNode(nodePath: string, target: string): Promise<Origin> {
    const { dev, ino, size, mtimeNs } = fs.statSync(nodePath, { bigint: true });
    const source = `${nodePath}\n${dev}:${ino}:${size}:${mtimeNs}`;
    const others = this.#builds().flatMap((folder) => readOrigin(folder) ?? []);
    const sha256 = others.find(({ origin }) => origin.source === source)?.origin.sha256 ?? (await hashOf(nodePath));
    const links = others.filter(({ origin }) => origin.sha256 === sha256).map(({ folder }) => path.join(folder, 'node'));
    const isPlaced = links.some((other) => tryTo(() => fs.linkSync(other, target))) || tryTo(() => fs.copyFileSync(nodePath, target, fs.constants.COPYFILE_FICLONE_FORCE));
    if (!isPlaced && !(isFitToLink(nodePath) && tryTo(() => fs.linkSync(nodePath, target)))) fs.copyFileSync(nodePath, target);
    if (!isFitToRun(target)) fs.chmodSync(target, 0o755);
    return { source, sha256 };
  }

  #builds(): string[] {
    return fs.readdirSync(this.#folder).filter((name) => /^[0-9a-f]{16}$/.test(name)).map((name) => path.join(this.#folder, name));
  }

  #removeUnused(own: string): void {
    const unused = this.#builds()
      .filter((folder) => folder !== own && !isUsed(folder))
      .map((folder) => ({ folder, madeAt: fs.statSync(folder, { throwIfNoEntry: false })?.ctimeMs ?? 0 }))
      .toSorted((a, b) => b.madeAt - a.madeAt);
    for (const { folder } of unused.slice(keptUnused)) this.#discard(folder);
    for (const name of fs.readdirSync(this.#folder).filter((each) => /^\.(new|old)-/.test(each))) {
      const left = path.join(this.#folder, name);
      const age = Date.now() - (fs.statSync(left, { throwIfNoEntry: false })?.ctimeMs ?? Infinity);
      if (age > abandonedAfterMs) fs.rmSync(left, { recursive: true, force: true });
    }
  }

  /** Moves a folder away, and back when a gateway has begun to use it in between. */
  #discard(folder: string): void {
    const moved = path.join(this.#folder, `.old-${crypto.randomUUID()}`);
    if (!tryTo(() => fs.renameSync(folder, moved))) return;
    if (isWhole(moved) && isUsed(moved) && tryTo(() => fs.renameSync(moved, folder))) return;
    fs.rmSync(moved, { recursive: true, force: true });
  }
}

const isWhole = (folder: string): boolean => ['node', 'worker.js', originName].every((name) => fs.existsSync(path.join(folder, name)));

/** Writes this process into a folder; false when the folder went meanwhile. */
function register(folder: string): boolean {
  const user = path.join(folder, usersName, processName(process.pid) ?? String(process.pid));
  return tryTo(() => fs.writeFileSync(user, '')) && fs.existsSync(user);
}

/** Whether a process that lives has written itself into a folder; what others have left there is removed. */
function isUsed(folder: string): boolean {
  const users = path.join(folder, usersName);
  let names: string[] = [];
  tryTo(() => { names = fs.readdirSync(users); });
  const living = names.filter(isProcessAlive);
  for (const name of names) if (!living.includes(name)) fs.rmSync(path.join(users, name), { force: true });
  return living.length > 0;
}

function readOrigin(folder: string): { readonly folder: string; readonly origin: Origin } | undefined {
  try {
    const said = JSON.parse(fs.readFileSync(path.join(folder, originName), 'utf8')) as Partial<Origin> | null;
    const { source, sha256 } = said ?? {};
    return typeof source === 'string' && typeof sha256 === 'string' ? { folder, origin: { source, sha256 } } : undefined;
  } catch {
    return undefined;
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = crypto.createHash('sha256');
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 1_048_576 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const isFitToRun = (file: string): boolean => (fs.statSync(file).mode & 0o777) === 0o755;

/** A file may stand in for its copy when only root can change it and its mode needs no change. */
const isFitToLink = (file: string): boolean => fs.statSync(file).uid === 0 && isFitToRun(file);
