import { createChatStreamReader } from '../../../server/inference/wire/chatStream.ts';
import type { ChatStreamEvent } from '../../../server/inference/wire/chatStreamEvent.ts';
import { classifyModelError } from '../../../server/inference/wire/classifyModelError.ts';
import { readRetryAfter } from '../../../server/inference/wire/retryAfter.ts';
import type { HttpClient } from '../../../server/net/http.ts';

/** Where and how a test asks for a chat completion, as a worker would. */
export interface Ask {
  readonly http: HttpClient;
  readonly baseUrl: string;
  readonly socketPath?: string;
  readonly message: string;
  readonly think?: 'auto' | 'prefilled';
  readonly signal?: AbortSignal;
  readonly more?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  /** Sees events as they come. */
  readonly onEvents?: (events: readonly ChatStreamEvent[]) => void;
}

/** Asks and gives all events of the answer; an answer with an error status is one error event. */
export async function askModel({ http, baseUrl, socketPath, message, think, signal, more, headers, onEvents }: Ask): Promise<ChatStreamEvent[]> {
  const response = await http.request({
    method: 'POST',
    url: `${baseUrl}/chat/completions`,
    ...(socketPath === undefined ? {} : { socketPath }),
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: message }], stream: true, ...more }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status >= 300) {
    const body = await response.body.toArray().then((pieces: Buffer[]) => Buffer.concat(pieces).toString());
    return [{ kind: 'error', error: classifyModelError({ status: response.status, body, retryAfterMs: readRetryAfter(response.headers, Date.now()) }) }];
  }
  const reader = createChatStreamReader({ think, contentType: response.headers['content-type'] });
  const events: ChatStreamEvent[] = [];
  const take = (found: ChatStreamEvent[]): void => {
    events.push(...found);
    if (found.length > 0) onEvents?.(found);
  };
  try {
    for await (const chunk of response.body) {
      take(reader.push(chunk as Buffer));
      if (reader.isDone) break;
    }
    take(reader.end());
  } catch {
    take(reader.abort());
  }
  return events;
}
