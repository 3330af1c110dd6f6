import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useChatBench } from '../../support/chatBench.ts';
import { emptyScene, statesScene, workingScene } from '../../support/chatScenes.ts';
import { looks, type Look } from '../../support/lookScenes.ts';
import { themeNames } from '../../support/webviewPage.ts';

const pictures = path.join(import.meta.dirname, '../../../artifacts/webviews');
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const bench = useChatBench();
beforeAll(() => fs.mkdirSync(pictures, { recursive: true }));

/** What axe finds on the page, one line per element. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } }).axe.run();
    return (await run).violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`));
  });
}

const scenes: Readonly<Record<string, Look>> = {
  working: { make: workingScene, height: 865, begin: async (page) => void (await page.waitForSelector('.out')) },
  states: { make: statesScene, height: 1500 },
  locked: { make: () => emptyScene({ phase: 'starting' }), height: 500 },
  failed: { make: () => emptyScene({ phase: 'failed' }), height: 500 },
  first: { make: () => emptyScene({ hasSession: false }), height: 500 },
  ...looks,
};

describe.each(themeNames)('in the theme %s', (theme) => {
  it.each(Object.entries(scenes))('the scene %s breaks no rule of axe, runs past no edge, and draws no transparent text', async (name, { make, height, begin }) => {
    for (const width of theme === '2026-light' || theme === '2026-dark' ? [300] : [240, 300, 480]) {
      const scene = make();
      const { page, complaints } = await bench.open(scene, { theme, width, height, deviceScaleFactor: 1.5 });
      await page.waitForSelector('.composer, .greeting .btn');
      await begin?.(page, scene);
      await page.screenshot({ path: path.join(pictures, `chat-${name.replaceAll(/\W+/g, '-')}-${theme}-${width}.png`) });
      expect(await violations(page)).toEqual([]);
      const flaws = await page.evaluate(() => ({
        isTooWide: document.documentElement.scrollWidth > window.innerWidth,
        transparent: [...document.querySelectorAll('body *')].filter((element) => element.textContent !== '' && getComputedStyle(element).color === 'rgba(0, 0, 0, 0)').length,
      }));
      expect(flaws).toEqual({ isTooWide: false, transparent: 0 });
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  });
});

it('the bundle of the chat is at most 350 KB', () => {
  expect(bench.scriptBytes()).toBeGreaterThan(50_000);
  expect(bench.scriptBytes()).toBeLessThanOrEqual(350 * 1024);
});
