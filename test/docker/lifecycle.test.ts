import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkerBench, type RunningWorker, type WorkerBench } from './workerHarness.ts';

let bench: WorkerBench;
beforeAll(async () => {
  bench = await createWorkerBench();
});
afterAll(async () => {
  await bench.dispose();
});

/** Polls until a claim holds; throws after ten seconds. */
async function eventually(claim: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await claim())) {
    if (Date.now() > deadline) throw new Error('It did not become true within ten seconds.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts a command that writes its pid and sleeps, and waits until it runs. */
async function startSleeper(): Promise<{ worker: RunningWorker; pid: number }> {
  const file = path.join(bench.workspace, `pid-${Math.random()}`);
  const worker = bench.start();
  worker.send(bench.task(`[[tool:run_command ${JSON.stringify({ command: `trap '' TERM; echo $$ > ${file}; sleep 600 & sleep 600` })}]]`));
  await eventually(async () => (await fs.readFile(file, 'utf8').catch(() => '')).endsWith('\n'));
  return { worker, pid: Number(await fs.readFile(file, 'utf8')) };
}

describe('the life of the local worker', () => {
  it('cancels on SIGTERM: the model request ends, the worker goes', async () => {
    const worker = bench.start();
    worker.send(bench.task('[[scenario:endless tps=200]]'));
    await worker.until((frames) => frames.some(({ frame }) => frame === 'text'));
    worker.child.kill('SIGTERM');
    await worker.exited;
    expect(worker.final).toMatchObject({ frame: 'error', class: 'cancelled' });
    await eventually(() => bench.model.requests.at(-1)?.goneAt !== undefined);
  });

  it.each([
    ['SIGTERM', (worker: RunningWorker) => void worker.child.kill('SIGTERM')],
    ['end of stdin', (worker: RunningWorker) => void worker.child.stdin?.end()],
  ])('kills the process group of a running command on %s, also one that ignores SIGTERM', async (_name, cancel) => {
    const { worker, pid } = await startSleeper();
    cancel(worker);
    await worker.exited;
    await eventually(() => !isAlive(pid));
    expect(worker.of('tool_end')).toMatchObject([{ state: 'stopped' }]);
    expect(worker.final).toMatchObject({ frame: 'error', class: 'cancelled' });
  });

  it('goes on after the end of stdin when the task says that it is closed, also without a newline', async () => {
    const worker = bench.start();
    worker.child.stdin?.end(JSON.stringify(bench.task('[[say:fine]]', { stdin: 'closed' })));
    await worker.exited;
    expect(worker.final).toMatchObject({ frame: 'result', text: 'fine' });
  });

  it('refuses an empty stdin, bad JSON and another version with an error frame and a code that is not 0', async () => {
    for (const [input, words] of [['', 'No task came'], ['{"v":1', 'not JSON'], ['{"v":2}', 'version 2'], ['{"v":1}', 'taskId is missing']] as const) {
      const worker = bench.start();
      worker.child.stdin?.end(input);
      expect(await worker.exited).toEqual({ code: 2, signal: null });
      expect(worker.frames.map(({ frame }) => frame)).toEqual(['ready', 'error']);
      expect(worker.final).toMatchObject({ class: 'worker_failed', message: expect.stringContaining(words) as string });
    }
  });

  it('reads a task that comes in two pieces cut anywhere', async () => {
    const line = Buffer.from(`${JSON.stringify(bench.task('[[say:Grüße 🙂]]'))}\n`);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: line.length - 1 }), async (cut) => {
        const worker = bench.start();
        worker.child.stdin?.write(line.subarray(0, cut));
        await worker.until((frames) => frames.length > 0);
        worker.child.stdin?.write(line.subarray(cut));
        await worker.exited;
        expect(worker.final).toMatchObject({ frame: 'result', text: 'Grüße 🙂' });
      }),
      { numRuns: 8 },
    );
  });

  it('waits while nobody reads its stdout, in bounded memory, and loses nothing', async () => {
    const child = spawn(process.execPath, [bench.workerFile], { stdio: ['pipe', 'pipe', 'inherit'], env: {} });
    const pieces = Array.from({ length: 200 }, (_, n) => `${n} `.padEnd(60_000, 'x'));
    bench.model.post('flood', { steps: [...pieces.map((piece) => ({ chunk: { choices: [{ index: 0, delta: { content: piece } }] } })), { finish: 'stop' }, { done: true }] });
    child.stdin.write(`${JSON.stringify(bench.task('[[scenario:flood]]'))}\n`);
    await eventually(() => bench.model.requests.some(({ body }) => body.includes('scenario:flood')));
    const rss = async (): Promise<number> => Number(/VmRSS:\s+(\d+)/.exec(await fs.readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024;
    let before = -1;
    await eventually(async () => {
      const now = await rss();
      const isStill = now === before;
      before = now;
      return isStill;
    });
    expect(await rss()).toBeLessThan(150 * 1_048_576);
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk as string;
    const frames = text.trim().split('\n').map((line) => JSON.parse(line) as { frame: string; text?: string });
    expect(frames.flatMap(({ frame, text: said }) => (frame === 'text' ? [said] : [])).join('') === pieces.join('')).toBe(true);
    expect(frames.at(-1)?.frame).toBe('result');
  });

  it('goes when the reader of its stdout has gone', async () => {
    const worker = bench.start();
    worker.send(bench.task('[[scenario:endless tps=200]]'));
    await worker.until((frames) => frames.some(({ frame }) => frame === 'text'));
    worker.child.stdout?.destroy();
    await new Promise((resolve) => worker.child.once('exit', resolve));
    await eventually(() => bench.model.requests.at(-1)?.goneAt !== undefined);
  });
});
