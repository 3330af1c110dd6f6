import fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Logger } from '../../../../server/log/logger.ts';
import { watchDisk } from '../../../../server/sandboxes/bubblewrap/diskWatch.ts';
import { defaultLimits } from '../../../../server/sandboxes/limits.ts';

const mebibyte = 1_048_576;
const quiet = (): void => undefined;
const log: Logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
let folder: string;
let stop: AbortController;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-disk-'));
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  fs.rmSync(folder, { recursive: true, force: true });
});

it('ends a task whose folders cannot be counted to their end while the disk loses more than it may take', async () => {
  const home = path.join(folder, 'home');
  fs.mkdirSync(home);
  // Counts for ever, as where a task makes folders faster than they can be walked.
  const endless = path.join(folder, 'bwrap');
  fs.writeFileSync(endless, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  let hasEnded = false;
  watchDisk(
    { homePath: home, ids: undefined, bwrapPath: endless, limits: { ...defaultLimits, workspaceBytes: 50 * mebibyte }, log, countLimitMs: 100, listProcesses: () => [], listOwnDescriptors: () => [], onExcess: () => { hasEnded = true; } },
    stop.signal,
  );
  // Somebody else may empty the same disk meanwhile.
  for (let n = 0; n < 60 && !hasEnded; n += 1) await writeFile(path.join(home, String(n)), Buffer.alloc(10 * mebibyte, 1), { flush: true });
  await expect.poll(() => hasEnded, { timeout: 10_000 }).toBe(true);
});
