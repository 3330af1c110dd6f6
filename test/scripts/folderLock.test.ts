import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { whileLocked } from '../../scripts/folderLock.mjs';

describe('whileLocked', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-lock-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('lets one holder work at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all(Array.from({ length: 4 }, () => whileLocked(path.join(folder, 'x'), work)));
    expect(most).toBe(1);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('takes the lock of a holder that died', async () => {
    const target = path.join(folder, 'x');
    fs.mkdirSync(`${target}.lock`);
    // Above the largest pid that Linux gives.
    fs.writeFileSync(path.join(`${target}.lock`, 'pid'), '4194305');
    expect(await whileLocked(target, () => 'done')).toBe('done');
  });

  it('gives the lock back when the work fails', async () => {
    const target = path.join(folder, 'x');
    await expect(whileLocked(target, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await whileLocked(target, () => 'done')).toBe('done');
  });
});
