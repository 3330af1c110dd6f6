import { expect, it, vi } from 'vitest';
import type { Log } from '../../extension/log.ts';
import { Messages } from '../../extension/messages.ts';

const shown = vi.hoisted(() => [] as string[]);
vi.mock('vscode', () => {
  const show = (text: string): Promise<undefined> => {
    shown.push(text);
    return Promise.resolve(undefined);
  };
  return { window: { showErrorMessage: show, showWarningMessage: show, showInformationMessage: show } };
});

/** What the workbench makes a link of in a toast; one to a command runs it. */
const workbenchLink = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)/i;

it('no name of a file and no sentence of a model server makes a link in a toast, which could run any command', () => {
  const log = { warn: vi.fn(), error: vi.fn(), show: vi.fn() } as unknown as Log;
  const messages = new Messages(log);
  const hostile = '[Fix it](command:workbench.action.quit)';
  messages.needed(`There is no file ${hostile}.`);
  messages.answered(`It said ${hostile}`);
  messages.noted(hostile);
  messages.gatewayStopped(hostile, () => undefined);
  messages.failed('It failed:', new Error(`[[${hostile}](https://example.org)`));
  expect(shown.length).toBeGreaterThan(3);
  expect(shown.filter((text) => workbenchLink.test(text))).toEqual([]);
});
