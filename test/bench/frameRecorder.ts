import type { Locator, Page } from 'playwright-core';
import { sharedClockBase } from '../support/modelServer/script.ts';

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
    // Only the end of the text is looked at, so that the measurement stays small beside what is measured.
    const read = () => ([...document.querySelectorAll(query)].at(-1)?.textContent?.slice(-4_000) ?? '').match(/\b\d{13}\.\d{3}\b/g)?.map(Number) ?? [];
    const record = { latencies: [] as number[], frames: [] as number[], ownLongTasks: [] as number[], keys: [] as number[] };
    let newest = read().at(-1) ?? 0;
    const observer = new MutationObserver(() => {
      const now = performance.timeOrigin + performance.now();
      const fresh = read().filter((stamp) => stamp > newest);
      newest = fresh.at(-1) ?? newest;
      for (const stamp of fresh) record.latencies.push(now - stamp);
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
  const offset = await clockOffset(log.page());
  const record = await log.evaluate(() => {
    const { recorder } = globalThis as unknown as RecorderScope;
    if (recorder === undefined) throw new Error('nothing was recorded');
    recorder.stop();
    const { latencies, frames, ownLongTasks, keys } = recorder;
    return { latencies, frames: frames.slice(1), ownLongTasks, keys };
  });
  return { ...record, latencies: record.latencies.map((latency) => latency - offset) };
}

/** How far `timeOrigin + now()` of the page is ahead of the shared clock: the browser tells when the page began by the monotonic clock, which all processes share. */
async function clockOffset(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  const beganAt = metrics.find(({ name }) => name === 'NavigationStart')?.value;
  if (beganAt === undefined) throw new Error('the browser does not say when the page began');
  return (await page.evaluate(() => performance.timeOrigin)) - sharedClockBase - beganAt * 1_000;
}
