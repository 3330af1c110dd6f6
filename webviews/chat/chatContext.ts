import type { HostCommand, HostCommands } from '../shared/relayMessages.ts';

/** What the parts of the transcript may ask for; handed down from the app, so that no part knows the link or the store. */
export interface ChatActions {
  run<C extends HostCommand>(command: C, args: HostCommands[C]): void;
  retry(turnId: string, mode: 'retry' | 'resume'): void;
  startSandbox(): void;
  /** Asks which model the agent of this chat answers with from now on. */
  changeModel(): void;
  /** Asks for the key of the model server that the agent of this chat uses. */
  enterKey(): void;
  /** Goes to an empty chat with the same agent. */
  newSession(): void;
  resend(messageId: string): void;
  removePending(messageId: string): void;
  /** A person opened or folded a step. */
  fold(key: string, isOpen: boolean): void;
}

/** Event by which a deep part asks the host for something; it bubbles to the app. */
export const hostCommandEvent = 'logos-command';

/** The command inside such an event. */
export interface CommandDetail {
  readonly command: HostCommand;
  readonly args: HostCommands[HostCommand];
}

/** Asks the host from a part deep in the transcript. */
export function askHost<C extends HostCommand>(source: EventTarget, command: C, args: HostCommands[C]): void {
  const detail: CommandDetail = { command, args };
  source.dispatchEvent(new CustomEvent(hostCommandEvent, { detail, bubbles: true, composed: true }));
}

/** Event that tells that a person opened or folded a step. */
export const foldEvent = 'logos-fold';

/** The key of the step and what it is now. */
export interface FoldDetail {
  readonly key: string;
  readonly isOpen: boolean;
}

/** Tells the app that a person opened or folded a step. */
export function tellFold(source: EventTarget, detail: FoldDetail): void {
  source.dispatchEvent(new CustomEvent(foldEvent, { detail, bubbles: true }));
}

/** Event by which a deep part asks whether a person opened or folded it. */
export const foldAskedEvent = 'logos-fold-asked';

/** The key of the part; whoever knows writes what it is. */
export interface FoldQuestion {
  readonly key: string;
  isOpen?: boolean | undefined;
}

/** What a person made of a part, opened or folded; undefined when they left it alone. */
export function askFold(source: EventTarget, key: string): boolean | undefined {
  const detail: FoldQuestion = { key };
  source.dispatchEvent(new CustomEvent(foldAskedEvent, { detail, bubbles: true }));
  return detail.isOpen;
}

/** Event by which a link to a file of the agent asks for it. */
export const openFileEvent = 'logos-open-file';

/** A path as the answer names it, and the line, from 1. */
export interface OpenFileDetail {
  readonly path: string;
  readonly line?: number;
}
