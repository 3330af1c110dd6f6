import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findAgentFile } from '../../../extension/views/agentFile.ts';

describe('a file that an answer names', () => {
  let folder = '';
  let home = '';
  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'logos-files-')));
    home = path.join(folder, 'home');
    fs.mkdirSync(path.join(home, 'src'), { recursive: true });
    fs.writeFileSync(path.join(home, 'src/a.ts'), 'a');
    fs.writeFileSync(path.join(folder, 'secret'), 's');
    fs.symlinkSync('../../secret', path.join(home, 'src/out'));
    fs.symlinkSync('a.ts', path.join(home, 'src/within'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));
  const find = (named: string) => findAgentFile({ home, inside: '/sandbox' }, named);

  it('is found by its path in the workspace, in the sandbox, and behind a link that stays within', async () => {
    const file = path.join(home, 'src/a.ts');
    for (const named of ['src/a.ts', './src/a.ts', '/sandbox/src/a.ts', 'src/within']) expect(await find(named)).toBe(file);
  });

  it('is nothing when it lies outside, by its path or by a link, is a folder, or is not there', async () => {
    for (const named of ['../secret', '/sandbox/../secret', path.join(folder, 'secret'), '/etc/passwd', 'src/out', 'src', '', 'src/none', 'a\0b']) expect(await find(named)).toBeUndefined();
  });
});
