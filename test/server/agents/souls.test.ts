import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
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
    const souls = await createSouls({ directories: [shipped], log: collectLog().log }).list();
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
    ['YAML that does not parse', 'slug: [', 'does not parse'],
    ['a missing name', 'slug: bad\nrole_summary: x\n', 'name'],
    ['a slug that is not its folder', 'slug: other\nname: x\nrole_summary: x\n', 'other'],
    ['an alias bomb', 'a: &a [1]\nslug: bad\nname: x\nrole_summary: x\ntags: [*a, *a]\n', 'does not parse'],
  ])('with %s are left out of the list and logged, and say so when loaded', async (_name, manifest, words) => {
    const own = await mkdtemp(path.join(os.tmpdir(), 'souls-'));
    const { lines, log } = collectLog();
    const souls = createSouls({ directories: [own], log });
    await writeSoul(own, 'bad', manifest);
    expect(await souls.list()).toEqual([]);
    expect(lines.join()).toContain('bad');
    await expect(souls.load('bad')).rejects.toThrow(words);
  });

  it('whose files are pipes or devices are left out, and nobody waits for them', async (context) => {
    if (process.platform === 'win32') return context.skip('there are no such files on Windows');
    const own = await mkdtemp(path.join(os.tmpdir(), 'souls-'));
    for (const slug of ['pipe', 'device']) await mkdir(path.join(own, slug));
    execFileSync('mkfifo', [path.join(own, 'pipe', 'soul.manifest.yaml')]);
    await symlink('/dev/zero', path.join(own, 'device', 'soul.manifest.yaml'));
    expect(await createSouls({ directories: [own], log: collectLog().log }).list()).toEqual([]);
  });

  it('refuse tools that they do not offer, and keep those that they enforce', async () => {
    const { soul } = await createSouls({ directories: [shipped], log: collectLog().log }).load('app-development');
    expect(checkTools(soul, [])).toEqual(['edit_file', 'read_file', 'search_files', 'write_file']);
    expect(() => checkTools(soul, ['launch_rocket'])).toThrow('does not allow the tool launch_rocket');
  });
});
