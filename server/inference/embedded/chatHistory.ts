import { asList, asObject, asObjects, asText } from '../wire/jsonFields.ts';

/** One item of a conversation as the runtime wants it. */
export type ChatHistoryItem = { type: 'system'; text: string } | { type: 'user'; text: string } | { type: 'model'; response: string[] };

/** Turns the messages of a request into the runtime's history, which ends with the answer to be made. What a tool said is told as the person's words, because this model knows no tools. */
export function toHistory(messages: unknown): ChatHistoryItem[] {
  const items: ChatHistoryItem[] = [];
  for (const message of asObjects(messages)) {
    const text = textOf(message['content']);
    const role = message['role'];
    if (role === 'assistant') items.push({ type: 'model', response: [text] });
    else if (role === 'system' || role === 'developer') items.push({ type: 'system', text });
    else if (text !== '') items.push({ type: 'user', text });
  }
  if (items.at(-1)?.type !== 'model') items.push({ type: 'model', response: [''] });
  return items;
}

/** The text of a history, for counting its tokens. */
export function historyText(history: readonly ChatHistoryItem[]): string {
  return history.map((item) => (item.type === 'model' ? item.response.join('') : item.text)).join('\n');
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return asList(content)
    .map((part) => asText(asObject(part)?.['text']) ?? '')
    .join('');
}
