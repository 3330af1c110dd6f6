/** A message of a chat completions request, as far as scripts look at it. */
export interface ChatMessage {
  role: string;
  content?: unknown;
  tool_calls?: { id?: unknown; type?: unknown; function?: { name?: unknown; arguments?: unknown }; [member: string]: unknown }[];
  tool_call_id?: unknown;
  [member: string]: unknown;
}

/** The body of a chat completions request, as far as scripts look at it. */
export interface ChatRequest {
  model?: string;
  messages?: ChatMessage[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  tools?: unknown[];
}

/** A marker in a message, `[[name:rest]]`. */
export interface Marker {
  readonly name: string;
  readonly rest: string;
}

/** The text of a message, whatever shape its content has. */
export function textOf(message: ChatMessage | undefined): string {
  const content = message?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown }) => (typeof part.text === 'string' ? part.text : '')).join('');
}

/** The last message of the person. */
export function lastUserText(request: ChatRequest): string {
  return textOf(request.messages?.findLast((message) => message.role === 'user'));
}

/** The results of tools that came since the person's last message, oldest first. */
export function toolResults(request: ChatRequest): string[] {
  const messages = request.messages ?? [];
  const since = messages.findLastIndex((message) => message.role === 'user');
  return messages
    .slice(since + 1)
    .filter((message) => message.role === 'tool')
    .map(textOf);
}

/** All markers of a text in order. */
export function readMarkers(text: string): Marker[] {
  return [...text.matchAll(/\[\[([a-z][a-z-]*):?([^]*?)\]\](?!\])/g)].map(([, name = '', rest = '']) => ({ name, rest: rest.trim() }));
}

/** The `key=value` words of a marker. */
export function readParams(rest: string): Record<string, string> {
  return Object.fromEntries(rest.split(/\s+/).flatMap((word) => (word.includes('=') ? [[word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]] : [])));
}
