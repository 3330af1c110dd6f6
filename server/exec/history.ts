import { keptNames } from '../inference/wire/calls/keptMembers.ts';
import { estimateTokens } from '../inference/wire/estimateTokens.ts';
import type { Part, ToolPart, Turn } from '../protocol/messages.ts';
import { keptOf } from '../protocol/storedKept.ts';
import { messageText } from '../protocol/transcript.ts';
import type { HistoryMessage } from '../protocol/worker.ts';

type AssistantMessage = Extract<HistoryMessage, { role: 'assistant' }>;

/** What the history must share the model's context with. */
export interface HistoryInput {
  /** Ended turns in any order; turns that have not ended are passed over. */
  readonly turns: readonly Turn[];
  readonly contextTokens: number;
  /** Texts that are sent in any case: soul, message, partial answer. */
  readonly fixedTexts: readonly string[];
  /** How many tools the model is offered; each costs about `tokensPerTool`. */
  readonly toolCount: number;
  /** Where the model is reached, by `routeKey`: what another server sent along is left out. */
  readonly route?: string | undefined;
}

/** The newest whole turns that fit, oldest first, and how many older ones were left out. */
export interface TrimmedHistory {
  readonly history: HistoryMessage[];
  readonly leftOutTurns: number;
  /** Estimate of the history alone. */
  readonly tokens: number;
}

/** Stands for the id of a call that another server gave: ids have forms that differ from server to server. */
const foreignId = '';
const tokensPerMessage = 6;
const tokensPerTool = 180;
/** The worker's own sentences beside the soul: date, workspace, rules for tools. */
const tokensOfFacts = 300;
/** A quarter of the context, at most this much, stays free for the answer and for tool results. */
const maxReserveTokens = 8_192;

/** Turns the ended turns of a session into history, dropping the oldest whole turns until the rest fits the context. */
export function trimHistory(input: HistoryInput): TrimmedHistory {
  const ended = input.turns.filter((turn) => turn.state === 'ended').toSorted((a, b) => b.ordinal - a.ordinal);
  const room = roomForHistory(input);
  const kept: HistoryMessage[][] = [];
  let tokens = 0;
  for (const turn of ended) {
    const whole = messagesOfTurn(turn, input.route);
    const messages = tokens + costOf(whole) > room ? whole.map(withoutReasoning) : whole;
    const cost = costOf(messages);
    if (tokens + cost > room) break;
    kept.push(messages);
    tokens += cost;
  }
  return { history: kept.toReversed().flat(), leftOutTurns: ended.length - kept.length, tokens };
}

const costOf = (messages: readonly HistoryMessage[]): number => messages.reduce((sum, message) => sum + estimateMessage(message), 0);

/** What came with an answer is most of it reasoning, and the first to go where room is short. */
function withoutReasoning(message: HistoryMessage): HistoryMessage {
  if (message.role === 'user') return message;
  const { kept: _kept, ...rest } = message;
  return rest;
}

/** Code, JSON and command output take more tokens per byte than prose. */
function estimateDense(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3);
}

function roomForHistory(input: HistoryInput): number {
  const reserve = Math.min(maxReserveTokens, Math.floor(input.contextTokens / 4));
  const fixed = input.fixedTexts.reduce((sum, text) => sum + Math.ceil(estimateTokens(text)) + tokensPerMessage, 0);
  return input.contextTokens - reserve - fixed - input.toolCount * tokensPerTool - tokensOfFacts;
}

function estimateMessage(message: HistoryMessage): number {
  const own = Math.ceil(estimateTokens(message.text)) + tokensPerMessage;
  if (message.role === 'user') return own;
  const kept = (members: object | undefined): number => (members === undefined ? 0 : estimateDense(JSON.stringify(members)));
  return message.toolCalls.reduce((sum, call) => sum + estimateDense(JSON.stringify(call.args)) + estimateDense(call.result) + kept(call.kept) + 4 * tokensPerMessage, own + kept(message.kept));
}

