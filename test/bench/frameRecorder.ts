import type { Locator } from 'playwright-core';
import { sharedNow } from '../support/modelServer/script.ts';

/** What was recorded in a frame. Times in ms. */
export interface FrameRecord {
  /** From each clock value in the text to the mutation that brought it into the document. */
  readonly latencies: readonly number[];
  /** Between two animation frames. */
  readonly frames: readonly number[];
  /** Long tasks that the frame itself ran. */
  readonly ownLongTasks: readonly number[];
  /** From a key to the frame that shows it. */
  readonly keys: readonly number[];
}

interface Recorder {
  readonly latencies: number[];
  readonly frames: number[];
  readonly ownLongTasks: number[];
  readonly keys: number[];
  stop(): void;
}
type RecorderScope = { recorder?: Recorder };

/** Records in the frame that holds `log`: clock values that come into the last element of `selector`, frames, long tasks, keys. */
export async function startRecorder(log: Locator, selector: string): Promise<void> {
  await log.evaluate((root, query) => {
    const read = () => ([...document.querySelectorAll(query)].at(-1)?.textContent ?? '').match(/\b\d{13}\.\d{3}\b/g) ?? [];
    const record = { latencies: [] as number[], frames: [] as number[], ownLongTasks: [] as number[], keys: [] as number[] };
    let count = read().length;
    const observer = new MutationObserver(() => {
      const now = performance.timeOrigin + performance.now();
      const stamps = read();
      if (stamps.length < count) count = 0;
      for (; count < stamps.length; count += 1) record.latencies.push(now - Number(stamps[count]));
    });
    observer.observe(root, { subtree: true, childList: true, characterData: true });
    const tasks = new PerformanceObserver((list) => {
      for (const { name, duration } of list.getEntries()) if (name === 'self') record.ownLongTasks.push(duration);
    });
    tasks.observe({ type: 'longtask' });
    let last = performance.now();
    let isOn = true;
    const onFrame = (at: number) => {
      record.frames.push(at - last);
      last = at;
      if (isOn) requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
    // A task behind the frame runs when it has been drawn.
    const onKey = ({ timeStamp }: Event) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => record.keys.push(performance.now() - timeStamp);
      port2.postMessage(0);
    });
    addEventListener('keydown', onKey, true);
    const stop = () => {
      isOn = false;
      observer.disconnect();
      tasks.disconnect();
      removeEventListener('keydown', onKey, true);
    };
    (globalThis as unknown as RecorderScope).recorder = { ...record, stop };
  }, selector);
}

/** Ends the recording and gives it. */
export async function stopRecorder(log: Locator): Promise<FrameRecord> {
  const offset = await clockOffset(log);
  const record = await log.evaluate(() => {
    const { recorder } = globalThis as unknown as RecorderScope;
    if (recorder === undefined) throw new Error('nothing was recorded');
    recorder.stop();
    const { latencies, frames, ownLongTasks, keys } = recorder;
    return { latencies, frames: frames.slice(1), ownLongTasks, keys };
  });
  return { ...record, latencies: record.latencies.map((latency) => latency - offset) };
}

/** How far the clock of the frame is ahead of the shared one, by the quickest of many questions. */
async function clockOffset(log: Locator): Promise<number> {
  let best = { roundTrip: Number.POSITIVE_INFINITY, offset: 0 };
  for (let n = 0; n < 40; n += 1) {
    const asked = sharedNow();
    const there = await log.evaluate(() => performance.timeOrigin + performance.now());
    const answered = sharedNow();
    if (answered - asked < best.roundTrip) best = { roundTrip: answered - asked, offset: there - (asked + answered) / 2 };
  }
  return best.offset;
}
