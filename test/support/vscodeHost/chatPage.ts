import type { FrameLocator, Locator, Page } from 'playwright-core';

/** The chat as a person sees it: what stands where, and what the hands do. */
export class ChatPage {
  readonly page: Page;
  readonly frame: FrameLocator;

  constructor(page: Page, frame: FrameLocator) {
    this.page = page;
    this.frame = frame;
  }

  /** The text area. */
  get field(): Locator {
    return this.frame.locator('logos-composer textarea');
  }

  get composer(): Locator {
    return this.frame.locator('logos-composer');
  }

  /** What stands above the text area: locks, the queue, failures. */
  get strips(): Locator {
    return this.frame.locator('#composer-strips');
  }

  get queueRows(): Locator {
    return this.frame.locator('logos-composer .qrow');
  }

  get status(): Locator {
    return this.frame.locator('logos-status');
  }

  get log(): Locator {
    return this.frame.locator('logos-transcript .log');
  }

  get turns(): Locator {
    return this.frame.locator('logos-turn');
  }

  get lastTurn(): Locator {
    return this.turns.last();
  }

  /** The text of the last answer. */
  get answer(): Locator {
    return this.lastTurn.locator('logos-text');
  }

  /** What a person wrote that the gateway has not stored. */
  get pending(): Locator {
    return this.frame.locator('.pendings logos-user');
  }

  get tool(): Locator {
    return this.lastTurn.locator('logos-tool');
  }

  get thinking(): Locator {
    return this.lastTurn.locator('logos-thinking');
  }

  /** A button of the page by its name for screen readers. */
  button(name: string | RegExp): Locator {
    return this.frame.getByRole('button', { name });
  }

  /** Whether the caret is in the composer. */
  hasFocus(): Promise<boolean> {
    return this.field.evaluate((field) => document.hasFocus() && document.activeElement === field);
  }

  /** Puts the caret into the composer and types as a keyboard would. */
  async type(text: string): Promise<void> {
    await this.field.click();
    await this.page.keyboard.insertText(text);
  }

  /** Types a message and presses Enter. */
  async send(text: string): Promise<void> {
    await this.type(text);
    await this.page.keyboard.press('Enter');
  }

  /** Waits until the last turn shows this text in its answer. */
  async waitForAnswer(text: string | RegExp, timeout = 20_000): Promise<void> {
    await this.answer.filter({ hasText: text }).last().waitFor({ timeout });
  }

  /** Waits until nothing runs: Stop has gone. */
  async waitUntilIdle(timeout = 20_000): Promise<void> {
    await this.frame.locator('logos-composer .stop').waitFor({ state: 'detached', timeout });
  }

  /** What people wrote in this session, as it stands on screen. */
  prompts(): Promise<string[]> {
    return this.turns.locator('logos-user .text').allInnerTexts();
  }
}
