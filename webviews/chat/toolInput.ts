import type { ToolPart } from '../../server/protocol/messages.ts';

/** What a tool was given, as a block of code. */
export interface ToolInput {
  readonly text: string;
  /** As a fence would name it, such as `diff`. */
  readonly language: string;
}

/** What a call was given that its row cannot hold: the whole command, the text that is written, the change; of other tools all arguments. */
export function toolInput({ tool, title, args }: Pick<ToolPart, 'tool' | 'title' | 'args'>): ToolInput | undefined {
  switch (tool) {
    case 'run_command':
      return given(args['command'], 'sh');
    case 'write_file':
      return given(args['content'], extensionOf(args['path']));
    case 'edit_file':
      return typeof args['oldText'] === 'string' && typeof args['newText'] === 'string' ? { text: changeText(args['oldText'], args['newText']), language: 'diff' } : undefined;
    case 'read_file':
    case 'search_files':
      return undefined;
    default:
      return saysMore(args, title) ? { text: JSON.stringify(args, undefined, 2), language: 'json' } : undefined;
  }
}

function given(text: unknown, language: string): ToolInput | undefined {
  return typeof text === 'string' && text !== '' ? { text, language } : undefined;
}

function extensionOf(path: unknown): string {
  return (typeof path === 'string' ? /\.([a-z0-9]{1,10})$/i.exec(path)?.[1] : undefined) ?? '';
}

function saysMore(args: ToolPart['args'], title: string): boolean {
  const values = Object.values(args);
  return values.length > 0 && !(values.length === 1 && values[0] === title);
}

/** The lines that go and the lines that come; those that both texts begin or end with stand about them once. */
function changeText(oldText: string, newText: string): string {
  const before = oldText.split('\n');
  const after = newText.split('\n');
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < least - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return [
    ...before.slice(0, head).map((line) => ` ${line}`),
    ...before.slice(head, before.length - tail).map((line) => `-${line}`),
    ...after.slice(head, after.length - tail).map((line) => `+${line}`),
    ...before.slice(before.length - tail).map((line) => ` ${line}`),
  ].join('\n');
}
