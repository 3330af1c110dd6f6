import type { FrameLocator, Locator, Page } from 'playwright-core';
import fs from 'node:fs';
import path from 'node:path';

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
  }

  /** Chooses a colour theme by its label. */
  async chooseTheme(label: string): Promise<void> {
    await this.page.locator('.part.editor').click();
    await this.page.keyboard.press('Control+KeyK');
    await this.page.keyboard.press('Control+KeyT');
    const input = this.page.locator('.quick-input-widget input.input[placeholder*="Theme"]');
    await input.fill(label);
    await this.page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: label }).waitFor();
    await this.page.keyboard.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** Takes the pointer where nothing answers to it. */
  async restMouse(): Promise<void> {
    const box = await this.page.locator('.part.editor').boundingBox();
    await this.page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + 60);
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

  /** The row of a native tree whose label for screen readers begins with this text. */
  treeRow(viewTitle: string, label: string): Locator {
    return this.page.locator(`.pane:has(.pane-header[aria-label^="${viewTitle}"]) [role=treeitem][aria-label^="${label}"]`);
  }

  /** The text of our item in the status bar. */
  get statusItem(): Locator {
    return this.page.locator('.statusbar-item[id$="logos.status"]');
  }

  /** The rows of a native tree by their trimmed labels for screen readers. */
  async treeRows(viewTitle: string): Promise<string[]> {
    const rows = this.page.locator(`.pane:has(.pane-header[aria-label^="${viewTitle}"]) [role=treeitem]`);
    const labels = await rows.evaluateAll((elements) => elements.map((element) => element.getAttribute('aria-label') ?? ''));
    return labels.map((label) => label.trim());
  }

  /** The document inside a webview of ours that is in sight; `index` counts them. One that was hidden and shown again does not say its purpose, so the place cannot be asked for. */
  frame(index = 0, extensionId = this.#extensionId): FrameLocator {
    const ours = this.page.locator(`iframe.webview[src*="extensionId=${extensionId}"]`);
    return ours.filter({ visible: true }).nth(index).contentFrame().frameLocator('#active-frame');
  }

  /** Types into the input that stands on top and takes it; `title` is what that input is called, `placeholder` tells it from others of that title. */
  async answerInput(title: string, text: string, placeholder?: string): Promise<void> {
    await this.page.locator('.quick-input-widget .quick-input-title').filter({ hasText: title }).waitFor();
    const named = placeholder === undefined ? '' : `[placeholder^="${placeholder}"]`;
    const input = this.page.locator(`.quick-input-widget input.input${named}`);
    await input.fill(text);
    await input.press('Enter');
  }

  /** Takes the row of the picker on top that holds this text; `title` is what the picker is called. */
  async chooseRow(title: string, text: string): Promise<void> {
    await this.page.locator('.quick-input-widget .quick-input-title').filter({ hasText: title }).waitFor();
    await this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first().click();
  }

  /** A modal question. */
  get dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  /** A notification that holds this text. */
  notification(text: string): Locator {
    return this.page.locator('.notifications-toasts .notification-toast').filter({ hasText: text });
  }

  /** Drags the edge of the side bar until it is `width` px wide. */
  async setSideBarWidth(width: number): Promise<void> {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (box === null) throw new Error('the side bar is not open');
    const y = box.y + box.height / 2;
    await this.page.mouse.move(box.x + box.width, y);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + width, y, { steps: 4 });
    await this.page.mouse.up();
  }

  /** Drags the edge above a view of the side bar until its header stands at `y`. */
  async setPaneTop(title: string, y: number): Promise<void> {
    const box = await this.page.locator(`.pane-header[aria-label^="${title}"]`).boundingBox();
    if (box === null) throw new Error(`the view ${title} is not open`);
    await this.page.mouse.move(box.x + box.width / 2, box.y);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + box.width / 2, y, { steps: 4 });
    await this.page.mouse.up();
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
