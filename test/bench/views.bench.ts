// What a reader sees: from the model server's byte to the document, two views at 200 tokens a second, and a key while text streams.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatPage } from '../support/vscodeHost/chatPage.ts';
import type { LogosHost, LogosWindow } from '../support/vscodeHost/logosHost.ts';
import { startRecorder, stopRecorder, type FrameRecord } from './frameRecorder.ts';
import { isQuick, ms, percentile, printRow, spread } from './rows.ts';
import { floor, loadWords, startVsCodeBench, untilQuiet } from './vscodeBench.ts';

const seconds = isQuick ? 3 : 15;
const answers = 'logos-turn:last-of-type logos-text';

/** The floor in the same run: a page that gets 20 posts a second from its extension and writes each into its document. */
async function measureFloor({ workbench }: LogosWindow): Promise<FrameRecord> {
  await workbench.openContainer(floor.container);
  const frame = workbench.frame(0, floor.extensionId);
  const field = frame.locator('textarea');
  await field.waitFor();
  const body = frame.locator('body');
  await startRecorder(body, '.log');
  await typeFor(workbench.page.keyboard, () => field.click());
  const record = await stopRecorder(body);
  await workbench.openContainer('Logos');
  return record;
}

async function typeFor(keyboard: { press(key: string): Promise<void> }, focus: () => Promise<void>): Promise<void> {
  await focus();
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt; ) {
    await keyboard.press('x');
    await sleep(100);
  }
}

/** Prose of so many words, in paragraphs, with some code between them. */
function prose(count: number): string {
  const paragraph = 'The worker reads what was stored, checks it and writes the result, so that **nothing** is lost when `run` ends early or the machine is busy with something else at the time. ';
  const code = '```ts\nconst run = await retry(request, { clock, tries: 3 });\nawait clock.advance(1000);\n```';
  const blocks: string[] = [];
  for (let words = 0; words < count; words += 75) blocks.push(paragraph.repeat(2).trim(), ...(blocks.length % 6 === 4 ? [code] : []));
  return blocks.join('\n\n');
}

