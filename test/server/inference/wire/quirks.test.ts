import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { quirks } from '../../../../server/inference/wire/quirks.ts';

it('the table of quirks names, for each, who does it, how it is told and a module that exists', () => {
  for (const { servers, what, told, done, module } of quirks) {
    for (const words of [servers, what, told, done]) expect(words).not.toBe('');
    expect(fs.existsSync(path.resolve(import.meta.dirname, '../../../..', module)), module).toBe(true);
  }
});
