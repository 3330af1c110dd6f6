import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openTemporaryStore } from '../../support/store/temporaryStore.ts';

describe('The library of the database', () => {
  it.runIf(process.platform === 'linux')('stays loaded when the last thread that used it has ended', async () => {
    const rig = await openTemporaryStore();
    await rig.store.dispose();
    expect(fs.readFileSync('/proc/self/maps', 'utf8')).toMatch(/\.node$/m);
  });
});
