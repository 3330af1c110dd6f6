import fs from 'node:fs';
import { text } from 'node:stream/consumers';
import { spawnProcess } from '../../process/spawn.ts';
import { missingError, tooOldError, type HostFacts } from './hostErrors.ts';

/** Where bubblewrap may be; the system's own first, because profiles of AppArmor name it by path. */
const places = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap', '/run/current-system/sw/bin/bwrap'];
/** Options that the engine cannot do without. */
const needed = ['--args', '--clearenv', '--perms', '--size', '--disable-userns', '--json-status-fd', '--ro-bind-data', '--seccomp', '--die-with-parent'];

/** The program, and what it calls itself. */
export interface Bwrap {
  readonly path: string;
  /** Such as `bubblewrap 0.8.0`. */
  readonly version: string;
}

/** Finds bubblewrap, or takes the one given, and asks what it knows. Throws `sandbox_unsupported`. */
export async function findBwrap(givenPath: string | undefined, facts: HostFacts): Promise<Bwrap> {
  const path = (givenPath === undefined ? places : [givenPath]).find((place) => fs.existsSync(place));
  if (path === undefined) throw missingError(facts);
  const [version, help] = await Promise.all([ask(path, '--version'), ask(path, '--help')]);
  const missing = needed.filter((option) => !new RegExp(`^\\s*${option}\\b`, 'm').test(help));
  if (missing.length > 0) throw tooOldError(facts, version.trim() || 'bubblewrap', missing);
  return { path, version: version.trim() };
}

async function ask(file: string, option: string): Promise<string> {
  const child = await spawnProcess(file, [option], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await child.closed;
  return `${out}${err}`;
}
