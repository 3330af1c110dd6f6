import type { ChatStreamEvent } from '../../../server/inference/wire/chatStreamEvent.ts';
import { settleArguments } from '../../../server/inference/wire/calls/toolArguments.ts';
import type { Row } from './rows/row.ts';

/** What a reader made of a stream, in the form of a row's expectation. */
export type Observed = Row['expect'];

/** Folds the events of one stream into the form of an expectation. */
export function observe(events: readonly ChatStreamEvent[]): Observed {
  const tools: { id?: string; name: string; args: string }[] = [];
  const pieces: string[][] = [];
  let text = '';
  let thinking = '';
  let rest: Observed = {};
  for (const event of events) {
    if (event.kind === 'text') text += event.text;
    if (event.kind === 'thinking') thinking += event.text;
    if (event.kind === 'tool') {
      const tool = (tools[event.index] ??= { name: '', args: '' });
      if (event.id !== undefined) tool.id = event.id;
      tool.name += event.name ?? '';
      tool.args = settleArguments((pieces[event.index] ??= []).concat(event.args));
      pieces[event.index]?.push(event.args);
    }
    if (event.kind === 'usage') rest = { ...rest, usage: event.usage };
    if (event.kind === 'finish') rest = { ...rest, finish: event.finish, ...(event.isThinkingOnly ? { isThinkingOnly: true } : {}) };
    if (event.kind === 'error') rest = { ...rest, error: { class: event.error.class, cause: event.error.cause } };
  }
  return { ...(text === '' ? {} : { text }), ...(thinking === '' ? {} : { thinking }), ...(tools.length === 0 ? {} : { tools }), ...rest };
}
