import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { AppError } from '../base/appError.ts';
import type { Logger } from '../log/logger.ts';
import { Slug } from '../protocol/shapes.ts';
import type { Soul } from '../protocol/souls.ts';

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
  /** By name; a folder that does not parse is left out and logged. */
  list(): Promise<Soul[]>;
  /** Throws `not_found` naming the file that is missing or the line that does not parse. */
  load(slug: string): Promise<LoadedSoul>;
}

const maxSoulBytes = 262_144;

/** Reads souls from folders `<directory>/<slug>/{soul.manifest.yaml, soul.md}`; a later directory overrides an earlier one. */
export function createSouls(options: { directories: readonly string[]; log: Logger }): Souls {
  /** What the files of a folder meant; every turn reads them, few find another text in them. */
  const parsed = new Map<string, { readonly manifest: string; readonly loaded: LoadedSoul }>();

  function parseOnce(slug: string, folder: string, manifest: string, text: string | undefined): LoadedSoul {
    const known = parsed.get(folder);
    if (known?.manifest === manifest && known.loaded.text === text) return known.loaded;
    const loaded = parseSoul(slug, folder, manifest, text);
    parsed.set(folder, { manifest, loaded });
    return loaded;
  }

  async function load(slug: string): Promise<LoadedSoul> {
    for (const directory of options.directories.toReversed()) {
      const folder = path.join(directory, slug);
      const [manifest, text] = await Promise.all([readIfThere(path.join(folder, 'soul.manifest.yaml')), readIfThere(path.join(folder, 'soul.md'))]);
      if (manifest !== undefined) return parseOnce(slug, folder, manifest, text);
    }
    throw new AppError('not_found', `There is no soul named ${slug}.`, { reason: 'soul', hint: 'Choose another soul for the agent.' });
  }

  async function loadForList(slug: string): Promise<Soul | undefined> {
    try {
      return (await load(slug)).soul;
    } catch (error) {
      options.log.warn(`The soul ${slug} is left out: ${String(error)}`);
      return undefined;
    }
  }

  async function list(): Promise<Soul[]> {
    const found = await Promise.all(options.directories.map((directory) => readdir(directory, { withFileTypes: true }).catch(() => [])));
    const slugs = new Set(found.flat().filter((item) => item.isDirectory()).map((item) => item.name));
    const souls = await Promise.all([...slugs].map(loadForList));
    return souls.filter((soul) => soul !== undefined).sort((a, b) => a.name.localeCompare(b.name));
  }

  return { list, load };
}

function parseSoul(slug: string, folder: string, manifestText: string, text: string | undefined): LoadedSoul {
  const problem = (what: string): AppError => new AppError('not_found', `The soul ${slug} cannot be used: ${what}`, { reason: 'soul_invalid', hint: `Mend the files in ${folder}.` });
  if (text === undefined || text.trim() === '') throw problem('soul.md is missing or empty.');
  const manifest = SoulManifest.safeParse(parseYaml(manifestText, problem));
  if (!manifest.success) throw problem(`soul.manifest.yaml: ${z.prettifyError(manifest.error)}`);
  if (manifest.data.slug !== slug) throw problem(`soul.manifest.yaml says the slug ${manifest.data.slug}, the folder says ${slug}.`);
  const { role_summary: summary, toolsets, ...rest } = manifest.data;
  const { default_enabled: defaultEnabled, ...others } = toolsets;
  return { soul: { ...rest, summary, toolsets: { ...others, defaultEnabled } }, text };
}

function parseYaml(text: string, problem: (what: string) => AppError): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw problem(`soul.manifest.yaml does not parse: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The text of a regular file; a pipe in its place would keep its reader, and a thread of the pool, waiting for ever. */
async function readIfThere(file: string): Promise<string | undefined> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  try {
    const stat = await handle?.stat();
    return stat?.isFile() === true && stat.size <= maxSoulBytes ? await handle?.readFile('utf8') : undefined;
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}
