import * as vscode from 'vscode';
import { withoutLinks } from './trees/labelText.ts';
import { asGatewayError, isRefusal } from './server/gatewayError.ts';
import type { Log } from './log.ts';

/** A button of a message and what it does. */
export interface MessageAction {
  readonly title: string;
  run(): unknown;
}

/**
 * The only place that opens toasts and modal questions. A toast comes only when a person must act, never twice the same, never for
 * success that shows elsewhere, and never by itself beside another; a modal question comes only before something is lost.
 */
export class Messages {
  readonly #log: Log;
  /** The texts that stand there, until they are answered or closed. */
  readonly #open = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Says that what a person asked for by hand failed: the cause, the next step, and one action beside the log. */
  failed(what: string, thrown: unknown, action?: MessageAction): void {
    const { info } = asGatewayError(thrown);
    if (isRefusal(thrown)) this.#log.warn(`${what} ${info.message} ${info.hint}`);
    else this.#log.error(what, thrown);
    void this.#toast('error', `${what} ${info.message} ${info.hint}`, [...(action === undefined ? [] : [action]), this.#showLog()]);
  }

  /** Says that the gateway does not stay up, and that a person must act. */
  gatewayStopped(cause: string, restart: () => unknown): void {
    if (this.#open.size > 0) return this.#log.warn(`Not shown, because another message is open: ${cause}`);
    void this.#toast('error', cause, [{ title: 'Start Gateway', run: restart }, this.#showLog()]);
  }

  /** Answers what a person asked for by hand, where nothing on screen would show it. */
  answered(sentence: string, actions: readonly MessageAction[] = []): void {
    void this.#toast('info', sentence, actions);
  }

  /** Says what a person must know before what they asked for can be done. */
  needed(sentence: string, actions: readonly MessageAction[] = []): void {
    void this.#toast('warn', sentence, actions);
  }

  /** Says what happened to what is kept, though nobody asked: a person would look for it in vain. */
  noted(sentence: string): void {
    this.#log.warn(sentence);
    void this.#toast('warn', sentence, [this.#showLog()]);
  }

  /** Asks before something is lost; resolves to whether the person agreed. VS Code puts the keyboard on the first button: with `keep` that is one which loses nothing. */
  async confirm(question: string, detail: string, agree: string, keep?: string): Promise<boolean> {
    const buttons = keep === undefined ? [agree] : [keep, agree];
    return (await vscode.window.showWarningMessage(question, { modal: true, detail }, ...buttons)) === agree;
  }

  async #toast(level: 'error' | 'warn' | 'info', text: string, actions: readonly MessageAction[]): Promise<void> {
    if (this.#open.has(text)) return;
    this.#open.add(text);
    const show = { error: vscode.window.showErrorMessage, warn: vscode.window.showWarningMessage, info: vscode.window.showInformationMessage }[level];
    try {
      const chosen = await show(withoutLinks(text), ...actions.map(({ title }) => title));
      await actions.find(({ title }) => title === chosen)?.run();
    } catch (error) {
      this.#log.error('An action of a message failed.', error);
    } finally {
      this.#open.delete(text);
    }
  }

  #showLog(): MessageAction {
    return { title: 'Show Log', run: () => this.#log.show() };
  }
}
