import { createHash } from 'node:crypto';
import type { Stamp } from '../protocol/runs.ts';

/** A STAMP before its hashes. */
export interface StampParts {
  readonly agent: Stamp['agent'];
  readonly soul: Omit<Stamp['soul'], 'hash'>;
  readonly toolset: Omit<Stamp['toolset'], 'hash'>;
  readonly runtime: Omit<Stamp['runtime'], 'hash'>;
  readonly model: Omit<Stamp['model'], 'hash'>;
  readonly policy: Stamp['policy'];
}

/** Freezes a STAMP: each part with the sha-256 of its canonical JSON, and one over all parts. The policy brings the hash of its file. */
export function freezeStamp(parts: StampParts): Stamp {
  const hashed = {
    agent: parts.agent,
    soul: withHash(parts.soul),
    toolset: withHash({ tools: [...parts.toolset.tools].sort() }),
    runtime: withHash(parts.runtime),
    model: withHash(parts.model),
    policy: parts.policy,
  };
  return { ...hashed, hash: hashOf([hashed.soul.hash, hashed.toolset.hash, hashed.runtime.hash, hashed.model.hash, hashed.policy.hash]) };
}

function withHash<T extends object>(part: T): T & { hash: string } {
  return { ...part, hash: hashOf(part) };
}

/** sha-256 over JSON with sorted keys, as lower-case hex. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
