import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
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
    const folder = fs.mkdtempSync(path.join(this.#root, '.new-'));
    fs.chmodSync(folder, 0o755);
    const copy = new EtcCopy(this.#source);
    for (const entry of etc) copy.add(inSource(entry, this.#source), path.join(folder, path.relative('/etc', entry)), folder);
    for (const [name, content] of Object.entries(own)) writePlain(path.join(folder, name), content, 0o644);
    const hash = crypto.createHash('sha256').update(JSON.stringify([key, own, [...copy.seen]])).digest('hex').slice(0, 16);
    const target = path.join(this.#root, hash);
    // One of the same name was made in this process of the same sources, and tasks may be using it.
    if (fs.existsSync(target)) fs.rmSync(folder, { recursive: true });
    else fs.renameSync(folder, target);
    return { path: target, seen: copy.seen };
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

/** Copies what belongs to the owner of /etc and everybody may read, and remembers what it saw. */
class EtcCopy {
  readonly #owner: number;
  readonly seen = new Map<string, string>();

  constructor(source: string) {
    this.#owner = fs.statSync(source, { throwIfNoEntry: false })?.uid ?? 0;
  }

  /** Adds an entry with the folders around it, at `to` in `folder`. */
  add(from: string, to: string, folder: string): void {
    this.#see(path.dirname(from), fs.statSync(path.dirname(from)));
    for (const parent of parentsWithin(to, folder)) if (!fs.existsSync(parent)) makeFolder(parent);
    this.#copy(from, to, 0);
  }

  #copy(from: string, to: string, depth: number): void {
    const stat = fs.lstatSync(from, { throwIfNoEntry: false });
    if (stat === undefined || depth > maxDepth || secretName.test(path.basename(from)) || fs.existsSync(to)) return;
    if (stat.isSymbolicLink()) return this.#copyLink(from, to, depth);
    if (stat.uid !== this.#owner || (stat.mode & 0o004) === 0) return;
    if (stat.isDirectory()) {
      this.#see(from, stat);
      makeFolder(to);
      for (const name of fs.readdirSync(from)) this.#copy(path.join(from, name), path.join(to, name), depth + 1);
    } else if (stat.isFile() && stat.size <= maxFileBytes) {
      this.#see(from, stat);
      const content = fs.readFileSync(from);
      if (!privateKey.test(content.toString('latin1'))) writePlain(to, content, stat.mode & 0o755);
    }
  }

  /** A link stays what it is: where it leads to what is not shown, it leads to nothing. */
  #copyLink(from: string, to: string, depth: number): void {
    const text = fs.readlinkSync(from);
    const next = path.resolve(path.dirname(from), text);
    const isIn = (place: string, roots: readonly string[]): boolean => roots.some((root) => isWithin(place, root));
    if (isIn(next, systemRoots)) return fs.symlinkSync(text, to);
    const end = realPath(from);
    if (end !== undefined && isIn(end, followed)) return this.#copy(end, to, depth + 1);
    fs.symlinkSync(end !== undefined && isIn(end, systemRoots) ? end : text, to);
  }

  #see(place: string, stat: fs.Stats): void {
    this.seen.set(place, stampOf(stat));
  }
}

const stampOf = ({ ino, ctimeMs }: fs.Stats): string => `${ino}:${ctimeMs}`;

function isFresh({ path: folder, seen }: Made): boolean {
  if (!fs.existsSync(folder)) return false;
  return [...seen].every(([place, stamp]) => {
    const stat = fs.lstatSync(place, { throwIfNoEntry: false });
    return stat !== undefined && stampOf(stat) === stamp;
  });
}

function realPath(place: string): string | undefined {
  try {
    return fs.realpathSync(place);
  } catch {
    return undefined;
  }
}

function parentsWithin(place: string, folder: string): string[] {
  const names = path.relative(folder, path.dirname(place)).split('/').filter(Boolean);
  return names.map((_name, index) => path.join(folder, ...names.slice(0, index + 1)));
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
