import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { until } from '../support/gateway/processes.ts';
import type { ChatPage } from '../support/vscodeHost/chatPage.ts';
import { LogosHost, type LogosHostOptions, type LogosWindow } from '../support/vscodeHost/logosHost.ts';
import type { WindowOptions } from '../support/vscodeHost/vscodeHost.ts';
import type { Workbench } from '../support/vscodeHost/workbench.ts';

const pictures = path.resolve(import.meta.dirname, '../../artifacts/e2e');

/** What the tests of one file share: one VS Code, one window of it. */
export interface UsedLogos {
  readonly host: LogosHost;
  readonly window: LogosWindow;
  readonly chat: ChatPage;
  readonly workbench: Workbench;
}

/** How it is set up for the file. */
export interface UseOptions extends LogosHostOptions, WindowOptions {
  readonly sideBarWidth?: number;
  /** What the model server is called. */
  readonly modelName?: string;
  /** Leaves the scripted model server out at first. */
  readonly withoutModel?: boolean;
  /** Why nothing can be started here; every test then skips with it. */
  readonly skip?: string | undefined;
}

/** Starts VS Code with Logos before the tests of a file and ends it after them, which asserts that no process is left. A failed test leaves a picture and the logs below artifacts/e2e. */
export function useLogos(options: UseOptions = {}): UsedLogos {
  let host: LogosHost | undefined;
  let window: LogosWindow | undefined;
  const given = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('VS Code has not started');
    return value;
  };

  beforeAll(async () => {
    if (options.skip !== undefined) return;
    host = await LogosHost.start(options);
    window = await host.openWindow({ sideBarWidth: 380, ...options });
    await host.client();
    if (!options.withoutModel) await host.addModel(options.modelName);
  });
  afterEach(async (context) => {
    if (context.task.result?.state !== 'fail' || host === undefined || window === undefined) return;
    const name = context.task.name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80);
    fs.mkdirSync(pictures, { recursive: true });
    await window.workbench.page.screenshot({ path: path.join(pictures, `failed-${name}.png`) }).catch(() => undefined);
    fs.writeFileSync(path.join(pictures, `failed-${name}.log`), `${host.vscode.readLogs()}\n${gatewayLog(host.home)}`);
  });
  afterAll(async () => {
    await host?.stop();
  });

  return {
    get host() {
      return given(host);
    },
    get window() {
      return given(window);
    },
    get chat() {
      return given(window).chat;
    },
    get workbench() {
      return given(window).workbench;
    },
  };
}

/** Shows an empty chat with an agent, by the New Session button of its row, and waits until the caret is in the composer. */
export async function startSession({ workbench, chat }: Pick<UsedLogos, 'workbench' | 'chat'>, agent = 'Coder'): Promise<void> {
  const row = workbench.treeRow('Agents', agent);
  await row.hover();
  await row.getByRole('button', { name: /^New Session/ }).click();
  await workbench.restMouse();
  await chat.status.getByRole('button', { name: new RegExp(`^${agent},`) }).waitFor();
  await chat.status.getByText('New session').waitFor();
  await expectEventually(() => chat.turns.count(), 0);
  await expectEventually(() => chat.hasFocus(), true);
}

/** Polls until the value is the expected one, and says what it was instead. */
export async function expectEventually<T>(read: () => Promise<T> | T, expected: T, deadlineMs = 15_000): Promise<void> {
  let last: T | undefined;
  await until(async () => Object.is((last = await read()), expected) || isSame(last, expected), 'the expected value', deadlineMs).catch(() => undefined);
  expect(last).toEqual(expected);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function gatewayLog(home: string): string {
  const file = path.join(home, 'logs', 'gateway.log');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').slice(-6000) : 'no gateway.log';
}

/** Numbered words as the scripted model server streams them. */
export function words(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `w${from + index}`).join(' ');
}
