import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { postScene, postTroubles, prompts, troubles } from './pictureScene.ts';
import { expectEventually, startSession, useLogos } from './useLogos.ts';

/** The label of each theme and what webviews are told that it is called. */
const themes = [
  ['Dark Modern', 'Dark Modern'],
  ['Light Modern', 'Light Modern'],
  ['Dark High Contrast', 'Default High Contrast'],
  ['Light High Contrast', 'Default High Contrast Light'],
  ['Dark 2026', 'Dark 2026'],
  ['Light 2026', 'Light 2026'],
] as const;
const widths = [240, 380] as const;
const folder = path.resolve(import.meta.dirname, '../../artifacts/e2e');
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('The surface in every theme', () => {
  const logos = useLogos({ modelArguments: ['--models', 'qwen3-coder:30b'], width: 1280, height: 1010, deviceScaleFactor: 1.5, modelName: 'LM Studio' });
  const fileOf = (name: string): string => path.join(folder, `${name}.png`);
  beforeAll(() => fs.mkdirSync(folder, { recursive: true }));

  /** What axe finds in our frame, one line per element; the page is transparent, so the colour that the workbench paints under it is put in first. */
  async function violations(): Promise<readonly string[]> {
    const { chat, workbench } = logos;
    const behind = await workbench.page.locator('.part.sidebar').evaluate((part) => getComputedStyle(part).backgroundColor);
    // The page forbids scripts without its nonce; code that the debugger runs is free of that.
    await chat.log.evaluate(axe);
    return chat.log.evaluate(async (_log, color) => {
      document.body.style.backgroundColor = color;
      const scope = globalThis as unknown as { axe?: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } };
      if (scope.axe === undefined) return ['axe did not load'];
      const found = await scope.axe.run();
      document.body.style.backgroundColor = '';
      return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`));
    }, behind);
  }

  function addThemeTests(name: string): void {
    for (const [theme, id] of themes) {
      for (const width of widths) {
        it(`${theme} at ${width} px breaks no rule of axe, runs past no edge, and is kept as a picture`, async () => {
          const { chat, workbench } = logos;
          if (width === widths[0]) await workbench.chooseTheme(theme);
          await expectEventually(() => chat.log.evaluate(() => document.body.dataset['vscodeThemeId']), id);
          await workbench.setSideBarWidth(width);
          await workbench.restMouse();
          await expectEventually(() => chat.log.evaluate((log) => Math.abs(log.scrollHeight - log.clientHeight - log.scrollTop) < 2), true);
          // The side bar alone, as the front page of the project shows it.
          if (name === 'working' && theme === 'Dark Modern' && width === 380) await workbench.page.locator('.part.sidebar').screenshot({ path: fileOf('chat-dark') });
          await workbench.page.screenshot({ path: fileOf(`${name}-${theme.toLowerCase().replaceAll(' ', '-')}-${width}`), clip: { x: 0, y: 0, width: width + 330, height: 1010 } });
          expect(await chat.log.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
          expect(await violations()).toEqual([]);
        });
      }
    }
  }

  describe('while an agent works', () => {
    beforeAll(async () => {
      const { chat, host, workbench } = logos;
      await postScene(host.model);
      await startSession(logos);
      await chat.send(prompts.first);
      await chat.waitForAnswer('Both clocks agree');
      await chat.waitUntilIdle();
      await chat.send(prompts.second);
      await expectEventually(() => chat.prompts(), [prompts.first, prompts.second]);
      await chat.tool.last().locator('pre.output').getByText('repeat 2 of 20').waitFor();
      await chat.send(prompts.queued);
      await expectEventually(() => chat.queueRows.count(), 1);
      await workbench.treeRow('Agents', 'Coder').locator('.monaco-tl-twistie').click();
      await workbench.setPaneTop('Chat', 195);
    });
    addThemeTests('working');
  });

  describe('where tools failed, an answer was cut off, and a turn was stopped while messages wait', () => {
    beforeAll(async () => {
      const { chat, host } = logos;
      await postTroubles(host.model);
      if ((await chat.button('Stop').count()) > 0) await chat.button('Stop').click();
      await chat.waitUntilIdle();
      await startSession(logos);
      await chat.send(troubles.failing);
      await chat.waitForAnswer('Both build their input anew');
      await chat.waitUntilIdle();
      await chat.send(troubles.stopped);
      await chat.waitForAnswer('The rest');
      for (const text of troubles.queued) await chat.send(text);
      await expectEventually(() => chat.queueRows.count(), troubles.queued.length);
      await chat.button('Stop').click();
      await chat.waitUntilIdle();
    });
    addThemeTests('troubled');
  });
});
