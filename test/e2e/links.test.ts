import { describe, expect, it } from 'vitest';
import { expectEventually, startSession, useLogos } from './useLogos.ts';

const addresses = [
  'https://files.example/o/photos%2Fa.jpg?alt=media',
  'https://files.example/login?back=http%3A%2F%2Fx.example%3Fa%3D1%26b%3D2&state=c%2Bd%3D',
  'https://files.example/find?q=F%23%20code#L10-L20',
  'https://files.example/p?rate=50%25&raw=%252F',
  `https://files.example/new?body=${'word%20'.repeat(350)}`,
];

describe('A link of an answer', () => {
  const logos = useLogos();

  it('opens the address as the model wrote it, after the question of VS Code', async () => {
    const { chat, host, workbench } = logos;
    await host.model.post('links', { steps: [{ text: addresses.map((address, at) => `[link ${at}](${address})`).join('\n\n'), tokensPerSecond: 500 }, { finish: 'stop' }, { done: true }] });
    await workbench.page.evaluate(() => {
      const opened: string[] = [];
      Object.assign(globalThis, { opened, open: (address: string) => (opened.push(address), {}) });
    });
    await startSession(logos);
    await chat.send('[[scenario:links]]');
    await chat.waitForAnswer(`link ${addresses.length - 1}`);
    await chat.waitUntilIdle();
    for (const at of addresses.keys()) {
      await chat.answer.getByRole('link', { name: `link ${at}` }).click();
      await workbench.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Open', exact: true }).click();
    }
    await expectEventually(() => workbench.page.evaluate(() => (globalThis as unknown as { opened: string[] }).opened), addresses);
  });

  it('to a file of the agent opens that file at its line, and says when there is none', async () => {
    const { chat, workbench } = logos;
    await startSession(logos);
    await chat.send('[[tool:run_command {"command":"mkdir -p src; printf \'one\\\\ntwo\\\\nthree\\\\n\' > src/lines.txt"}]] [[say:See [the file](src/lines.txt#L3) and [another](src/none.txt).]]');
    await chat.waitForAnswer('See the file and another.');
    await chat.waitUntilIdle();
    await chat.answer.getByRole('link', { name: 'another' }).click();
    await workbench.page.locator('.notification-toast').getByText('Coder has no file src/none.txt that can be opened from here.').waitFor();
    await chat.answer.getByRole('link', { name: 'the file' }).click();
    await workbench.page.getByRole('tab', { name: /lines\.txt/ }).waitFor();
    await workbench.page.getByText('Ln 3, Col 1').waitFor();
    expect(await workbench.page.locator('.view-lines').first().innerText()).toContain('three');
  });
});
