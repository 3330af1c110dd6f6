import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useChatBench } from '../../support/chatBench.ts';
import { emptyScene, endedTurn, longScene, textPart, toolPart, usage } from '../../support/chatScenes.ts';
import type { Scene } from '../../support/chatScenes.ts';
import { makeSession } from '../../support/fakeChatHost.ts';
import { startTurn } from '../../support/startTurn.ts';

const { openComposer } = useChatBench();

/** What the reader's eye rests on: the first block that reaches into the view, and where it stands. */
const read = (page: Page) => page.evaluate(() => {
  const edge = document.querySelector('.log')!.getBoundingClientRect().top;
  const blocks = [...document.querySelectorAll<HTMLElement>('.log .prose > *, .log .user, .log .card')];
  const block = blocks.find((element) => element.getBoundingClientRect().bottom > edge + 1);
  return { text: block?.textContent?.trim().slice(0, 60) ?? 'nothing', top: Math.round(block?.getBoundingClientRect().top ?? 0) };
});
const isAtEnd = (page: Page) => page.evaluate(() => {
  const log = document.querySelector('.log')!;
  return log.scrollHeight - log.clientHeight - log.scrollTop <= 1;
});
const frames = (page: Page) => page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))));
const wheel = async (page: Page, by: number) => {
  await page.mouse.move(190, 300);
  await page.mouse.wheel(0, by);
  await frames(page);
};

/** As `read`, once neither the wheel nor older turns that arrive move anything any more. */
const readAtRest = async (page: Page) => {
  let last = await read(page);
  for (let same = 0; same < 5; ) {
    await frames(page);
    const now = await read(page);
    same = now.text === last.text && now.top === last.top ? same + 1 : 0;
    last = now;
  }
  return last;
};

/** One answer of a thousand paragraphs, which no view holds. */
function bookScene(): Scene {
  const scene = emptyScene();
  const text = Array.from({ length: 1_000 }, (_line, index) => `Paragraph ${index + 1}. ${'It goes on for a while. '.repeat(1 + (index % 5))}`).join('\n\n');
  scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [endedTurn(scene.sessionId, 1, 'Write a book', [textPart(text)], { usage })]);
  return scene;
}

describe('the place of reading', () => {
  it('is kept inside of a long answer when the page is made anew', async () => {
    const { page } = await openComposer(bookScene());
    await page.getByRole('button', { name: 'Show 400 more paragraphs' }).click();
    await page.getByText('Paragraph 390.').waitFor();
    await page.getByText('Paragraph 311.').evaluate((block) => block.scrollIntoView());
    await frames(page);
    await wheel(page, 37);
    const before = await read(page);
    expect(before.text).toMatch(/^Paragraph 31[12]\./);
    await page.reload();
    await expect.poll(() => read(page)).toEqual(before);
    await page.setViewportSize({ width: 300, height: 700 });
    await page.reload();
    await expect.poll(async () => (await read(page)).text).toBe(before.text);
  });

  it('is kept among turns that have to be read back again', async () => {
    const { page, host } = await openComposer(longScene(400));
    await page.getByText('Question 400', { exact: true }).waitFor();
    for (let round = 0; round < 8; round += 1) await wheel(page, -6_000);
    await expect.poll(() => host.requests.filter(({ method }) => method === 'sessions/turns').length).toBeGreaterThan(1);
    const before = await readAtRest(page);
    const shown = Number(/\d+/.exec(before.text)?.[0]);
    expect(shown).toBeLessThan(350);
    await page.reload();
    await expect.poll(() => read(page)).toEqual(before);
  });

  it('is kept for each session while another is on screen, and over a reload there', async () => {
    const scene = longScene(40);
    const { host, agentId, sessionId } = scene;
    const other = makeSession({ agentId });
    host.addSession(other, Array.from({ length: 30 }, (_turn, index) => endedTurn(other.id, index + 1, `Other ${index + 1}`, [textPart('Something. '.repeat(40))])));
    const { page } = await openComposer(scene);
    host.post({ type: 'show', what: 'agent', agentId, sessionId });
    await page.getByText('Question 40', { exact: true }).waitFor();
    await wheel(page, -1_700);
    const first = await read(page);
    host.post({ type: 'show', what: 'agent', agentId, sessionId: other.id });
    await page.getByText('Other 30', { exact: true }).waitFor();
    await expect.poll(() => isAtEnd(page)).toBe(true);
    await wheel(page, -900);
    const second = await read(page);
    await page.reload();
    await expect.poll(() => read(page)).toEqual(second);
    host.post({ type: 'show', what: 'agent', agentId, sessionId });
    await expect.poll(() => read(page)).toEqual(first);
    host.post({ type: 'show', what: 'agent', agentId, sessionId: other.id });
    await expect.poll(() => read(page)).toEqual(second);
  });

  it('gives way to whoever moves while it is looked for', async () => {
    const scene = longScene(400);
    const { page, host } = await openComposer(scene);
    await page.getByText('Question 400', { exact: true }).waitFor();
    for (let round = 0; round < 8; round += 1) await wheel(page, -6_000);
    host.held.add('sessions/turns');
    await page.reload();
    await page.getByText('Question 400', { exact: true }).waitFor();
    await wheel(page, -300);
    const chosen = await read(page);
    host.release('sessions/turns');
    await frames(page);
    expect(await read(page)).toEqual(chosen);
  });
});

