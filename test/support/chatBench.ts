import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Scene } from './chatScenes.ts';
import { WebviewBench, findChromium, type WebviewPage } from './webviewPage.ts';

type OpenOptions = Omit<Parameters<WebviewBench['open']>[0], 'host'>;

/** The chat of one test file, in one browser. */
export interface ChatBench {
  /** Size of the chat's bundle, minified, in bytes. */
  scriptBytes(): number;
  /** Opens a page whose gateway is the scene's. It is closed before the next test. */
  readonly open: (scene: Scene, options?: OpenOptions) => Promise<WebviewPage>;
  /** The same, once the composer is there. */
  readonly openComposer: (scene: Scene, options?: OpenOptions) => Promise<WebviewPage & { readonly field: Locator }>;
}

/** Starts a browser for the tests of a file, or skips them with the reason where there is none. */
export function useChatBench(): ChatBench {
  const chromium = findChromium();
  const opened: WebviewPage[] = [];
  let bench: WebviewBench;

  beforeAll(async () => {
    if (chromium !== undefined) bench = await WebviewBench.start(chromium);
  });
  afterAll(() => bench?.stop());
  beforeEach(async (context) => {
    if (chromium === undefined) context.skip('no Chromium: apt-get install -y --no-install-recommends chromium');
    for (const { page } of opened.splice(0)) await page.context().close();
  });

  async function open(scene: Scene, options: OpenOptions = {}): Promise<WebviewPage> {
    const view = await bench.open({ ...options, host: scene.host });
    opened.push(view);
    return view;
  }

  return {
    scriptBytes: () => bench.scriptBytes,
    open,
    openComposer: async (scene, options) => {
      const view = await open(scene, options);
      const field = view.page.locator('.composer textarea');
      await field.waitFor();
      return { ...view, field };
    },
  };
}