function messagesOfTurn(turn: Turn, route: string | undefined): HistoryMessage[] {
  const attempt = turn.attempts.at(-1);
  const user: HistoryMessage = { role: 'user', text: messageText(turn.message) };
  const answer = answerMessages(answerParts(turn), attempt?.message?.fromReasoning === true, route);
  const note = endNote(attempt?.outcome) ?? (answer.length === 0 ? '[No answer was given.]' : undefined);
  return [user, ...(note === undefined ? answer : withNote(answer, note))];
}

/** The parts of a turn's answer: of its last attempt, behind those of the attempts that it went on from. */
function answerParts(turn: Turn): Part[] {
  const start = turn.attempts.findLastIndex(({ mode }) => mode !== 'resume');
  return turn.attempts.slice(Math.max(0, start)).flatMap(({ message }) => message?.parts ?? []);
}

/** What an answer has come to that a new attempt goes on from: its steps with calls, and the text behind them. */
export function answerSoFar(turn: Turn, route: string | undefined): { steps: AssistantMessage[]; partial: string | undefined } {
  const messages = answerMessages(answerParts(turn), false, route);
  const last = messages.at(-1);
  if (last === undefined || last.toolCalls.length > 0) return { steps: messages, partial: undefined };
  return { steps: messages.slice(0, -1), partial: last.text };
}

/** The names of all members that the server of this history gets back with its messages. */
export function returnedMembers(history: readonly HistoryMessage[]): string[] {
  return [...new Set(history.flatMap((message) => (message.role === 'assistant' ? keptNames(message.kept ?? {}, message.toolCalls.map(({ kept }) => kept ?? {})) : [])))];
}

/** Every turn has an answer, because chat templates refuse two messages of one role in a row; a note says why it is short. */
function withNote(answer: readonly AssistantMessage[], note: string): AssistantMessage[] {
  const last = answer.at(-1);
  if (last === undefined || last.toolCalls.length > 0) return [...answer, { role: 'assistant', text: note, toolCalls: [] }];
  return [...answer.slice(0, -1), { ...last, text: `${last.text}\n${note}` }];
}

function endNote(outcome: Turn['attempts'][number]['outcome']): string | undefined {
  switch (outcome) {
    case 'completed':
      return undefined;
    case 'stopped':
      return '[The person stopped this answer here.]';
    case 'iterations_spent':
      return '[This answer ended because its budget of steps was spent.]';
    case 'failed':
    case 'interrupted':
    case undefined:
      return '[This answer broke off here.]';
  }
}

/**
 * One history message per step of the agent: its text, then the calls that followed it. Thinking is not sent again, but for what the very
 * server of it wants back with its calls.
 */
function answerMessages(parts: readonly Part[], isFromReasoning: boolean, route: string | undefined): AssistantMessage[] {
  const messages: AssistantMessage[] = [];
  const lastTool = parts.findLastIndex((part) => part.kind === 'tool');
  let step: number | undefined;
  let isInStep = false;
  for (const [at, part] of parts.entries()) {
    const last = messages.at(-1);
    if (part.kind === 'tool') {
      const kept = keptOf(part);
      if (last === undefined || (last.toolCalls.length > 0 && (!isInStep || kept?.step !== step))) messages.push({ role: 'assistant', text: '', toolCalls: [] });
      addCall(messages.at(-1), part, route);
      step = kept?.step;
      isInStep = true;
      continue;
    }
    // The next step begins with its thinking, where it has any.
    isInStep = false;
    const spoken = part.kind === 'text' || (isFromReasoning && at > lastTool) ? part.text : '';
    if (last !== undefined && last.toolCalls.length === 0) last.text += spoken;
    else if (spoken.trim() !== '') messages.push({ role: 'assistant', text: spoken, toolCalls: [] });
  }
  return messages;
}

function addCall(message: AssistantMessage | undefined, part: ToolPart, route: string | undefined): void {
  if (message === undefined) return;
  const kept = keptOf(part);
  const isOwn = kept !== undefined && kept.route === route;
  const callId = kept === undefined || isOwn ? part.callId : foreignId;
  if (isOwn && kept.message !== undefined) message.kept = kept.message;
  message.toolCalls.push({ callId, tool: part.tool, args: part.args, result: part.output || part.error || `[${part.state}]`, ...(isOwn && kept.call !== undefined ? { kept: kept.call } : {}) });
}
