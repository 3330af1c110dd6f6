import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../base/appError.ts';

/** The keys of model servers, in a file of their own that only its owner can read. Nothing here is ever logged. */
export interface Keys {
  get(serverId: string): Promise<string | undefined>;
  set(serverId: string, key: string): Promise<void>;
  remove(serverId: string): Promise<void>;
}

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

  return {
    get: async (serverId) => (await load()).get(serverId),
    set: (serverId, key) => {
      onKey(key);
      return change((keys) => keys.set(serverId, key));
    },
    remove: async (serverId) => {
      if ((await load()).has(serverId)) await change((keys) => keys.delete(serverId));
    },
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
  const temporary = path.join(path.dirname(file), `.keys-${randomUUID()}`);
  try {
    const handle = await fs.open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(Object.fromEntries(keys), null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, file);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new AppError('storage_full', `The key could not be kept: ${code}.`, { reason: code, hint: 'Free space in the state directory, then add the server again.', cause: error });
  }
}

function unreadable(file: string, reason: string): AppError {
  return new AppError('storage_corrupt', `The file of keys ${file} cannot be read.`, { reason, hint: 'Move the file away and give the keys again.' });
}