describe('what a person opened', () => {
  const lines = (name: string, count: number) => Array.from({ length: count }, (_line, index) => `${name} ${index + 1}`).join('\n');
  const table = ['| a |', '| - |', ...Array.from({ length: 40 }, (_row, index) => `| row ${index + 1} |`)].join('\n');
  const pieces = [['Show all 12 lines', 'prompt 12'], ['Show all 60 lines', 'second 60'], ['Show all 40 rows', 'row 40']] as const;

  it('is open when it comes back into view, and when the page is made anew: a long message, a block of code, a table', async () => {
    const scene = longScene(60);
    const answer = `\`\`\`\n${lines('first', 50)}\n\`\`\`\n\n- a list\n\n  \`\`\`\n${lines('  second', 60)}\n  \`\`\`\n\n${table}`;
    const { session, turns } = scene.host.sessions.get(scene.sessionId)!.view;
    scene.host.addSession(session, [...turns, endedTurn(scene.sessionId, 61, lines('prompt', 12), [textPart(answer)])]);
    const { page } = await openComposer(scene);
    for (const [button, last] of pieces) {
      await page.getByRole('button', { name: button }).click();
      await page.getByText(last, { exact: false }).first().waitFor();
    }
    await page.getByRole('button', { name: 'Wrap lines' }).nth(1).click();
    const isKept = async () => {
      await expect.poll(() => page.locator('article.turn').last().textContent()).toContain('row 40');
      const text = await page.locator('article.turn').last().innerText();
      expect(pieces.map(([, last]) => text.includes(last))).toEqual([true, true, true]);
      expect(text).not.toContain('first 50');
      expect(await page.locator('pre.wrapped').count()).toBe(1);
    };
    await page.locator('.log').focus();
    await page.keyboard.press('Home');
    await page.getByText('Question 1', { exact: true }).waitFor();
    await expect.poll(() => page.getByText('prompt 1', { exact: false }).count()).toBe(0);
    await page.keyboard.press('End');
    await isKept();
    await page.reload();
    await isKept();
  });
});

describe('a new attempt', () => {
  it.each(['Continue', 'Retry'])('is followed from the press of %s on, though the reader had moved a little', async (name) => {
    const scene = longScene(20);
    const { page } = await openComposer(scene);
    const stream = startTurn(scene, 'go on');
    stream.say('Some words. '.repeat(200));
    stream.end('interrupted');
    await page.getByText('Interrupted').first().waitFor();
    await wheel(page, -30);
    await page.locator('.jump').waitFor();
    await page.getByRole('button', { name, exact: true }).first().click();
    stream.again(name === 'Retry' ? 'retry' : 'resume');
    for (let word = 0; word < 20; word += 1) stream.say('More words of the second attempt. '.repeat(8));
    await expect.poll(() => page.getByText('More words').count()).toBeGreaterThan(0);
    await frames(page);
    expect(await isAtEnd(page)).toBe(true);
    expect(await page.locator('.jump').count()).toBe(0);
  });
});

