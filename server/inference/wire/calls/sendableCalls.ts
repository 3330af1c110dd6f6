import { asObject, parseJson } from '../jsonFields.ts';
import { sendableName } from './toolNames.ts';

interface SentCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

interface SentMessage {
  readonly role: string;
  readonly tool_calls?: readonly SentCall[];
  readonly tool_call_id?: string;
}

/** Ids that servers gave are sent back as they are, within this. */
export const sendableId = /^[a-zA-Z0-9_.:-]{1,64}$/;

/**
 * The messages as every server takes them, whatever a model made up earlier: names of tools of letters, digits, `_` and `-`, ids that are
 * there once each, arguments that are the text of a JSON object, and no result without its call.
 */
export function sendableCalls<Message extends SentMessage>(messages: readonly Message[]): Message[] {
  const used = new Set<string>();
  let given = 0;
  /** The ids that were sent for an id of the last answer, in the order of its calls. */
  let waiting = new Map<string, string[]>();

  function idOf(id: string): string {
    let sent = id;
    // Nine letters and digits are an id for every server.
    while (!sendableId.test(sent) || used.has(sent)) sent = `call${String(++given).padStart(5, '0')}`;
    used.add(sent);
    waiting.set(id, [...(waiting.get(id) ?? []), sent]);
    return sent;
  }

  return messages.flatMap((message) => {
    if (message.role === 'tool') {
      const sent = waiting.get(message.tool_call_id ?? '')?.shift();
      return sent === undefined ? [] : [{ ...message, tool_call_id: sent }];
    }
    if (message.tool_calls === undefined) return [message];
    waiting = new Map();
    return [{ ...message, tool_calls: message.tool_calls.map((call) => ({ ...call, id: idOf(call.id), function: sendableFunction(call.function) })) }];
  });
}

function sendableFunction(called: SentCall['function']): SentCall['function'] {
  return { ...called, name: sendableName(called.name), arguments: asObject(parseJson(called.arguments)) === undefined ? '{}' : called.arguments };
}
