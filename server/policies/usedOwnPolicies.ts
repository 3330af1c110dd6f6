import type { Store } from '../store/store.ts';

/** The names of own policies that agents were given, kept for ever. */
export interface UsedOwnPolicies {
  has(name: string): Promise<boolean>;
  /** Resolves when the name is stored. */
  add(name: string): Promise<void>;
}

const key = 'policies.usedOwn';

/** Keeps the names in the settings of the gateway; throws the storage classes. */
export function keepUsedOwnPolicies(store: Pick<Store, 'getSetting' | 'setSetting'>): UsedOwnPolicies {
  let names: Promise<Set<string>> | undefined;
  const read = async (): Promise<Set<string>> => new Set(JSON.parse((await store.getSetting(key)) ?? '[]') as string[]);
  const known = async (): Promise<Set<string>> => {
    names ??= read();
    // What could not be read once is read again the next time.
    names.catch(() => (names = undefined));
    return await names;
  };
  return {
    has: async (name) => (await known()).has(name),
    add: async (name) => {
      const kept = await known();
      if (kept.has(name)) return;
      await store.setSetting({ key, value: JSON.stringify([...kept, name]) });
      kept.add(name);
    },
  };
}
