import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { linkNamed } from '../../../extension/commands/linkNamed.ts';

let sandbox: string;
let home: string;
beforeEach(() => {
  sandbox = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'lg-window-')));
  home = path.join(sandbox, 'home');
  fs.mkdirSync(home);
});

describe('the folder that a window on the files of an agent is opened with', () => {
  it('is called like the agent, lies beside its home and leads there, each time', async () => {
    for (const name of ['Coder', 'Coder', 'Critic']) {
      const link = await linkNamed(name, home);
      expect(link).toBe(path.join(sandbox, 'window', name));
      expect(fs.realpathSync(link)).toBe(home);
    }
  });

  it('stays beside the home whatever the agent is called', async () => {
    for (const name of ['../../etc', 'a/b', '..', '.', 'x\u202ey\u0000z', 'window', 'home']) {
      const folder = await linkNamed(name, home);
      expect(fs.realpathSync(folder)).toBe(home);
      expect([home, path.join(sandbox, 'window', path.basename(folder))]).toContain(folder);
    }
    expect(fs.readdirSync(sandbox).sort()).toEqual(['home', 'window']);
  });

  it('is the home itself where something else stands in the place of the link', async () => {
    fs.mkdirSync(path.join(sandbox, 'window', 'Coder'), { recursive: true });
    expect(await linkNamed('Coder', home)).toBe(home);
    fs.rmSync(path.join(sandbox, 'window'), { recursive: true });
    fs.writeFileSync(path.join(sandbox, 'window'), '');
    expect(await linkNamed('Coder', home)).toBe(home);
  });
});
