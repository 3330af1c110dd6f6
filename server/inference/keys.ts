import fs from 'node:fs/promises';
import { AppError } from '../base/appError.ts';
import { writeWhole } from '../base/writeWhole.ts';

/** Whose key it is: a server at an address. At another address it is another's, and never sent there. */
export interface KeyOwner {
  readonly id: string;
  readonly baseUrl: string;
}

/** The keys of model servers, in a file of their own that only its owner can read. Nothing here is ever logged. */
export interface Keys {
  get(owner: KeyOwner): Promise<string | undefined>;
  set(owner: KeyOwner, key: string): Promise<void>;
  /** Forgets the keys that this server had at other addresses. */
  keepOnly(owner: KeyOwner): Promise<void>;
  remove(serverId: string): Promise<void>;
}

const nameOf = ({ id, baseUrl }: KeyOwner): string => `${id} ${baseUrl}`;
/** A name without an address is of a file that an earlier version wrote. */
const isOf = (name: string, serverId: string): boolean => name === serverId || name.startsWith(`${serverId} `);

/** Opens the keys in `file`, which is made with mode 0600 when the first key comes. A file that cannot be read as keys is an error, not an empty one. Each key is told to `onKey` before it is given out, so that the log can keep it out. */
export function openKeys(file: string, onKey: (key: string) => void = () => undefined): Keys {
  let loaded: Promise<Map<string, string>> | undefined;
  let writing: Promise<void> = Promise.resolve();

  const load = (): Promise<Map<string, string>> => {
    loaded ??= readKeys(file).then(
      (keys) => {
        for (const key of keys.values()) onKey(key);
        return keys;
      },
      (error: unknown) => {
        loaded = undefined;
        throw error;
      },
    );
    return loaded;
  };

  /** Changes come one after another; memory follows the disk. */
  function change(apply: (keys: Map<string, string>) => void): Promise<void> {
    const next = writing.then(async () => {
      const changed = new Map(await load());
      apply(changed);
      await writeKeys(file, changed);
      loaded = Promise.resolve(changed);
    });
    writing = next.catch(() => undefined);
    return next;
  }

  async function forget(isMeant: (name: string) => boolean): Promise<void> {
    const names = [...(await load()).keys()].filter(isMeant);
    if (names.length > 0) await change((keys) => names.forEach((name) => keys.delete(name)));
  }

  return {
    get: async (owner) => {
      const keys = await load();
      return keys.get(nameOf(owner)) ?? keys.get(owner.id);
    },
    set: (owner, key) => {
      onKey(key);
      return change((keys) => {
        keys.delete(owner.id);
        keys.set(nameOf(owner), key);
      });
    },
    keepOnly: (owner) => forget((name) => isOf(name, owner.id) && name !== nameOf(owner)),
    remove: (serverId) => forget((name) => isOf(name, serverId)),
  };
}

async function readKeys(file: string): Promise<Map<string, string>> {
  const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw unreadable(file, error.code ?? 'unknown');
  });
  if (process.platform !== 'win32' && text !== '{}') await fs.chmod(file, 0o600);
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed !== 'object' || parsed === null) throw new Error('not an object');
    return new Map(Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    throw unreadable(file, 'not_json');
  }
}

async function writeKeys(file: string, keys: ReadonlyMap<string, string>): Promise<void> {
  try {
    await writeWhole(file, `${JSON.stringify(Object.fromEntries(keys), null, 2)}\n`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new AppError('storage_full', `The key could not be kept: ${code}.`, { reason: code, hint: 'Free space in the state directory, then add the server again.', cause: error });
  }
}

function unreadable(file: string, reason: string): AppError {
  return new AppError('storage_corrupt', `The file of keys ${file} cannot be read.`, { reason, hint: 'Move the file away and give the keys again.' });
}
