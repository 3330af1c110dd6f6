import type { FrameLocator, Locator, Page } from 'playwright-core';
import fs from 'node:fs';
import path from 'node:path';

/** Where a view of ours stands. */
export type Place = 'sideBar' | 'editor';

const screenshotFolder = path.resolve(import.meta.dirname, '../../../artifacts/screenshots');

/** One window of VS Code, as a person sees it. */
export class Workbench {
  readonly page: Page;
  readonly #extensionId: string;

  constructor(page: Page, extensionId: string) {
    this.page = page;
    this.#extensionId = extensionId;
  }

  /** Waits until the window is drawn. */
  async waitUntilReady(): Promise<void> {
    await this.page.locator('.monaco-workbench .activitybar').waitFor({ timeout: 60_000 });
  }

  /** Runs a command by the palette; `label` is the row that must stand first, when it is not the typed text. */
  async runCommand(text: string, label = text): Promise<void> {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input.input');
    await input.waitFor({ state: 'visible' });
    await input.fill(`>${text}`);
    await this.page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: label }).waitFor();
    await this.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** The icon of a view container in the activity bar. */
  activityIcon(title: string): Locator {
    return this.page.locator(`.activitybar a.action-label[aria-label^="${title}"]`);
  }

  /** Opens a view container; a second call leaves it open. */
  async openContainer(title: string): Promise<void> {
    const icon = this.activityIcon(title);
    await icon.waitFor({ timeout: 60_000 });
    const isOpen = (await icon.getAttribute('aria-expanded')) === 'true' || (await icon.locator('..').getAttribute('class'))?.includes('checked') === true;
    if (!isOpen) await icon.click();
  }

  /** The rows of a native tree by their trimmed labels for screen readers. */
  async treeRows(viewTitle: string): Promise<string[]> {
    const rows = this.page.locator(`.pane:has(.pane-header[aria-label^="${viewTitle}"]) [role=treeitem]`);
    const labels = await rows.evaluateAll((elements) => elements.map((element) => element.getAttribute('aria-label') ?? ''));
    return labels.map((label) => label.trim());
  }

  /** The document inside a webview of ours; `index` counts those in the same place. */
  frame(place: Place, index = 0): FrameLocator {
    const ours = `iframe.webview[src*="extensionId=${this.#extensionId}"]`;
    const selector = place === 'sideBar' ? `${ours}[src*="purpose=webviewView"]` : `${ours}:not([src*="purpose=webviewView"])`;
    return this.page.frameLocator(selector).nth(index).frameLocator('#active-frame');
  }

  /** A notification that holds this text. */
  notification(text: string): Locator {
    return this.page.locator('.notifications-toasts .notification-toast').filter({ hasText: text });
  }

  /** Keeps a picture below artifacts/screenshots. */
  async takeScreenshot(name: string): Promise<string> {
    fs.mkdirSync(screenshotFolder, { recursive: true });
    const file = path.join(screenshotFolder, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Reloads the window; `beforeunload` runs, so that the extension host ends at once. */
  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: 'commit' });
    await this.waitUntilReady();
  }

  /** Leaves the page first, which ends the extension host at once; closing alone leaves it for the grace time. */
  async close(): Promise<void> {
    await this.page.goto('about:blank').catch(() => {});
    await this.page.context().close();
  }
}