describe('the end', () => {
  it('is followed on while the wheel turns a box of its own inside the transcript', async () => {
    const scene = emptyScene();
    const output = Array.from({ length: 200 }, (_line, index) => `line ${index}`).join('\n');
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [endedTurn(scene.sessionId, 1, 'hello', [textPart('Words. '.repeat(400)), toolPart({ output })])]);
    const { page } = await openComposer(scene);
    await page.locator('.card > .head').click();
    await page.locator('.out pre').evaluate((box) => (box.scrollTop = box.scrollHeight));
    await page.locator('.out pre').hover();
    await page.mouse.wheel(0, -60);
    await frames(page);
    expect(await page.locator('.out pre').evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop)).toBeGreaterThan(10);
    expect(await page.locator('.jump').count()).toBe(0);
    startTurn(scene).say('Now this.');
    await page.getByText('Now this.').waitFor();
    await expect.poll(() => isAtEnd(page)).toBe(true);
  });

  it.each([240, 380])('is offered where it covers nothing that is read, at %i px', async (width) => {
    const scene = longScene(40);
    const { page } = await openComposer(scene, { width });
    await page.getByText('Question 40', { exact: true }).waitFor();
    const before = await page.locator('.log').boundingBox();
    await page.mouse.move(100, 300);
    await page.mouse.wheel(0, -1_500);
    await page.locator('.jump').waitFor();
    startTurn(scene, 'a new one').say('Some words');
    await page.getByText('2 new').waitFor();
    const [jump, log, stop] = await Promise.all(['.jump', '.log', 'button.stop'].map((selector) => page.locator(selector).boundingBox()));
    expect(log).toEqual(before);
    expect(jump!.y).toBeGreaterThanOrEqual(log!.y + log!.height);
    expect(jump!.x + jump!.width).toBeLessThanOrEqual(stop!.x);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  });
});

describe('a far jump', () => {
  it.each([0.15, 0.5, 0.83])('to %f of the transcript lands there and stays', async (aim) => {
    const scene = longScene(400);
    const { page, field } = await openComposer(scene);
    await page.getByText('Question 400', { exact: true }).waitFor();
    await field.focus();
    await page.keyboard.press('Control+ArrowUp');
    await page.keyboard.press('Home');
    await page.getByText('Question 1', { exact: true }).waitFor();
    for (const from of [1, 0]) {
      await page.locator('.log').evaluate((log, at) => (log.scrollTop = at * (log.scrollHeight - log.clientHeight)), from);
      await frames(page);
      await page.locator('.log').evaluate((log, at) => (log.scrollTop = at * (log.scrollHeight - log.clientHeight)), aim);
      await frames(page);
      await frames(page);
      const landed = await page.locator('.log').evaluate((log) => ({ at: log.scrollTop / (log.scrollHeight - log.clientHeight), question: Number(/\d+/.exec(document.elementFromPoint(190, 300)?.closest('logos-turn')?.querySelector('.user')?.textContent ?? '')?.[0]) }));
      expect(Math.abs(landed.at - aim), `from ${from}`).toBeLessThan(0.03);
      const text = await read(page);
      await frames(page);
      expect(await read(page)).toEqual(text);
    }
  });
});

describe('Home and End', () => {
  it('go to the very first and the very last step, at once, and once more to the same', async () => {
    const scene = longScene(400);
    const { page, field } = await openComposer(scene);
    await page.getByText('Question 400', { exact: true }).waitFor();
    await field.focus();
    await page.keyboard.press('Control+ArrowUp');
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim().slice(0, 11));
    for (const press of [1, 2]) {
      await page.keyboard.press('Home');
      await expect.poll(focused, { message: `Home, press ${press}` }).toBe('Question 1');
      await frames(page);
      expect((await read(page)).text).toBe('Question 1');
    }
    for (const press of [1, 2]) {
      await page.keyboard.press('End');
      await expect.poll(focused, { message: `End, press ${press}` }).toMatch(/^Answer 400/);
      await frames(page);
      expect(await isAtEnd(page)).toBe(true);
    }
  });
});
