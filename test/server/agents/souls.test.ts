import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSouls } from '../../../server/agents/souls.ts';
import { checkTools, defaultTools } from '../../../server/agents/toolsets.ts';
import type { Logger } from '../../../server/log/logger.ts';

const shipped = path.join(import.meta.dirname, '../../../server/agents/souls');

function collectLog(): { lines: string[]; log: Logger } {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  return { lines, log: { log: (_level, text) => write(text), trace: write, debug: write, info: write, warn: write, error: write } };
}

async function writeSoul(directory: string, slug: string, manifest: string, text = 'Be kind.'): Promise<void> {
  await mkdir(path.join(directory, slug), { recursive: true });
  await writeFile(path.join(directory, slug, 'soul.manifest.yaml'), manifest);
  await writeFile(path.join(directory, slug, 'soul.md'), text);
}

describe('souls', () => {
  it('that are shipped all load, with a summary and tools', async () => {
    const { items: souls, broken } = await createSouls({ directories: [shipped], log: collectLog().log }).list();
    expect(broken).toEqual([]);
    expect(souls.map((soul) => soul.slug)).toEqual(['app-development', 'general']);
    expect(souls.every((soul) => soul.summary.length > 10)).toBe(true);
    expect(defaultTools(souls[0]!)).toContain('run_command');
    expect(defaultTools(souls[1]!)).not.toContain('run_command');
  });

  it('of the user come before shipped ones of the same slug, and are read again at each use', async () => {
    const own = await mkdtemp(path.join(os.tmpdir(), 'souls-'));
    const souls = createSouls({ directories: [shipped, own], log: collectLog().log });
    await writeSoul(own, 'general', 'slug: general\nname: Mine\nrole_summary: Mine alone.\n');
    expect((await souls.load('general')).soul.name).toBe('Mine');
    await writeSoul(own, 'general', 'slug: general\nname: Mine\nrole_summary: Mine alone.\n', 'Be brief.');
    expect((await souls.load('general')).text).toBe('Be brief.');
  });

  it.each([
    ['YAML that does not parse', 'slug: bad\nname: x\nname: y\n', 'does not parse', 3],
    ['a missing name', 'slug: bad\nrole_summary: x\n', 'soul.manifest.yaml, line 1, name: ', 1],
    ['a status that there is not', 'slug: bad\nname: x\nrole_summary: x\nstatus: odd\n', 'soul.manifest.yaml, line 4, status: ', 4],
    ['a tool that is no name', 'slug: bad\nname: x\nrole_summary: x\ntoolsets:\n  enforced:\n    - read_file\n    - {}\n', 'enforced', 7],
    ['a slug that is not its folder', 'name: x\nslug: other\nrole_summary: x\n', 'other', 2],
    ['an alias bomb', 'a: &a [1]\nslug: bad\nname: x\nrole_summary: x\ntags: [*a, *a]\n', 'does not parse', 1],
  ])('with %s are named beside the list with the reason and its line and logged, and say so when loaded', async (_name, manifest, words, line) => {
    const own = await mkdtemp(path.join(os.tmpdir(), 'souls-'));
    const { lines, log } = collectLog();
    const souls = createSouls({ directories: [own], log });
    await writeSoul(own, 'bad', manifest);
    expect(await souls.list()).toMatchObject({ items: [], broken: [{ slug: 'bad', error: { cause: 'soul_invalid', message: expect.stringContaining(words), details: { file: path.join(own, 'bad', 'soul.manifest.yaml'), line } } }] });
    expect(lines.join()).toContain('bad');
    await expect(souls.load('bad')).rejects.toThrow(words);
  });

  it('whose files are pipes or devices are left out, and nobody waits for them', async (context) => {
    if (process.platform === 'win32') return context.skip('there are no such files on Windows');
    const own = await mkdtemp(path.join(os.tmpdir(), 'souls-'));
    for (const slug of ['pipe', 'device']) await mkdir(path.join(own, slug));
    execFileSync('mkfifo', [path.join(own, 'pipe', 'soul.manifest.yaml')]);
    await symlink('/dev/zero', path.join(own, 'device', 'soul.manifest.yaml'));
    expect((await createSouls({ directories: [own], log: collectLog().log }).list()).items).toEqual([]);
  });

  it('that are links to folders elsewhere are listed and loaded', async () => {
    const own = await mkdtemp(path.join(os.tmpdir(), 'souls-'));
    const elsewhere = await mkdtemp(path.join(os.tmpdir(), 'elsewhere-'));
    await writeSoul(elsewhere, 'poet', 'slug: poet\nname: Poet\nrole_summary: Writes.\n');
    await symlink(path.join(elsewhere, 'poet'), path.join(own, 'poet'));
    const souls = createSouls({ directories: [shipped, own], log: collectLog().log });
    expect((await souls.list()).items.map(({ slug }) => slug)).toEqual(['app-development', 'general', 'poet']);
    expect((await souls.load('poet')).text).toBe('Be kind.');
  });

  it.each<readonly [string, (own: string) => Promise<unknown>]>([
    ['an empty folder', (own) => mkdir(path.join(own, 'general'))],
    ['a folder in another letter case without a manifest', (own) => mkdir(path.join(own, 'General'))],
    ['a link to nothing', (own) => symlink(path.join(own, 'gone'), path.join(own, 'general'))],
    ['a link to itself', (own) => symlink(path.join(own, 'general'), path.join(own, 'general'))],
    ['a file', (own) => writeFile(path.join(own, 'general'), 'x')],
    ['a folder without a text', (own) => writeSoul(own, 'general', 'slug: general\nname: Mine\nrole_summary: Mine.\n', '')],
    ['a folder with a text that is too large', (own) => writeSoul(own, 'general', 'slug: general\nname: Mine\nrole_summary: Mine.\n', 'x'.repeat(300_000))],
    [
      'two folders in two letter cases',
      async (own) => {
        for (const slug of ['general', 'GENERAL']) await writeSoul(own, slug, 'slug: general\nname: Mine\nrole_summary: Mine.\n');
      },
    ],
    ['anything, in a directory that cannot be read', async (own) => await rm(own, { recursive: true }).then(() => writeFile(own, 'x'))],
  ])('of the user that are %s give no way to a shipped one of that slug', async (_what, make) => {
    const own = path.join(await mkdtemp(path.join(os.tmpdir(), 'souls-')), 'own');
    await mkdir(own);
    await make(own);
    const souls = createSouls({ directories: [shipped, own], log: collectLog().log });
    await expect(souls.load('general')).rejects.toMatchObject({ class: 'not_found', reason: 'soul_invalid' });
    const { items, broken } = await souls.list();
    expect(items.map(({ slug }) => slug)).not.toContain('general');
    expect(broken.map(({ slug }) => slug)).toContain('general');
  });

  it('refuse tools that they do not offer, and keep those that they enforce', async () => {
    const { soul } = await createSouls({ directories: [shipped], log: collectLog().log }).load('app-development');
    expect(checkTools(soul, [])).toEqual(['edit_file', 'read_file', 'search_files', 'write_file']);
    expect(() => checkTools(soul, ['launch_rocket'])).toThrow('does not allow the tool launch_rocket');
  });
});
