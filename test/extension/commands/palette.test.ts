import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface Contributes {
  readonly commands: readonly { readonly command: string; readonly title: string }[];
  readonly menus: { readonly commandPalette: readonly { readonly command: string; readonly when: string }[] };
}

const manifest = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, '..', '..', '..', 'package.json'), 'utf8')) as { readonly contributes: Contributes };
const { commands, menus } = manifest.contributes;

/** Titles in the command palette, each with the condition under which it stands there. */
const palette = new Map(commands.map(({ command, title }) => [title, menus.commandPalette.find((row) => row.command === command)?.when ?? 'always']));

describe('the command palette', () => {
  it('has the set-up, the status and the check of sandboxes whatever there is already', () => {
    expect(['Set Up Logos', 'Show Status', 'Check Sandboxes'].map((title) => palette.get(title))).toEqual(['always', 'always', 'always']);
  });

  it('has one command that chooses an agent', () => {
    const choosing = [...palette].filter(([title, when]) => when !== 'false' && /\b(agent|agents)$/i.test(title) && /^(choose|open|find|go to|select|switch|show)\b/i.test(title));
    expect(choosing.map(([title]) => title)).toEqual(['Choose Agent']);
  });
});
