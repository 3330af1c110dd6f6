import { describe, expect, it } from 'vitest';
import { until } from '../support/gateway/processes.ts';
import { expectEventually, startSession, useLogos, words } from './useLogos.ts';

describe('The chat', () => {
  const logos = useLogos();

  it('shows a command of the agent as a row with live output, which closes when it is done, and then the answer', async () => {
    const { chat } = logos;
    await startSession(logos);
    await chat.send('[[tool:run_command {"command":"for n in 1 2 3 4 5 6 7 8; do echo line $n of $USER; sleep 0.4; done"}]] [[say:All **eight** are there.]]');
    const row = chat.tool.getByRole('button', { name: /^Running for n in/ });
    await row.waitFor();
    const output = chat.tool.locator('pre.output');
    await output.getByText('line 3').waitFor();
    expect(await output.innerText()).not.toContain('line 8');
    await chat.waitForAnswer('All eight are there.');
    const done = chat.tool.getByRole('button', { name: /^Ran for n in/ });
    await done.waitFor();
    expect(await done.getAttribute('aria-expanded')).toBe('false');
    await done.click();
    await expectEventually(async () => (await output.innerText()).match(/^line \d of sandbox$/gm)?.length, 8);
    expect(await chat.answer.locator('strong').innerText()).toBe('eight');
    await chat.waitUntilIdle();
  });

  it('keeps open what a person opened, and that alone', async () => {
    const { chat } = logos;
    await startSession(logos);
    for (const word of ['one', 'two']) {
      await chat.send(`[[tool:run_command {"command":"echo ${word}"}]] [[say:Said ${word}.]]`);
      await chat.waitForAnswer(`Said ${word}.`);
      await chat.waitUntilIdle();
    }
    const rows = chat.turns.getByRole('button', { name: /^Ran echo/ });
    await rows.first().click();
    await expectEventually(() => rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-expanded'))), ['true', 'false']);
    await chat.send('[[say:third]]');
    await chat.waitForAnswer('third');
    await chat.waitUntilIdle();
    expect(await rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-expanded')))).toEqual(['true', 'false']);
  });

  it('runs the command in a sandbox: another process table, no home of ours', async () => {
    const { chat } = logos;
    await startSession(logos);
    await chat.send('[[tool:run_command {"command":"echo I am process $$; ls /root /home; id -u"}]] [[say:Looked.]]');
    await chat.waitForAnswer('Looked.');
    await chat.tool.getByRole('button', { name: /^Ran echo I am/ }).click();
    const output = await chat.tool.locator('pre.output').innerText();
    expect(Number(/I am process (\d+)/.exec(output)?.[1])).toBeLessThan(50);
    expect(output).not.toMatch(/\.cache|\.npmrc/);
    expect(output).not.toMatch(/^0$/m);
    await chat.waitUntilIdle();
  });

  it('folds thinking into one row, which opens and closes by a click', async () => {
    const { chat } = logos;
    await startSession(logos);
    await chat.send('[[scenario:thinking tps=25]]');
    await chat.thinking.getByRole('button', { name: /^Thinking/ }).waitFor();
    await chat.waitForAnswer('Here is the answer after thinking.');
    const row = chat.thinking.getByRole('button', { name: /^Thought for/ });
    expect(await row.getAttribute('aria-expanded')).toBe('false');
    await row.click();
    await chat.thinking.locator('.think-body').getByText('so I weigh it first.').waitFor();
    await row.click();
    await chat.thinking.locator('.think-body').waitFor({ state: 'detached' });
    await chat.waitUntilIdle();
  });

  it('stops by the button, keeps the partial text, and says who stopped it', async () => {
    const { chat, host } = logos;
    await startSession(logos);
    await chat.send('[[scenario:endless tps=20]] by the button');
    await chat.waitForAnswer('w10');
    await chat.button('Stop').click();
    await chat.lastTurn.getByText(/^Stopped by you, \d\d:\d\d$/).waitFor();
    expect(await chat.answer.innerText()).toContain(words(1, 10));
    await chat.waitUntilIdle();
    await until(async () => (await host.model.chatRequests('by the button')).every((request) => request.goneAt !== undefined), 'the end of the request at the model server');
  });

  it('stops the attempts after the first as well, by the button and by Escape', async () => {
    const { chat, page } = { ...logos, chat: logos.chat, page: logos.workbench.page };
    await startSession(logos);
    await chat.send('[[scenario:endless tps=20]] again and again');
    const button = chat.composer.locator('button.stop');
    for (const [earlier, stop] of [() => button.click(), () => page.keyboard.press('Escape'), () => button.click()].entries()) {
      if (earlier > 0) await chat.lastTurn.getByText(`${earlier} earlier attempt`).waitFor();
      await chat.waitForAnswer('w5');
      await stop();
      await chat.waitUntilIdle();
      await chat.lastTurn.getByText(/^Stopped by you, \d\d:\d\d$/).waitFor();
      await chat.button('Retry').click();
      await button.waitFor();
      await expectEventually(() => chat.hasFocus(), true);
    }
    await page.keyboard.press('Escape');
    await chat.waitUntilIdle();
  });

  it('stops by Escape from the composer', async () => {
    const { chat, page } = { ...logos, chat: logos.chat, page: logos.workbench.page };
    await startSession(logos);
    await chat.send('[[scenario:endless tps=20]]');
    await chat.waitForAnswer('w5');
    await page.keyboard.press('Escape');
    await chat.lastTurn.getByText(/^Stopped by you/).waitFor();
    expect(await chat.answer.innerText()).toContain(words(1, 5));
    await chat.waitUntilIdle();
  });

  it('queues what is sent while a turn runs: a queued message can be changed or removed, and the rest goes by itself', async () => {
    const { chat, host } = logos;
    await startSession(logos);
    await chat.send('[[scenario:gated name=queue]]');
    await chat.waitForAnswer('Before the gate.');
    await chat.send('[[say:first]]');
    await chat.send('[[say:second]]');
    await expectEventually(() => chat.queueRows.allInnerTexts(), ['[[say:first]]', '[[say:second]]']);
    await chat.strips.getByText('2 queued, sent when this turn ends').waitFor();
    await chat.queueRows.nth(1).getByRole('button', { name: 'Edit queued message' }).click();
    await chat.strips.getByText('Changing a queued message').waitFor();
    await chat.field.fill('[[say:second, changed]]');
    await chat.page.keyboard.press('Enter');
    await expectEventually(() => chat.queueRows.allInnerTexts(), ['[[say:first]]', '[[say:second, changed]]']);
    await chat.queueRows.nth(0).getByRole('button', { name: 'Remove queued message' }).click();
    await expectEventually(() => chat.queueRows.allInnerTexts(), ['[[say:second, changed]]']);
    await host.model.release('queue');
    await chat.waitForAnswer('second, changed');
    await expectEventually(() => chat.prompts(), ['[[scenario:gated name=queue]]', '[[say:second, changed]]']);
    await chat.waitUntilIdle();
  });

  it('sends nothing while an input method composes, and everything by the Enter after it', async () => {
    const { chat, workbench } = logos;
    await startSession(logos);
    await chat.type('[[say:ok]] ');
    const session = await workbench.page.context().newCDPSession(workbench.page);
    await session.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 });
    await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 });
    await session.send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 });
    await session.send('Input.insertText', { text: '日本' });
    await expectEventually(() => chat.field.inputValue(), '[[say:ok]] 日本');
    expect(await chat.turns.count()).toBe(0);
    expect(await chat.pending.count()).toBe(0);
    await workbench.page.keyboard.press('Enter');
    await chat.waitForAnswer('ok');
    await expectEventually(() => chat.prompts(), ['[[say:ok]] 日本']);
    await chat.waitUntilIdle();
  });

  it('breaks the line by Shift+Enter', async () => {
    const { chat, workbench } = logos;
    await startSession(logos);
    await chat.type('one');
    await workbench.page.keyboard.press('Shift+Enter');
    await workbench.page.keyboard.insertText('two [[say:both]]');
    await workbench.page.keyboard.press('Enter');
    await chat.waitForAnswer('both');
    await expectEventually(() => chat.prompts(), ['one\ntwo [[say:both]]']);
    await chat.waitUntilIdle();
  });

  it('holds the scroll of a reader while text arrives, and follows again when asked to', async () => {
    const { chat, workbench } = logos;
    await startSession(logos);
    await chat.send('[[scenario:stream tokens=700 tps=60]]');
    await chat.waitForAnswer('w240', 30_000);
    const box = await chat.log.boundingBox();
    if (box === null) throw new Error('the log has no place');
    await workbench.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await workbench.page.mouse.wheel(0, -300);
    const pill = chat.button(/^Go to the latest/);
    await pill.waitFor();
    const top = await chat.log.evaluate((log) => log.scrollTop);
    const before = await chat.log.evaluate((log) => log.scrollHeight);
    await until(async () => (await chat.log.evaluate((log) => log.scrollHeight)) > before + 60, 'more text', 20_000);
    expect(await chat.log.evaluate((log) => log.scrollTop)).toBe(top);
    await pill.click();
    await pill.waitFor({ state: 'detached' });
    await chat.waitForAnswer('w700', 30_000);
    await expectEventually(() => chat.log.evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop < 2), true);
    await chat.waitUntilIdle();
  });

  it('leaves hostile markdown inert: no script, no picture from elsewhere, no link that runs code', async () => {
    const { chat, host, workbench } = logos;
    const origin = new URL(host.model.baseUrl).origin;
    const text = [
      '<script>document.title = "owned"; parent.postMessage("owned", "*")</script>',
      `<img src="${origin}/stolen-1" onerror="document.title='owned'">`,
      '<iframe src="javascript:alert(1)"></iframe><svg onload="alert(1)"></svg>',
      '[run me](javascript:alert(1)) [and me](data:text/html,<script>alert(1)</script>) [a command](command:workbench.action.quit)',
      `![a picture](${origin}/stolen-2)`,
      '[fine](https://example.org/page)',
      '```html\n<script>alert(1)</script>\n```',
      '**the end**',
    ].join('\n\n');
    await host.model.post('hostile', { steps: [{ text, tokensPerSecond: 200 }, { finish: 'stop' }, { done: true }] });
    const alerts: string[] = [];
    workbench.page.on('dialog', (dialog) => {
      alerts.push(dialog.message());
      void dialog.dismiss();
    });
    await startSession(logos);
    await chat.send('[[scenario:hostile]]');
    await chat.waitForAnswer('the end');
    await chat.waitUntilIdle();
    expect(await chat.answer.locator('script, img, iframe, svg, object, embed, style, form, [onerror], [onload]').count()).toBe(0);
    const links = await chat.answer.locator('a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    expect(links.filter((href) => href !== null && !/^https?:/.test(href))).toEqual([]);
    expect(await chat.answer.innerText()).toContain('<script>document.title');
    expect(await chat.answer.evaluate(() => document.title)).toBe('Chat');
    expect((await host.model.requests()).filter((request) => request.path.includes('stolen'))).toEqual([]);
    expect(alerts).toEqual([]);
  });

  it('copies a block of code by its button', async () => {
    const { chat, workbench } = logos;
    await startSession(logos);
    await chat.send('[[scenario:markdown]]');
    await chat.answer.locator('table').waitFor();
    await chat.waitUntilIdle();
    await chat.answer.getByRole('button', { name: /copy/i }).first().click();
    await expectEventually(() => workbench.page.evaluate(() => navigator.clipboard.readText()), 'const answer: number = 42;');
  });
});
