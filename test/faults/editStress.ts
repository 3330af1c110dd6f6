// Interrupts edits at every moment, and tells what the file was after each: `node editStress.ts '{"folder":"/tmp/x","stops":60,"kills":20}'`.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { createWorkerBench, type RunningWorker, type WorkerBench } from '../docker/workerHarness.ts';

/** What to do, and where. */
export interface StressPlan {
  /** An empty folder, on the file system that is to be tried. */
  readonly folder: string;
  readonly bytes: number;
  readonly stops: number;
  readonly kills: number;
  /** Why nothing can take the file's place: it has a second name, or is mounted by itself (which needs a mount namespace). */
  readonly fixed?: 'linked' | 'mounted';
}

/** What the file was after each round. */
export interface StressReport {
  old: number;
  fresh: number;
  /** Neither old nor new: what must never be. */
  neither: number;
  /** Neither at first, and old or new after the next task's first tool call; only where nothing can take the file's place. */
  takenBack: number;
  /** Edits that failed by themselves, as on a full disk. */
  failed: number;
  /** How long one edit takes without an interruption, ms. */
  editMs: number;
  /** What is in the folder at the end, after one more edit. */
  names: string[];
  /** The sentence of the last edit that failed. */
  lastError: string;
}

const line = (letter: string): string => `${letter.repeat(63)}\n`;

/** One file that is edited from one letter to another and back. */
class Stress {
  readonly #bench: WorkerBench;
  readonly #plan: StressPlan;
  readonly #file: string;
  readonly report: StressReport = { old: 0, fresh: 0, neither: 0, takenBack: 0, failed: 0, editMs: 0, names: [], lastError: '' };
  #ready: RunningWorker;

  constructor(bench: WorkerBench, plan: StressPlan) {
    this.#bench = bench;
    this.#plan = plan;
    this.#file = path.join(plan.folder, 'big.txt');
    this.#ready = bench.start();
  }

  async run(): Promise<StressReport> {
    const { stops, kills, fixed, folder } = this.#plan;
    await fs.writeFile(this.#file, this.#content('a'));
    if (fixed === 'linked') await fs.link(this.#file, path.join(folder, 'second.txt'));
    if (fixed === 'mounted') execFileSync('mount', ['--bind', this.#file, this.#file]);
    const times = [];
    for (let warm = 0; warm < 3; warm += 1) times.push(await this.#edit(() => undefined));
    this.report.editMs = times.toSorted((a, b) => a - b)[1] ?? 0;
    this.report.failed = 0;
    for (let round = 0; round < stops + kills; round += 1) {
      const isKill = round >= stops;
      await this.#edit(async (worker) => {
        const at = performance.now() + Math.random() * this.report.editMs * 1.3;
        if (at - performance.now() > 4) await setTimeout(at - performance.now() - 2);
        while (performance.now() < at) await setImmediate();
        if (isKill) worker.child.kill('SIGKILL');
        else await stop(worker);
      });
      await this.#judge();
    }
    // A spare file of the last round may be too young to be anybody's but a living edit's, and the edit waits for it.
    await this.#edit(() => undefined);
    this.report.names = (await fs.readdir(folder)).toSorted();
    this.#ready.child.kill('SIGKILL');
    return this.report;
  }

  #content(letter: string): string {
    return line(letter).repeat(this.#plan.bytes / 64);
  }

  async #letter(): Promise<string | undefined> {
    const present = await fs.readFile(this.#file, 'latin1');
    return ['a', 'b'].find((letter) => present === this.#content(letter));
  }

  #before = 'a';

  /** Edits the file, with `interrupt` once the tool has begun; gives how long the tool took. */
  async #edit(interrupt: (worker: RunningWorker) => unknown): Promise<number> {
    this.#before = (await this.#letter()) ?? 'a';
    const [from, to] = this.#before === 'a' ? ['a', 'b'] : ['b', 'a'];
    const worker = this.#ready;
    this.#ready = this.#bench.start();
    const args = { path: 'big.txt', oldText: line(from).trim(), newText: line(to).trim(), replaceAll: true };
    worker.send(this.#bench.task(`[[tool:edit_file ${JSON.stringify(args)}]] [[say:done]]`, { workspace: { path: this.#plan.folder, access: 'write' } }));
    await worker.until((frames) => frames.some(({ frame }) => frame === 'tool_start'));
    await interrupt(worker);
    await worker.exited;
    const [end] = worker.of('tool_end');
    if (end?.state === 'failed') {
      this.report.failed += 1;
      this.report.lastError = end.error ?? '';
    }
    return end?.durationMs ?? 0;
  }

  async #judge(): Promise<void> {
    let letter = await this.#letter();
    if (letter === undefined && this.#plan.fixed !== undefined) {
      await this.#bench.run('[[tool:search_files {"glob":"nothing"}]]', { workspace: { path: this.#plan.folder, access: 'write' } });
      letter = await this.#letter();
      if (letter !== undefined) this.report.takenBack += 1;
    }
    if (letter === undefined) {
      this.report.neither += 1;
      await fs.writeFile(this.#file, this.#content('a'));
    } else if (letter === this.#before) this.report.old += 1;
    else this.report.fresh += 1;
  }
}

/** As the gateway does it: SIGTERM, and two seconds later SIGKILL. */
async function stop(worker: RunningWorker): Promise<void> {
  worker.child.kill('SIGTERM');
  const isGone = await Promise.race([worker.exited.then(() => true), setTimeout(2_000, false, { ref: false })]);
  if (!isGone) worker.child.kill('SIGKILL');
}

const bench = await createWorkerBench();
try {
  const plan = JSON.parse(process.argv[2] ?? '{}') as StressPlan;
  process.stdout.write(`${JSON.stringify(await new Stress(bench, plan).run())}\n`);
} finally {
  await bench.dispose();
}
