import type { HistoryMessage } from '../../../server/protocol/worker.ts';
import { resolvePath } from '../tools/workspacePath.ts';
import { followLinks } from './foundFile.ts';
import { plainEnds } from './lineEnds.ts';

type EarlierCall = Extract<HistoryMessage, { role: 'assistant' }>['toolCalls'][number];

/** Stands where the middle of a long text was cut out of a frame. */
const cutNote = ' bytes left out of the middle ...]';

/** What the agent read and wrote in the earlier turns of its session, as far as the history tells. */
export class EarlierTurns {
  readonly #calls: readonly EarlierCall[];
  readonly #workspacePath: string;
  #texts: Map<string, string> | undefined;

  constructor(history: readonly HistoryMessage[], workspacePath: string) {
    this.#calls = history.flatMap((message) => (message.role === 'assistant' ? message.toolCalls : []));
    this.#workspacePath = workspacePath;
  }

  /** The whole text of a file as the agent knows it, with `\n` as line ends; undefined when it does not know all of it. */
  async textOf(file: string): Promise<string | undefined> {
    this.#texts ??= await this.#replay();
    return this.#texts.get(file);
  }

  async #replay(): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    for (const call of this.#calls) {
      const given = call.args['path'];
      if (typeof given !== 'string') continue;
      const file = await Promise.resolve()
        .then(() => followLinks(resolvePath({ workspacePath: this.#workspacePath }, given), given))
        .catch(() => undefined);
      if (file === undefined) continue;
      const text = textAfter(call, texts.get(file));
      if (text === undefined) texts.delete(file);
      else texts.set(file, text);
    }
    return texts;
  }
}

/** What the agent knows of a file after a call; `before` is what it knew. */
function textAfter({ tool, args, result }: EarlierCall, before: string | undefined): string | undefined {
  const { content, oldText, newText } = args;
  switch (tool) {
    case 'read_file':
      return wholeText(args, result) ?? before;
    case 'write_file':
      if (!result.startsWith('Wrote ')) return before;
      return typeof content === 'string' && !content.includes(cutNote) ? plainEnds(content) : undefined;
    case 'edit_file':
      if (!result.startsWith('Edited ')) return before;
      return before === undefined || typeof oldText !== 'string' || typeof newText !== 'string' ? undefined : before.replaceAll(plainEnds(oldText), () => plainEnds(newText));
    default:
      return before;
  }
}

/** The text of a result that is all of the file; a note at its end, a cut in its middle or an error say that it is not. */
function wholeText(args: Readonly<Record<string, unknown>>, result: string): string | undefined {
  if (result === '[The file is empty.]') return '';
  const text = result.replace(/\n\[(?:Encoding: |CR(?:LF)? )[^\n]*\]$/, '');
  const isPart = ['offset', 'limit', 'column'].some((name) => args[name] !== undefined) || /\n\[[^\n]*\]$/.test(text);
  return isPart || text.startsWith('Error: ') || text.includes(cutNote) ? undefined : text;
}
