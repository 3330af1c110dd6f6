import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';
import { isWithin, workspacePath } from '../../policies/workspace.ts';
import { inSource } from './etcEntries.ts';
import type { PolicyMounts } from './policyMounts.ts';

/** What a sandbox has for its own name. */
export const hostName = 'sandbox';

/** Where links out of /etc may lead as they are, because a policy shows it or not as a whole. */
const systemRoots = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/opt', '/nix/store', '/gnu/store'];
/** Where the contents of a distribution's certificates lie that has only links in /etc. */
const followed = ['/var/lib/ca-certificates'];
const maxFileBytes = 4 * 1_048_576;
const maxDepth = 8;
const secretName = /^(private|shadow|gshadow|sudoers|ssh_host_.*|.*\.key|.*(password|secret|credential)s?(\..*)?)$/i;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** A folder that was made, and what its sources were like then. */
interface Made {
  readonly path: string;
  readonly seen: ReadonlyMap<string, string>;
}

/**
 * The folders that sandboxes have as /etc, made of copies: one mount instead of many, and no file in it that is not everybody's to
 * read. Each is made once, and again when its sources have changed.
 */
export class EtcFolders {
  readonly #root: string;
  readonly #source: string;
  readonly #made = new Map<string, Made>();

  /** `root` belongs to this gateway alone; `source` is another folder than /etc for tests. */
  constructor(root: string, source = '/etc') {
    this.#root = root;
    this.#source = source;
  }

  /** The folder for what a policy shows of /etc. */
  open({ etc, uid, gid }: Pick<PolicyMounts, 'etc' | 'uid' | 'gid'>): string {
    const key = JSON.stringify([etc, uid, gid]);
    const made = this.#made.get(key);
    if (made !== undefined && isFresh(made)) return made.path;
    const next = this.#make(etc, ownFiles({ uid, gid }), key);
    this.#made.set(key, next);
    return next.path;
  }

  #make(etc: readonly string[], own: Readonly<Record<string, string>>, key: string): Made {
    const folder = path.join(this.#root, `.new-${crypto.randomUUID()}`);
    try {
      makeFolder(folder);
      const copy = new EtcCopy(this.#source, folder);
      for (const entry of etc) copy.add(inSource(entry, this.#source), path.relative('/etc', entry));
      for (const [name, content] of Object.entries(own)) writePlain(path.join(folder, name), content, 0o644);
      const target = path.join(this.#root, copy.hash.update(key).update(JSON.stringify(own)).digest('hex').slice(0, 16));
      // One with the same contents may be in use by tasks.
      if (fs.existsSync(target)) fs.rmSync(folder, { recursive: true });
      else fs.renameSync(folder, target);
      return { path: target, seen: copy.seen };
    } catch (error) {
      fs.rmSync(folder, { recursive: true, force: true });
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      throw new AppError('sandbox_unavailable', `The folder that sandboxes have as /etc could not be made (${code}).`, {
        reason: code,
        hint: `Make room on the disk of ${this.#root}, and make it writable for the gateway.`,
        cause: error,
      });
    }
  }
}

/** All that a task learns about accounts and hosts. */
export function ownFiles({ uid, gid }: { readonly uid: number; readonly gid: number }): Readonly<Record<'passwd' | 'group' | 'nsswitch.conf' | 'hosts' | 'hostname', string>> {
  return {
    passwd: `sandbox:x:${uid}:${gid}:sandbox:${workspacePath}:/bin/sh\n`,
    group: `sandbox:x:${gid}:\n`,
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
    hosts: `127.0.0.1 localhost ${hostName}\n::1 localhost ${hostName}\n`,
    hostname: `${hostName}\n`,
  };
}

/** Copies what belongs to the owner of /etc and everybody may read, and remembers what it saw. What cannot be read is left out. */
class EtcCopy {
  readonly #owner: number | undefined;
  readonly #source: string;
  readonly #folder: string;
  readonly seen = new Map<string, string>();
  /** Of names and contents. */
  readonly hash = crypto.createHash('sha256');

  constructor(source: string, folder: string) {
    this.#source = source;
    this.#folder = folder;
    this.#owner = readable(() => fs.statSync(source))?.uid;
  }

  /** Adds what lies at `from`, with the folders around it. */
  add(from: string, name: string): void {
    const parents = name.split('/').slice(0, -1).map((_part, index, parts) => parts.slice(0, index + 1).join('/'));
    for (const parent of ['', ...parents]) this.#see(path.join(this.#source, parent));
    for (const parent of parents) if (!fs.existsSync(path.join(this.#folder, parent))) makeFolder(path.join(this.#folder, parent));
    this.#copy(from, name, 0);
  }

  #copy(from: string, name: string, depth: number): void {
    const stat = this.#see(from);
    const to = path.join(this.#folder, name);
    if (stat === undefined || depth > maxDepth || secretName.test(path.basename(from)) || isThere(to)) return;
    if (stat.isSymbolicLink()) return this.#copyLink(from, name, depth);
    if (stat.uid !== this.#owner || (stat.mode & 0o004) === 0) return;
    if (stat.isDirectory()) {
      makeFolder(to);
      for (const each of readable(() => fs.readdirSync(from).sort()) ?? []) this.#copy(path.join(from, each), `${name}/${each}`, depth + 1);
    } else if (stat.isFile() && stat.size <= maxFileBytes) {
      const content = readable(() => fs.readFileSync(from));
      if (content === undefined || privateKey.test(content.toString('latin1'))) return;
      this.hash.update(JSON.stringify([name, stat.mode, content.length])).update(content);
      writePlain(to, content, stat.mode & 0o755);
    }
  }

  /** A link stays what it is: where it leads to what is not shown, it leads to nothing. */
  #copyLink(from: string, name: string, depth: number): void {
    const text = readable(() => fs.readlinkSync(from));
    if (text === undefined) return;
    const isIn = (place: string, roots: readonly string[]): boolean => roots.some((root) => isWithin(place, root));
    const isDirect = isIn(path.resolve(path.dirname(from), text), systemRoots);
    const end = isDirect ? undefined : readable(() => fs.realpathSync(from));
    if (end !== undefined && isIn(end, followed)) return this.#copy(end, name, depth + 1);
    const target = end !== undefined && isIn(end, systemRoots) ? end : text;
    this.hash.update(JSON.stringify([name, target]));
    fs.symlinkSync(target, path.join(this.#folder, name));
  }

  #see(place: string): fs.Stats | undefined {
    const stat = readable(() => fs.lstatSync(place));
    if (stat !== undefined && !stat.isSymbolicLink()) this.seen.set(place, stampOf(stat));
    return stat;
  }
}

const stampOf = ({ ino, ctimeMs }: fs.Stats): string => `${ino}:${ctimeMs}`;

function isFresh({ path: folder, seen }: Made): boolean {
  if (!fs.existsSync(folder)) return false;
  return [...seen].every(([place, stamp]) => {
    const stat = readable(() => fs.lstatSync(place));
    return stat !== undefined && stampOf(stat) === stamp;
  });
}

const isThere = (place: string): boolean => fs.lstatSync(place, { throwIfNoEntry: false }) !== undefined;

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The modes are set again, because the gateway may make everything private by its mask. */
function makeFolder(place: string): void {
  fs.mkdirSync(place);
  fs.chmodSync(place, 0o755);
}

function writePlain(place: string, content: string | Buffer, mode: number): void {
  fs.writeFileSync(place, content);
  fs.chmodSync(place, mode);
}
