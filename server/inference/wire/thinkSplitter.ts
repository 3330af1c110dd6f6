import { createLateThinking, type SplitPiece } from './lateThinking.ts';

/** Takes reasoning that a model writes inline between `<think>` tags out of its content. */
export interface ThinkSplitter {
  push(text: string): SplitPiece[];
  /** The server has a field of its own for reasoning: everything from here on is text; gives what was held back. */
  disable(): SplitPiece[];
  /** Gives what was held back, at the end of the stream. */
  end(): SplitPiece[];
}

/** Tags around reasoning, as families of models write them. */
export const thinkTags: readonly (readonly [open: string, close: string])[] = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['<seed:think>', '</seed:think>'],
  ['[THINK]', '[/THINK]'],
  ['◁think▷', '◁/think▷'],
  ['<|channel>thought', '<channel|>'],
  ['<|channel|>analysis<|message|>', '<|end|>'],
];

/** What gpt-oss writes in front of what is meant for the reader. */
const answerHeads = ['final', 'commentary'].flatMap((channel) => ['', '<|start|>assistant'].map((start) => `${start}<|channel|>${channel}<|message|>`));

/** A tag that comes behind more white space than this is text. */
const maxLeadingLength = 4096;

type State = 'start' | 'thinking' | 'after' | 'text' | 'plain';

/**
 * Makes a splitter. A tag counts at the start of the message, right behind other reasoning, or where LateThinking takes it, because an answer may talk about tags;
 * `isPrefilled` starts inside the reasoning, for chat templates that write the opening tag themselves. What may be the beginning of a tag
 * is held back.
 */
export function createThinkSplitter(isPrefilled: boolean): ThinkSplitter {
  const late = createLateThinking();
  let state: State = 'start';
  let isInside = isPrefilled;
  let held = '';
  let closeTag = '</think>';

  /** Takes one step through `held`; false when more input is needed. */
  function step(pieces: SplitPiece[]): boolean {
    if (state === 'start') return stepStart();
    if (state === 'thinking') return stepThinking(pieces);
    if (state === 'after') return stepAfter();
    if (held !== '') pieces.push(...(state === 'plain' ? [{ kind: 'text' as const, text: held }] : late.push(held)));
    held = '';
    return false;
  }

  function stepStart(): boolean {
    const trimmed = held.trimStart();
    const found = readOpening(trimmed);
    if (found === 'part' && held.length <= maxLeadingLength) return false;
    if (typeof found === 'object') return open(found, trimmed);
    state = isInside ? 'thinking' : 'text';
    return true;
  }

  function open({ length, close }: Opening, text: string): boolean {
    held = text.slice(length);
    closeTag = close ?? closeTag;
    state = close === undefined ? 'text' : 'thinking';
    return true;
  }

  function stepThinking(pieces: SplitPiece[]): boolean {
    const end = held.indexOf(closeTag);
    const safe = end === -1 ? held.length - heldBack(held, closeTag) : end;
    if (safe > 0) pieces.push({ kind: 'thinking', text: held.slice(0, safe) });
    held = held.slice(end === -1 ? safe : end + closeTag.length);
    if (end === -1) return false;
    state = 'after';
    return true;
  }

  /** The blank lines between the reasoning and the answer belong to neither, nor does the closing tag once more. */
  function stepAfter(): boolean {
    held = held.trimStart();
    if (held.startsWith(closeTag)) {
      held = held.slice(closeTag.length);
      return true;
    }
    if (closeTag.startsWith(held)) return false;
    const found = readOpening(held);
    if (found === 'part') return false;
    if (found !== undefined) return open(found, held);
    state = 'text';
    return true;
  }

  function flush(): SplitPiece[] {
    const kind = state === 'thinking' || (state === 'start' && isInside && held.trim() !== '') ? 'thinking' : 'text';
    const pieces: SplitPiece[] = held === '' ? late.end() : [{ kind, text: held }];
    held = '';
    return pieces;
  }

  return {
    push(text) {
      held += text;
      const pieces: SplitPiece[] = [];
      while (step(pieces));
      return pieces;
    },
    disable() {
      isInside = false;
      const pieces = flush();
      state = 'plain';
      return pieces;
    },
    end: flush,
  };
}

/** What a text begins with: a tag, with what closes it, or the head of an answer. */
interface Opening {
  readonly length: number;
  readonly close?: string;
}

/** `part`: more of the text is needed to tell. */
function readOpening(text: string): Opening | 'part' | undefined {
  const tag = thinkTags.find(([open]) => text.startsWith(open));
  if (tag !== undefined) return { length: tag[0].length, close: tag[1] };
  const head = answerHeads.find((each) => text.startsWith(each));
  if (head !== undefined) return { length: head.length };
  return thinkTags.some(([open]) => open.startsWith(text)) || answerHeads.some((each) => each.startsWith(text)) ? 'part' : undefined;
}

/** How many characters at the end may be the beginning of the closing tag. */
function heldBack(text: string, closeTag: string): number {
  for (let length = Math.min(closeTag.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(closeTag.slice(0, length))) return length;
  }
  return 0;
}
