import { execFile } from 'node:child_process';
import fs, { watch } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { createWorkerBench } from '../docker/workerHarness.ts';
import type { StressPlan, StressReport } from './editStress.ts';

/** How many Stops and kills there are in all; `LOGOS_EDIT_ROUNDS=1000,200` tries harder. */
const [stops = 60, kills = 20] = (process.env['LOGOS_EDIT_ROUNDS'] ?? '60,20').split(',').map(Number);
const [small, large] = [40_960, 4_194_304];

let folder: string;
beforeEach(async () => void (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'logos-edits-'))));
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

/** Runs the stress in a process of its own, with `size` on a file system of that many bytes that goes with it. */
async function stress(plan: Omit<StressPlan, 'folder' | 'stops' | 'kills'>, share: number, size?: number): Promise<StressReport> {
  const whole: StressPlan = { ...plan, folder, stops: Math.ceil(stops * share), kills: Math.ceil(kills * share) };
  const command = [process.execPath, path.join(import.meta.dirname, 'editStress.ts'), JSON.stringify(whole)];
  const mount = `mount -t tmpfs -o size=${size} tmpfs "$0" && exec "$@"`;
  const all = size === undefined ? command : ['unshare', '-m', '--propagation', 'private', 'sh', '-c', mount, folder, ...command];
  const [file = '', ...args] = all;
  const out = await new Promise<string>((resolve, reject) => execFile(file, args, { maxBuffer: 1e8 }, (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(stderr)))));
  const report = JSON.parse(out) as StressReport;
  process.stdout.write(`${whole.stops} Stops and ${whole.kills} kills of ${plan.bytes} bytes, ${plan.fixed ?? 'plain'}, on ${size ?? 'the disk'}: ${JSON.stringify(report)}\n`);
  return report;
}

function needRoot(ctx: TestContext): void {
  if (process.getuid?.() !== 0) ctx.skip('a small tmpfs can be mounted by root alone');
}

describe('An edit that is stopped or killed at any moment', () => {
  it.each([
    ['of a small file', small, 0.25],
    ['of a large file', large, 0.25],
  ])('%s leaves the old file or the new one, and nothing beside it', async (_name, bytes, share) => {
    const report = await stress({ bytes }, share);
    expect(report).toMatchObject({ neither: 0, failed: 0, names: ['big.txt'] });
    expect(report.fresh).toBeGreaterThan(0);
  });

  it.for([
    ['of a small file', small, 0.15, 90_112],
    ['of a large file', large, 0.15, 8_650_752],
  ] as const)('%s leaves the old file or the new one on a disk with hardly room for both', async ([_name, bytes, share, size], ctx) => {
    needRoot(ctx);
    const report = await stress({ bytes }, share, size);
    expect(report).toMatchObject({ neither: 0, names: ['big.txt'] });
    expect(report.fresh).toBeGreaterThan(0);
  });

  it('leaves the old file on a disk without room, says so, and leaves nothing beside it', async (ctx) => {
    needRoot(ctx);
    const report = await stress({ bytes: large }, 0.05, 6_291_456);
    expect(report).toMatchObject({ neither: 0, fresh: 0, names: ['big.txt'], lastError: 'The disk is full; big.txt is as it was. Delete what is not needed, and make the call again.' });
    const linked = await stress({ bytes: large, fixed: 'linked' }, 0.02, 6_291_456);
    expect(linked).toMatchObject({ neither: 0, fresh: 0, takenBack: 0, names: ['big.txt', 'second.txt'] });
  });

  it('of a file with two names leaves the old or the new one, which the next tool call sees to', async () => {
    expect(await stress({ bytes: large, fixed: 'linked' }, 0.1)).toMatchObject({ neither: 0, failed: 0, names: ['big.txt', 'second.txt'] });
  });

  it('of a file that is mounted by itself does so too', async (ctx) => {
    needRoot(ctx);
    expect(await stress({ bytes: small, fixed: 'mounted' }, 0.05, 4_194_304)).toMatchObject({ neither: 0, failed: 0, names: ['big.txt'] });
  });
});

describe('An edit of a file with two names that is killed between its first byte and its last', () => {
  it('is taken back by the next tool call', async () => {
    const bench = await createWorkerBench();
    const file = path.join(bench.workspace, 'a.txt');
    const old = `${'a'.repeat(63)}\n`.repeat(32_768);
    let cuts = 0;
    try {
      await fs.writeFile(file, old);
      await fs.link(file, path.join(bench.workspace, 'b.txt'));
      for (let round = 0; round < 40 && cuts < 2; round += 1) {
        const events = watch(file)[Symbol.asyncIterator]();
        const firstWrite = events.next();
        const worker = bench.start();
        // Longer than before, so that the end is written first and the beginning afterwards.
        worker.send(bench.task(`[[tool:edit_file ${JSON.stringify({ path: 'a.txt', oldText: 'a'.repeat(63), newText: 'b'.repeat(126), replaceAll: true })}]]`));
        await firstWrite;
        worker.child.kill('SIGKILL');
        await events.return?.();
        await worker.exited;
        const isCut = (await fs.readFile(file, 'utf8')).startsWith('a') && (await fs.stat(file)).size > old.length;
        await bench.run('[[tool:read_file {"path":"nothing"}]]');
        const after = await fs.readFile(file, 'utf8');
        expect(after === old || after === old.replaceAll('a', 'bb')).toBe(true);
        if (isCut) expect(after === old).toBe(true);
        cuts += isCut ? 1 : 0;
        await fs.writeFile(file, old);
      }
      expect(cuts).toBeGreaterThan(0);
      expect((await fs.readdir(bench.workspace)).toSorted()).toEqual(['a.txt', 'b.txt']);
    } finally {
      await bench.dispose();
    }
  });
});

describe('Workers that edit one file at once', () => {
  it('lose nothing of each other', async () => {
    const bench = await createWorkerBench();
    try {
      const names = ['a', 'b', 'c', 'd'];
      const lines = names.flatMap((name) => Array.from({ length: 10 }, (_, n) => `${name}${n} old`));
      await fs.writeFile(path.join(bench.workspace, 'shared.txt'), `${lines.join('\n')}\n${'x'.repeat(1_000_000)}\n`);
      const editsOf = (name: string): string => Array.from({ length: 10 }, (_, n) => `[[tool:edit_file ${JSON.stringify({ path: 'shared.txt', oldText: `${name}${n} old`, newText: `${name}${n} new` })}]]`).join(' ');
      const workers = await Promise.all(names.map((name) => bench.run(`${editsOf(name)} [[say:done]]`)));
      for (const worker of workers) expect(worker.of('tool_end').map(({ state }) => state)).toEqual(Array.from({ length: 10 }, () => 'done'));
      const text = await fs.readFile(path.join(bench.workspace, 'shared.txt'), 'utf8');
      expect(text.split('\n').slice(0, -2)).toEqual(lines.map((line) => line.replace('old', 'new')));
      expect(await fs.readdir(bench.workspace)).toEqual(['shared.txt']);
    } finally {
      await bench.dispose();
    }
  });
});
