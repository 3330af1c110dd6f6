import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Part } from '../../../server/protocol/messages.ts';
import { useChatBench } from '../../support/chatBench.ts';
import { emptyScene, endedTurn, textPart, toolPart, type Scene } from '../../support/chatScenes.ts';
import { makeSession } from '../../support/fakeChatHost.ts';
import type { ThemeName } from '../../support/webviewPage.ts';

const pictures = path.join(import.meta.dirname, '../../../artifacts/webviews');
const { open } = useChatBench();
beforeAll(() => fs.mkdirSync(pictures, { recursive: true }));

/** A session of one turn whose answer has these parts. */
function sceneOf(...parts: readonly Part[]): Scene {
  const scene = emptyScene();
  scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [endedTurn(scene.sessionId, 1, 'Show me.', parts)]);
  return scene;
}

const command = "set -e\nfor file in src/*.ts; do\n  echo \"checking $file\"\ndone";
const prose = `# What changed

## The parser

### Its table

It reads [the schema](src/schema.ts#L12) first, then [the site](https://example.org/a%2Fb?c=%26d). See [below](#end), not [this](https://a:b@example.org/) or [that](javascript:1).

| step | what |
| - | - |
| one | first line<br>second line |

\`\`\`diff
--- a/src/schema.ts
+++ b/src/schema.ts
@@ -1,3 +1,3 @@
 same
-const old = 1;
+const fresh = 2;
\`\`\``;
const calls = [
  toolPart({ title: command, args: { command }, output: 'checking src/a.ts\n' }),
  toolPart({ tool: 'edit_file', title: 'src/schema.ts', args: { path: 'src/schema.ts', oldText: 'a\nold\nz', newText: 'a\nfresh\nz' }, result: '+1 -1', output: 'Edited src/schema.ts (+1 -1 lines).' }),
  toolPart({ tool: 'write_file', title: 'notes.md', args: { path: 'notes.md', content: '# Notes\n' }, result: '+1 -0', output: 'Wrote 8 bytes.' }),
];

/** Opens every row of a tool as a person does. */
async function openRows(page: Page): Promise<void> {
  const rows = page.locator('logos-tool .card > .head');
  await expect.poll(() => rows.count()).toBe(calls.length);
  for (const row of await rows.all()) await row.click();
  await expect.poll(() => page.locator('logos-tool logos-code pre').count()).toBe(calls.length);
}

describe('an answer', () => {
  it('has links that ask for the address as written and for files of the agent, and says which it does not open', async () => {
    const scene = sceneOf(textPart(prose));
    const { page, host, complaints } = await open(scene);
    await page.getByRole('link', { name: 'the schema' }).click();
    await page.getByRole('link', { name: 'the site' }).click();
    await expect.poll(() => host.commands.map(({ command: name, args }) => [name, args])).toEqual([
      ['openFile', { agentId: scene.agentId, path: 'src/schema.ts', line: 12 }],
      ['openLink', { href: 'https://example.org/a%2Fb?c=%26d' }],
    ]);
    expect(await page.getByRole('link').count()).toBe(2);
    const text = await page.locator('.log').innerText();
    expect(text).toContain('See below, not [this](https://a:b@example.org/) (not a link: its address holds a password)');
    expect(text).toContain('[that](javascript:1) (not a link: links of this kind are not opened)');
    expect(complaints).toEqual([]);
  });

  it('has three sizes of headings, lines that break within a cell, and a tinted diff', async () => {
    const { page } = await open(sceneOf(textPart(prose)));
    await page.getByText('Its table').waitFor();
    const sizes = await page.locator('.prose :is(h2, h3, h4)').evaluateAll((all) => all.map((heading) => Number.parseFloat(getComputedStyle(heading).fontSize)));
    expect(sizes).toEqual([17, 15, 13]);
    expect(await page.locator('td br').count()).toBe(1);
    expect(await page.locator('.tk-added').innerText()).toBe('+const fresh = 2;');
    expect(await page.locator('.tk-removed').innerText()).toBe('-const old = 1;\n');
  });

  it('has rows that open to the whole command, the written text and the change', async () => {
    const { page, complaints } = await open(sceneOf(...calls));
    await openRows(page);
    const shown = page.locator('logos-tool logos-code pre');
    expect(await shown.allInnerTexts()).toEqual([command, ' a\n-old\n+fresh\n z', '# Notes\n']);
    expect(await page.locator('logos-tool pre.output').allInnerTexts()).toEqual(['checking src/a.ts']);
    expect(complaints).toEqual([]);
  });

  it.each<ThemeName>(['dark', 'light', 'hc', 'hc-light'])('runs past no edge of a narrow view in the theme %s', async (theme) => {
    for (const width of [240, 300, 480]) {
      const { page } = await open(sceneOf(...calls, textPart(prose)), { theme, width, height: 1700 });
      await openRows(page);
      await page.getByText('Its table').waitFor();
      await page.screenshot({ path: path.join(pictures, `answer-${theme}-${width}.png`) });
      expect(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
    }
  });
});

it('the status line never cuts what an agent may touch, however long the name of its model', async () => {
  const scene = emptyScene();
  const agent = scene.host.agents.get(scene.agentId);
  if (agent?.route === undefined) throw new Error('the scene has no route');
  scene.host.agents.set(scene.agentId, { ...agent, route: { ...agent.route, model: 'an-organisation/a-very-long-name-of-a-model-with-many-parts-and-a-quantisation-q4_k_m' } });
  const { page } = await open(scene, { width: 480, height: 500 });
  const policy = page.locator('.status .policy');
  for (const width of [200, 240, 300, 340, 380, 420, 480, 700]) {
    await page.setViewportSize({ width, height: 500 });
    await expect.poll(() => policy.evaluate((link) => (link.scrollWidth <= link.clientWidth && link.textContent?.endsWith('o network')) || link.textContent)).toBe(true);
  }
});
