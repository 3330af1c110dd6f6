import path from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { AppError, asAppError } from '../base/appError.ts';
import { foldName, folderEntries } from '../base/folderEntries.ts';
import { readSmallFile, SmallFileError } from '../base/smallFile.ts';
import type { Logger } from '../log/logger.ts';
import { Slug } from '../protocol/shapes.ts';
import type { BrokenSoul, Soul } from '../protocol/souls.ts';

const names = z.array(z.string().max(64)).max(64).default([]);

const SoulManifest = z.object({
  slug: Slug,
  name: z.string().min(1).max(80),
  role_summary: z.string().min(1).max(300),
  category: z.string().max(80).default('general'),
  status: z.enum(['stable', 'experimental', 'deprecated']).default('stable'),
  version: z.coerce.string().max(40).default('0.0.0'),
  toolsets: z.object({ enforced: names, default_enabled: names, optional: names, forbidden: names }).prefault({}),
});

/** A soul with its text. */
export interface LoadedSoul {
  readonly soul: Soul;
  readonly text: string;
}

/** Where souls come from. Files are read at each use, so an edited soul needs no restart. */
export interface Souls {
  /** By name; what stands for a soul and cannot be used is named beside them with its reason, and logged. */
  list(): Promise<{ items: Soul[]; broken: BrokenSoul[] }>;
  /** Throws `not_found` naming the file that is missing or the line that does not parse. */
  load(slug: string): Promise<LoadedSoul>;
}

const maxSoulBytes = 262_144;

/**
 * Reads souls from folders `<directory>/<slug>/{soul.manifest.yaml, soul.md}`, links to folders too. A later directory overrides an earlier one,
 * and what stands for a slug in it decides, usable or not: it never gives way to an earlier one.
 */
export function createSouls(options: { directories: readonly string[]; log: Logger }): Souls {
  /** What the files of a folder meant; every turn reads them, few find another text in them. */
  const parsed = new Map<string, { readonly manifest: string; readonly loaded: LoadedSoul }>();

  function parseOnce(slug: string, folder: string, manifest: string, text: string): LoadedSoul {
    const known = parsed.get(folder);
    if (known?.manifest === manifest && known.loaded.text === text) return known.loaded;
    const loaded = parseSoul(slug, folder, manifest, text);
    parsed.set(folder, { manifest, loaded });
    return loaded;
  }

  function loadNow(slug: string): LoadedSoul {
    for (const directory of options.directories.toReversed()) {
      const [entry, second] = entriesOf(directory).filter((name) => foldName(name) === slug);
      if (entry === undefined) continue;
      const folder = path.join(directory, entry);
      const refuse = (what: string, file = 'soul.manifest.yaml'): never => {
        throw soulProblem(slug, folder, what, { file });
      };
      if (second !== undefined) refuse(`${second} beside it stands for the same soul.`);
      const read = (file: string): string => {
        try {
          return readSmallFile(path.join(folder, file), maxSoulBytes).toString('utf8');
        } catch (error) {
          return refuse(`${file} ${whyUnread(error)}`, file);
        }
      };
      return parseOnce(slug, folder, read('soul.manifest.yaml'), read('soul.md'));
    }
    throw new AppError('not_found', `There is no soul named ${slug}.`, { reason: 'soul', hint: 'Choose another soul for the agent.' });
  }

  const load = (slug: string): Promise<LoadedSoul> => Promise.resolve().then(() => loadNow(slug));

  async function list(): Promise<{ items: Soul[]; broken: BrokenSoul[] }> {
    const found = await Promise.allSettled(options.directories.map((directory) => Promise.resolve().then(() => entriesOf(directory))));
    const slugs = new Set(found.flatMap((entries) => (entries.status === 'fulfilled' ? entries.value : [])).map(foldName).filter((name) => Slug.safeParse(name).success));
    const items: Soul[] = [];
    const broken: BrokenSoul[] = [];
    const add = async (slug: string): Promise<void> => {
      try {
        items.push((await load(slug)).soul);
      } catch (error) {
        options.log.warn(`The soul ${slug} is left out: ${String(error)}`);
        broken.push({ slug, error: asAppError(error).toInfo() });
      }
    };
    await Promise.all([...slugs].map(add));
    return { items: items.sort((a, b) => a.name.localeCompare(b.name)), broken: broken.sort((a, b) => a.slug.localeCompare(b.slug)) };
  }

  return { list, load };
}

/** Whatever is in a directory of souls; a directory that is there and cannot be read denies every soul, since it may hold another of that slug. */
function entriesOf(directory: string): string[] {
  try {
    return folderEntries(directory);
  } catch (error) {
    throw new AppError('not_found', `The folder of souls ${directory} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, {
      reason: 'soul_invalid',
      hint: 'Make it a folder that can be read, or remove it.',
      cause: error,
    });
  }
}

interface Place {
  /** The file in the folder of the soul. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
}

/** The details name `file` and `line` (from 1), so that a client can open it there. */
function soulProblem(slug: string, folder: string, what: string, { file, line = 1 }: Place): AppError {
  return new AppError('not_found', `The soul ${slug} cannot be used: ${what}`, { reason: 'soul_invalid', hint: `Mend the files in ${folder}.`, details: { file: path.join(folder, file), line } });
}

function parseSoul(slug: string, folder: string, manifestText: string, text: string): LoadedSoul {
  const problem = (what: string, line: number): AppError => soulProblem(slug, folder, `soul.manifest.yaml${what}`, { file: 'soul.manifest.yaml', line });
  if (text.trim() === '') throw soulProblem(slug, folder, 'soul.md is empty.', { file: 'soul.md' });
  const { value, lineOf } = parseYaml(manifestText, (what, line) => problem(` does not parse: ${what}`, line));
  const manifest = SoulManifest.safeParse(value);
  if (!manifest.success) {
    const { path: where, message } = manifest.error.issues[0] ?? { path: [], message: 'it does not fit the format' };
    const line = lineOf(where);
    throw problem(`, line ${line}, ${where.join('.') || 'the file'}: ${message}.`, line);
  }
  if (manifest.data.slug !== slug) throw problem(` says the slug ${manifest.data.slug}, the folder says ${slug}.`, lineOf(['slug']));
  const { role_summary: summary, toolsets, ...rest } = manifest.data;
  const { default_enabled: defaultEnabled, ...others } = toolsets;
  return { soul: { ...rest, summary, toolsets: { ...others, defaultEnabled } }, text };
}

/** The value of a YAML text, and the line (from 1) on which the value of a path stands: that of the nearest one around it where there is none. */
function parseYaml(text: string, problem: (what: string, line: number) => AppError): { value: unknown; lineOf: (path: readonly PropertyKey[]) => number } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) throw problem(error.message, lines.linePos(error.pos[0]).line);
  const lineOf = (path: readonly PropertyKey[]): number => {
    const nodes = path.map((_, index) => document.getIn(path.slice(0, path.length - index), true));
    return lines.linePos(nodes.find(isNode)?.range?.[0] ?? 0).line;
  };
  try {
    return { value: document.toJS({ maxAliasCount: 0 }), lineOf };
  } catch (error) {
    throw problem(error instanceof Error ? error.message : String(error), 1);
  }
}

function whyUnread(error: unknown): string {
  if (error instanceof SmallFileError) return error.problem === 'too_large' ? 'is larger than 256 KiB.' : 'is not a regular file.';
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return code === 'ENOENT' ? 'is missing.' : `cannot be read (${code}).`;
}