/** One paragraph of so many long words, about 20 characters each. */
function paragraph(count: number): string {
  return prose(count * 4).replaceAll(/```[^`]+```/g, '').replaceAll(/\s+/g, ' ').replaceAll(/(\S+) (\S+) (\S+)(?=[a-z ])/g, '$1-$2-$3').split(' ').slice(0, count).join(' ');
}

/** Sends a message whose answer streams, and records in the views; `meanwhile` runs while it comes. */
async function measureStream(views: readonly ChatPage[], message: string, meanwhile: () => Promise<unknown>): Promise<FrameRecord[]> {
  const [chat] = views;
  if (chat === undefined) throw new Error('no view');
  await chat.field.fill('');
  await chat.send(message);
  for (const view of views) await view.turns.filter({ hasText: message }).locator('logos-text').waitFor();
  await Promise.all(views.map((view) => startRecorder(view.log, answers)));
  await meanwhile();
  const records = await Promise.all(views.map((view) => stopRecorder(view.log)));
  await chat.waitUntilIdle(60_000);
  return records;
}

async function measureIdle(views: readonly ChatPage[]): Promise<FrameRecord[]> {
  await Promise.all(views.map((view) => startRecorder(view.log, answers)));
  await sleep(isQuick ? 1_000 : 4_000);
  return await Promise.all(views.map((view) => stopRecorder(view.log)));
}

function printOneStream({ latencies, keys }: FrameRecord, least: FrameRecord): void {
  const [p50, p95] = [percentile(latencies, 0.5), percentile(latencies, 0.95)];
  printRow({
    name: "provider's byte to DOM mutation, one stream at 20 tokens/s",
    goal: 'p50 <= 15 ms, p95 <= 45 ms',
    figure: spread(latencies),
    ok: p50 <= 15 && p95 <= 45,
    floor: spread(least.latencies),
    note: `n = ${latencies.length}; while a key is pressed ten times a second; floor: a post of an extension to its page, n = ${least.latencies.length}; ${loadWords()}`,
  });
  const keyP95 = percentile(keys, 0.95);
  printRow({ name: 'key to paint in the composer while text streams', goal: 'p95 <= 50 ms', figure: spread(keys), ok: keyP95 <= 50, floor: spread(least.keys), note: `n = ${keys.length}; floor: an empty text area; ${loadWords()}` });
}

function printTwoViews(records: readonly FrameRecord[], idle: readonly FrameRecord[]): void {
  const p95s = records.map(({ frames }) => percentile(frames, 0.95));
  const long = records.flatMap(({ ownLongTasks }) => ownLongTasks.filter((duration) => duration > 100));
  const idleLong = idle.flatMap(({ ownLongTasks }) => ownLongTasks.filter((duration) => duration > 100));
  const words = (all: readonly FrameRecord[]) => all.map(({ frames }) => ms(percentile(frames, 0.95))).join(' and ');
  printRow({
    name: '200 tokens/s in two views: frame p95, own long tasks over 100 ms',
    goal: '<= 33 ms, none',
    figure: `${words(records)}, ${long.length}`,
    ok: Math.max(...p95s) <= 33 && long.length === 0,
    floor: `idle: ${words(idle)}, ${idleLong.length}`,
    note: `longest own task ${ms(Math.max(0, ...records.flatMap(({ ownLongTasks }) => ownLongTasks)))}; prose in paragraphs with code; ${loadWords()}`,
  });
}

/** A paragraph without an end, whose last line alone may be laid out anew. */
function printParagraph(records: readonly FrameRecord[]): void {
  const tasks = records.flatMap(({ ownLongTasks }) => ownLongTasks);
  const long = tasks.filter((duration) => duration > 100);
  printRow({
    name: '200 tokens/s of one paragraph of 55 KB in two views: own long tasks over 100 ms',
    goal: 'none',
    figure: String(long.length),
    ok: long.length === 0,
    note: `longest own task ${ms(Math.max(0, ...tasks))}; ${loadWords()}`,
  });
}

async function openSecond(host: LogosHost): Promise<ChatPage> {
  const { chat, workbench } = await host.openWindow({ sideBarWidth: 380 });
  await chat.field.waitFor({ timeout: 60_000 });
  await workbench.treeRow('Agents', 'Assistant').click();
  await chat.answer.first().waitFor();
  return chat;
}

const host = await startVsCodeBench();
try {
  const window = await host.openWindow({ sideBarWidth: 380 });
  await host.addModel();
  const { chat, workbench } = window;
  await chat.field.waitFor({ timeout: 60_000 });
  await chat.send('[[say:warm]]');
  await chat.waitForAnswer('warm', 60_000);
  await chat.waitUntilIdle();
  await untilQuiet(host);
  const least = await measureFloor(window);
  const [one] = await measureStream([chat], `[[scenario:stream stamped=1 tps=20 tokens=${20 * (seconds + 4)}]]`, () => typeFor(workbench.page.keyboard, () => chat.field.click()));
  if (one === undefined) throw new Error('nothing was recorded');
  printOneStream(one, least);
  const views = [chat, await openSecond(host)];
  await untilQuiet(host);
  const idle = await measureIdle(views);
  const tokens = 200 * (seconds + 2);
  await host.model.post('prose', { steps: [{ text: prose(tokens), tokensPerSecond: 200 }, { finish: 'stop' }, { done: true }] });
  printTwoViews(await measureStream(views, '[[scenario:prose]]', () => sleep(seconds * 1_000)), idle);
  await host.model.post('paragraph', { steps: [{ text: paragraph(tokens), tokensPerSecond: 200 }, { finish: 'stop' }, { done: true }] });
  printParagraph(await measureStream(views, '[[scenario:paragraph]]', () => sleep(seconds * 1_000)));
} finally {
  await host.stop();
}
