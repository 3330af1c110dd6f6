import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/** Prints into the log of a process in the background before, while and after its disk is full. */
const script = `
  import fs from 'node:fs';
  import { PassThrough } from 'node:stream';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { keepOutput } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../docker/local/tools/background.ts'))};
  const output = new PassThrough();
  const log = keepOutput(output);
  const has = (text) => fs.readFileSync(log, 'utf8').includes(text);
  output.write('before\\n');
  while (!has('before')) await sleep(5);
  const filler = process.env.TMPDIR + '/filler';
  try { for (;;) fs.appendFileSync(filler, Buffer.alloc(4096)); } catch {}
  for (let line = 0; line < 100; line += 1) output.write('x'.repeat(4096));
  await sleep(20);
  fs.rmSync(filler);
  for (let line = 0; !has('after'); line += 1) { output.write('after\\n'); await sleep(20); }
  process.stdout.write(fs.readFileSync(log, 'utf8').slice(-4000));
  process.exit(0);
`;

describe('The log of a process in the background', () => {
  it('goes on when a full disk has room again, and says that something is missing', (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('a small tmpfs can be mounted by root alone');
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-log-'));
    try {
      const mount = 'mount -t tmpfs -o size=65536 tmpfs "$TMPDIR" && exec "$@"';
      const args = ['-m', '--propagation', 'private', 'sh', '-c', mount, 'sh', process.execPath, '--input-type=module', '-e', script];
      const out = execFileSync('unshare', args, { env: { ...process.env, TMPDIR: folder, NODE_NO_WARNINGS: '1' }, encoding: 'utf8', timeout: 30_000 });
      expect(out).toMatch(/\[What was printed before this could not be kept: there was no room for it\.\]\nafter\n/);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
