import type { Message, Part, ToolPart, Turn } from './messages.ts';
import { keptOf } from './storedKept.ts';
import type { SessionEvent, SessionSnapshot } from './sessions.ts';

/** A stored event with its place and time. */
export interface PlacedEvent {
  readonly seq: number;
  readonly at: number;
  readonly turnId?: string | undefined;
  readonly event: SessionEvent;
}

/**
 * Folds one event into a snapshot and gives the next one; whatever did not change keeps its identity, so a view can compare by reference.
 * An event at or before `seq` changes nothing. Pure and without dependencies: the gateway and the views share it.
 */
export function applyEvent(view: SessionSnapshot, placed: PlacedEvent): SessionSnapshot {
  if (placed.seq <= view.seq) return view;
  return { ...applyContent(view, placed), seq: placed.seq };
}

function applyContent(view: SessionSnapshot, { event, turnId, at }: PlacedEvent): SessionSnapshot {
  switch (event.kind) {
    case 'session.changed':
      return { ...view, session: event.session };
    case 'turn.queued':
      return { ...view, queue: [...view.queue.filter((turn) => turn.id !== event.turn.id), event.turn] };
    case 'turn.edited':
      return { ...view, queue: view.queue.map((turn) => (turn.message.id === event.message.id ? { ...turn, message: event.message } : turn)) };
    case 'message.removed':
      return { ...view, queue: view.queue.filter((turn) => turn.message.id !== event.messageId) };
    case 'turn.started':
      return startTurn(view, turnId, event, at);
    default:
      return turnId === undefined ? view : mapTurn(view, turnId, (turn) => applyToTurn(turn, event, at));
  }
}

function mapTurn(view: SessionSnapshot, turnId: string, change: (turn: Turn) => Turn): SessionSnapshot {
  const index = view.turns.findLastIndex((turn) => turn.id === turnId);
  const turn = view.turns[index];
  if (turn === undefined) return view;
  const turns = view.turns.slice();
  turns[index] = change(turn);
  return { ...view, turns };
}

function startTurn(view: SessionSnapshot, turnId: string | undefined, event: Extract<SessionEvent, { kind: 'turn.started' }>, at: number): SessionSnapshot {
  const start = (turn: Turn): Turn => {
    // What the attempt before told about itself says nothing about this one.
    const { isStopping: _stopping, retryAt: _retryAt, phaseText: _phaseText, notices: _notices, ...rest } = turn;
    const message: Message = { id: event.messageId, role: 'assistant', parts: [], origin: { kind: 'agent', name: '' }, createdAt: at };
    const attempt = { number: event.attempt, mode: event.mode, startedAt: at, message, ...(event.runId === undefined ? {} : { runId: event.runId }) };
    return { ...rest, state: 'running', phase: 'sandbox', phaseAt: at, attempts: [...turn.attempts.filter((a) => a.number < event.attempt), attempt] };
  };
  const queued = view.queue.find((turn) => turn.id === turnId);
  if (queued === undefined) return turnId === undefined ? view : mapTurn(view, turnId, start);
  return { ...view, queue: view.queue.filter((turn) => turn !== queued), turns: [...view.turns, start(queued)] };
}

function applyToTurn(turn: Turn, event: SessionEvent, at: number): Turn {
  switch (event.kind) {
    case 'turn.status': {
      const { phaseText: _text, retryAt: _retryAt, ...rest } = turn;
      return {
        ...rest,
        phase: event.phase,
        ...(event.phase === turn.phase ? {} : { phaseAt: at }),
        ...(event.text === undefined ? {} : { phaseText: event.text }),
        ...(event.retryAt === undefined ? {} : { retryAt: event.retryAt }),
        ...(event.isStopping ? { isStopping: true } : {}),
        ...(event.notice === undefined ? {} : { notices: [...(turn.notices ?? []), event.notice] }),
      };
    }
    case 'usage':
      return mapAttempt(turn, (attempt) => ({ ...attempt, usage: event.usage }));
    case 'message.completed':
      return mapAttempt(turn, (attempt) => ({ ...attempt, message: event.message }));
    case 'turn.ended': {
      const { phase: _phase, phaseAt: _phaseAt, phaseText: _text, isStopping: _stopping, retryAt: _retryAt, ...rest } = turn;
      const ended = { ...rest, state: 'ended' as const };
      return mapAttempt(ended, (attempt) => ({ ...attempt, endedAt: at, outcome: event.outcome, ...(event.error === undefined ? {} : { error: event.error }) }));
    }
    default:
      return mapAttempt(turn, (attempt) => (attempt.message === undefined ? attempt : { ...attempt, message: applyToMessage(attempt.message, event, at) }));
  }
}

function mapAttempt(turn: Turn, change: (attempt: Turn['attempts'][number]) => Turn['attempts'][number]): Turn {
  const last = turn.attempts.at(-1);
  return last === undefined ? turn : { ...turn, attempts: [...turn.attempts.slice(0, -1), change(last)] };
}

/** The text of a message: its text parts, joined; neither thinking nor tools. */
export function messageText(message: Pick<Message, 'parts'>): string {
  return message.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

/** Folds a delta or tool event into the assistant message that it belongs to. */
export function applyToMessage(message: Message, event: SessionEvent, at: number): Message {
  switch (event.kind) {
    case 'part.delta':
      return withParts(message, appendDelta(message.parts, event, at));
    case 'tool.started': {
      const part: ToolPart = {
        kind: 'tool',
        partId: event.partId,
        callId: event.callId,
        ...(event.parentCallId === undefined ? {} : { parentCallId: event.parentCallId }),
        tool: event.tool,
        title: event.title,
        args: event.args,
        state: 'running',
        output: '',
        startedAt: at,
        ...(keptOf(event) === undefined ? {} : { kept: keptOf(event) }),
      };
      return withParts(message, [...closeThinking(message.parts, at), part]);
    }
    case 'tool.output':
      return withParts(message, mapPart(message.parts, event.partId, (part) => (part.kind === 'tool' ? { ...part, output: part.output.slice(0, event.offset) + event.text } : part)));
    case 'tool.ended': {
      const { kind: _kind, messageId: _messageId, partId, ...facts } = event;
      return withParts(message, mapPart(message.parts, partId, (part) => (part.kind === 'tool' ? { ...part, ...facts } : part)));
    }
    default:
      return message;
  }
}

const withParts = (message: Message, parts: Part[]): Message => ({ ...message, parts });

function mapPart(parts: readonly Part[], partId: string, change: (part: Part) => Part): Part[] {
  return parts.map((part) => (part.partId === partId ? change(part) : part));
}

function appendDelta(parts: readonly Part[], event: Extract<SessionEvent, { kind: 'part.delta' }>, at: number): Part[] {
  const last = parts.at(-1);
  if (last?.partId === event.partId && last.kind === event.part) {
    return [...parts.slice(0, -1), { ...last, text: last.text.slice(0, event.offset) + event.text }];
  }
  const fresh: Part = event.part === 'text' ? { kind: 'text', partId: event.partId, text: event.text } : { kind: 'thinking', partId: event.partId, text: event.text, startedAt: at };
  return [...closeThinking(parts, at), fresh];
}

/** Thinking is over when anything follows it; its duration is known from then on. */
function closeThinking(parts: readonly Part[], at: number): Part[] {
  const last = parts.at(-1);
  if (last?.kind !== 'thinking' || last.durationMs !== undefined) return [...parts];
  return [...parts.slice(0, -1), { ...last, durationMs: Math.max(0, at - last.startedAt) }];
}
