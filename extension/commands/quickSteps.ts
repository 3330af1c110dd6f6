import * as vscode from 'vscode';
import { withoutLinks } from '../trees/labelText.ts';

/** The answer to one step: a value, a wish to go back, or nothing when the person left. */
export type Answer<T> = { readonly value: T } | 'back' | undefined;

/** A row to choose. */
export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** A row that is shown with its reason and cannot be taken; taken all the same, it leads to what mends it, where there is such a thing. */
export type Refused = vscode.QuickPickItem & { readonly value?: never; mend?(): unknown };

/** A line between rows. */
export type Separator = vscode.QuickPickItem & { readonly kind: vscode.QuickPickItemKind.Separator };

/** How a step stands in its row of steps; `step` counts from 1. */
export interface StepFrame {
  readonly title: string;
  readonly step?: number;
  readonly totalSteps?: number;
  readonly placeholder?: string;
}

/** Asks for one line of text; `check` gives a sentence when it will not do. */
export function askText(frame: StepFrame & { readonly value?: string; readonly prompt?: string; check(text: string): string | undefined }): Promise<Answer<string>> {
  const input = vscode.window.createInputBox();
  const check = () => (input.validationMessage = withoutLinks(frame.check(input.value.trim()) ?? ''));
  fillFrame(input, frame);
  input.value = frame.value ?? '';
  if (frame.prompt !== undefined) input.prompt = frame.prompt;
  return answerOf(input, (answer) => [
    input.onDidChangeValue(check),
    input.onDidAccept(() => {
      if (check() === '') answer({ value: input.value.trim() });
    }),
  ]);
}

type Rows<T> = readonly (Choice<T> | Refused | Separator)[];

/** Asks for one of several; what is still loading shows as such, page by page where it comes so, and a list that fails rejects. */
export function pickOne<T>(frame: StepFrame, choices: Rows<T> | Promise<Rows<T>> | AsyncIterable<Rows<T>>): Promise<Answer<T>> {
  const picker = vscode.window.createQuickPick<Rows<T>[number]>();
  fillFrame(picker, frame);
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.busy = true;
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  let isOpen = true;
  picker.keepScrollPosition = true;
  const fill = async (): Promise<void> => {
    for await (const items of pagesOf(choices)) {
      if (!isOpen) return;
      picker.items = [...picker.items, ...items];
    }
    if (isOpen) picker.busy = false;
  };
  fill().catch((error: unknown) => {
    fail(error);
    if (isOpen) picker.hide();
  });
  const answered = answerOf<T>(picker, (answer) => [
    picker.onDidHide(() => (isOpen = false)),
    picker.onDidAccept(() => {
      const [chosen] = picker.selectedItems;
      if (chosen === undefined) return;
      if (isChoice(chosen)) return answer({ value: chosen.value });
      if (!('mend' in chosen)) return;
      answer(undefined);
      chosen.mend?.();
    }),
  ]);
  return Promise.race([failed, answered]);
}

async function* pagesOf<T>(choices: Rows<T> | Promise<Rows<T>> | AsyncIterable<Rows<T>>): AsyncGenerator<Rows<T>> {
  if (Symbol.asyncIterator in choices) yield* choices;
  else yield await choices;
}

/** A line with words between rows. */
export function separator(label: string): Separator {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function fillFrame(input: vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>, frame: StepFrame): void {
  input.title = frame.title;
  input.step = frame.step;
  input.totalSteps = frame.totalSteps;
  input.placeholder = frame.placeholder;
  if (frame.step !== undefined && frame.step > 1) input.buttons = [vscode.QuickInputButtons.Back];
}

function isChoice<T>(row: Rows<T>[number]): row is Choice<T> {
  return 'value' in row;
}

function answerOf<T>(input: vscode.InputBox | vscode.QuickPick<Rows<T>[number]>, listen: (answer: (answer: Answer<T>) => void) => vscode.Disposable[]): Promise<Answer<T>> {
  return new Promise((resolve) => {
    const answer = (given: Answer<T>) => {
      resolve(given);
      input.hide();
    };
    const listeners = [
      ...listen(answer),
      input.onDidTriggerButton((button) => button === vscode.QuickInputButtons.Back && answer('back')),
      input.onDidHide(() => {
        resolve(undefined);
        for (const listener of listeners) listener.dispose();
        input.dispose();
      }),
    ];
    input.show();
  });
}
