import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';

/**
 * Ids that a sandbox may get, in this order; each range is tried to its end. The first lies above all that a system gives out by
 * itself later: subordinate ids of its users (to 600,100,000), containers of systemd (to 1,878,982,655), accounts of a domain (to
 * 2,000,200,000); and below the foreign ids of systemd (from 2,147,352,576). The second is for containers, where few ids exist.
 */
const ranges: readonly (readonly [first: number, last: number])[] = [
  [2_100_000_000, 2_100_065_535],
  [50_000, 59_999],
];

/** A claim is made before the folder of its owner; one that is older and whose owner is not there was left behind. */
const abandonedAfterMs = 3_600_000;

/** The files in which other ids of this machine are written. */
export interface IdSources {
  /** Text of /proc/self/uid_map. */
  readonly uidMap: string;
  /** Text of /etc/subuid and /etc/subgid: ids that containers of this machine use. */
  readonly subordinateIds: string;
  /** Text of /etc/passwd and /etc/group. */
  readonly accounts: string;
}

/** Reads what this machine says about ids; a missing file says nothing. */
export function readIdSources(): IdSources {
  const read = (file: string): string => {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  return {
    uidMap: read('/proc/self/uid_map'),
    subordinateIds: `${read('/etc/subuid')}\n${read('/etc/subgid')}`,
    accounts: `${read('/etc/passwd')}\n${read('/etc/group')}`,
  };
}

/** Whether a process with this uid map can become `id`: in a container or behind `unshare -r` most ids do not exist. */
export function isMapped(uidMap: string, id: number): boolean {
  return uidMap.split('\n').some((line) => {
    const [inside, , count] = line.trim().split(/\s+/).map(Number);
    return inside !== undefined && count !== undefined && id >= inside && id < inside + count;
  });
}

/**
 * Unprivileged ids for sandboxes of a gateway that runs as root, one each. An id is taken by a folder of its name that is
 * made in one step and holds the path of its owner, so several gateways share the range without talking. The id of an owner
 * whose folder went without a release, as when a whole state directory was deleted, is taken again.
 */
export class Accounts {
  readonly #folder: string;
  readonly #sources: IdSources;

  constructor(folder: string, sources: IdSources) {
    this.#folder = folder;
    this.#sources = sources;
  }

  /** The id of an owner, the same each time. Throws `sandbox_unsupported` when no id can be had. */
  take(owner: string): number {
    const mine = this.find(owner);
    if (mine !== undefined) {
      // Its folder may be about to be made again.
      fs.utimesSync(this.#claimOf(mine), new Date(), new Date());
      return mine;
    }
    const isForeign = foreignIds(this.#sources);
    for (const [first, last] of ranges) {
      for (let id = first; id <= last; id += 1) {
        if (!isMapped(this.#sources.uidMap, id) || isForeign(id)) continue;
        if (this.#claim(id, owner) || (this.#removeAbandoned(id) && this.#claim(id, owner))) return id;
      }
    }
    throw new AppError('sandbox_unsupported', 'The gateway runs as root and found no unprivileged user id for the sandbox.', {
      reason: 'root_without_ids',
      hint: 'Start the gateway as an ordinary user; nothing of an agent runs as root.',
    });
  }

  /** The id that an owner holds. */
  find(owner: string): number | undefined {
    for (const name of fs.readdirSync(this.#folder)) {
      if (/^\d+$/.test(name) && this.#ownerOf(name) === owner) return Number(name);
    }
    return undefined;
  }

  /** Gives an owner's id back; nothing of it may run, and no file of it may be left. */
  release(owner: string): void {
    const id = this.find(owner);
    if (id === undefined) return;
    // Moved away first: another gateway's claim may come onto a folder that is empty for a moment, and would be removed with it.
    const moved = path.join(this.#folder, `.old-${crypto.randomUUID()}`);
    fs.renameSync(this.#claimOf(id), moved);
    fs.rmSync(moved, { recursive: true, force: true });
  }

  #claim(id: number, owner: string): boolean {
    const made = fs.mkdtempSync(path.join(this.#folder, '.new-'));
    fs.writeFileSync(path.join(made, 'owner'), owner);
    try {
      // Renaming onto a folder that holds a file fails, so the claim and the name of its owner appear together.
      fs.renameSync(made, this.#claimOf(id));
      return true;
    } catch (error) {
      fs.rmSync(made, { recursive: true, force: true });
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw error;
    }
  }

  /** Removes a claim that was left behind; says whether it did. Of several gateways that try, one moves it away. */
  #removeAbandoned(id: number): boolean {
    const claim = this.#claimOf(id);
    const owner = this.#ownerOf(String(id));
    const madeAt = fs.statSync(claim, { throwIfNoEntry: false })?.mtimeMs;
    if (owner === undefined || madeAt === undefined || Date.now() - madeAt < abandonedAfterMs || fs.existsSync(owner)) return false;
    const moved = `.old-${crypto.randomUUID()}`;
    try {
      fs.renameSync(claim, path.join(this.#folder, moved));
      if (this.#ownerOf(moved) !== owner) {
        // Another gateway removed it first, and this is already the claim of the next owner.
        fs.renameSync(path.join(this.#folder, moved), claim);
        return false;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    fs.rmSync(path.join(this.#folder, moved), { recursive: true, force: true });
    return true;
  }

  #claimOf(id: number): string {
    return path.join(this.#folder, String(id));
  }

  #ownerOf(name: string): string | undefined {
    try {
      return fs.readFileSync(path.join(this.#folder, name, 'owner'), 'utf8');
    } catch {
      return undefined;
    }
  }
}

function foreignIds(sources: IdSources): (id: number) => boolean {
  const taken: (readonly [number, number])[] = sources.subordinateIds.split('\n').flatMap((line) => {
    const [, first, count] = line.split(':').map(Number);
    return first === undefined || count === undefined || Number.isNaN(first + count) ? [] : [[first, first + count] as const];
  });
  const accounts = new Set(sources.accounts.split('\n').flatMap((line) => line.split(':').slice(2, 4).map(Number)));
  return (id) => accounts.has(id) || taken.some(([first, end]) => id >= first && id < end);
}
