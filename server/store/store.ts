import type { Agent, ModelChoice } from '../protocol/agents.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { Message, Origin, Turn, TurnOutcome, Usage } from '../protocol/messages.ts';
import type { ServerKind } from '../protocol/models.ts';
import type { Run, Stamp } from '../protocol/runs.ts';
import type { Session, SessionEvent, SessionSnapshot } from '../protocol/sessions.ts';
import type { PlacedEvent } from '../protocol/transcript.ts';

/** One page of a list; the cursor is opaque. */
export interface PageRequest {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Some items of a list; without `nextCursor` nothing follows them. */
export interface PageOf<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

/** An agent as stored: what was chosen, and how many sessions it has. */
export type AgentRecord = Pick<Agent, 'id' | 'name' | 'tools' | 'runtime' | 'revision' | 'createdAt' | 'sessionCount' | 'deletedSessionCount'> & { soul: string; model: ModelChoice; policy: string };

/** An agent that is to be stored. */
export type NewAgent = Omit<AgentRecord, 'revision' | 'sessionCount' | 'deletedSessionCount'>;

/** Agents and sessions that were deleted for good and still hold something. */
export interface Unerased {
  readonly sessionIds: readonly string[];
  readonly agentIds: readonly string[];
}

/** A model server that the user added; its key lives elsewhere. */
export interface ServerRecord {
  readonly id: string;
  readonly name: string;
  readonly kind: ServerKind;
  readonly baseUrl: string;
  readonly addedAt: number;
}

/** What an append stored, to be published: events with their places, in order. */
export interface Stored {
  readonly sessionId: string;
  readonly events: readonly PlacedEvent[];
}

/** A message that was accepted, or the same one said again. */
export interface AcceptedMessage extends Stored {
  readonly turnId: string;
  readonly seq: number;
  readonly isNew: boolean;
}

/** A turn that is about to run, with what its task needs. */
export interface TurnToRun {
  readonly turn: Turn;
  readonly agentId: string;
  readonly sessionId: string;
}

/**
 * The only way to the database. Every call runs on the store's own threads: writes on one writer with group commit, reads on a reader.
 * Each write is one transaction; what it returns was committed, with `synchronous=FULL` where the comment says durable.
 * Ends with the store classes of error: `storage_full`, `storage_locked`, `storage_corrupt`; with `not_found` and `conflict` where said.
 */
export interface Store {
  // ---- messages and turns
  /** Durable. Stores a person's message and its queued turn (event `turn.queued`); the same id and text again gives the first answer; other text is `conflict`; a removed id too. The first message of a session without title names it (event `session.changed`). */
  acceptMessage(input: { principal: string; sessionId: string; messageId: string; turnId: string; text: string; origin: Origin; at: number }): Promise<AcceptedMessage>;
  /** Changes a queued message (event `turn.edited`); `conflict` when it has started, `not_found` when there is none. */
  editQueued(input: { sessionId: string; messageId: string; text: string; at: number }): Promise<Stored>;
  /** Removes a queued message (event `message.removed`), its id stays as a tombstone; removing twice is once; `conflict` when it has started. */
  removeQueued(input: { sessionId: string; messageId: string; at: number }): Promise<Stored>;
  /** Holds or releases a session's queue (event `session.changed`). */
  holdQueue(input: { sessionId: string; isHeld: boolean; at: number }): Promise<Stored>;
  /** Durable. Registers a retry of the last turn of a session: the same retryId again gives the same attempt; `conflict` while a turn of the session runs, or for a turn that is not the last ended one. Releases the queue hold. The turn becomes the next to run. */
  retryTurn(input: { principal: string; sessionId: string; turnId: string; retryId: string; mode: 'retry' | 'resume'; at: number }): Promise<Stored & { attempt: number; seq: number; isNew: boolean }>;
  /** The next turn that may run in a session: a registered retry first, else the head of the queue unless held; undefined when one is running or none waits. `mode` and `attempt` say what to start. */
  nextTurn(sessionId: string): Promise<(TurnToRun & { attempt: number; mode: 'first' | 'retry' | 'resume' }) | undefined>;
  /** Stores the run with its frozen STAMP (when there is one: a turn can fail before) and the attempt (events `turn.started`, `session.changed`); the turn is `running` from here on. */
  startAttempt(input: { turnId: string; attempt: number; mode: 'first' | 'retry' | 'resume'; messageId: string; runId: string; at: number }): Promise<Stored>;
  /** Stores the frozen STAMP of a started run. */
  freezeRun(input: { runId: string; turnId: string; attempt: number; stamp: Stamp; at: number }): Promise<void>;
  /** Appends events of a running turn in order. This is the path of every delta: keep it cheap. */
  appendEvents(input: { sessionId: string; turnId: string; events: readonly SessionEvent[]; at: number }): Promise<Stored>;
  /** Durable. Ends an attempt: stores the final assistant message, folds (deletes) its delta and tool events, appends `usage`, `message.completed`, `turn.ended`, `session.changed`; holds the queue after `stopped` and `failed`. */
  endAttempt(input: { turnId: string; attempt: number; outcome: TurnOutcome; error?: ErrorInfo; message: Message; usage?: Usage; exitReason?: string; at: number }): Promise<Stored>;
  /** At start: ends every running attempt as `interrupted` with the message folded from its stored events, as `endAttempt` does; one that no worker had taken yet, and that nobody stopped, becomes the next to run. */
  interruptRunning(input: { error: ErrorInfo; at: number }): Promise<Stored[]>;
  /** Sessions that have a turn to run (queue not held, or a registered retry), for the gateway's start. */
  sessionsWithWork(): Promise<string[]>;
  /** Turns of a session that ended before this one, newest first, at most `limit`, to build a task's history. */
  turnsForHistory(input: { sessionId: string; beforeOrdinal: number; limit: number }): Promise<Turn[]>;

  // ---- sessions
  createSession(input: { principal: string; sessionId: string; agentId: string; title: string | undefined; at: number }): Promise<{ session: Session; isNew: boolean }>;
  getSession(sessionId: string): Promise<Session | undefined>;
  listSessions(input: PageRequest & { agentId?: string | undefined; includeDeleted?: boolean | undefined; onlyDeleted?: boolean | undefined }): Promise<PageOf<Session>>;
  /** Event `session.changed`; a stale revision is `conflict` with the present session in details. */
  renameSession(input: { sessionId: string; title: string; revision?: number | undefined; at: number }): Promise<Stored & { session: Session }>;
  /** Takes a session out of the lists (event `session.changed`), all of it kept. */
  deleteSession(input: { sessionId: string; at: number }): Promise<Stored>;
  /** Brings a deleted session back (event `session.changed`), its queue held; `conflict` when its agent was deleted. */
  restoreSession(input: { sessionId: string; at: number }): Promise<Stored & { session: Session }>;
  /** One consistent read: session, the last `limit` turns (running one folded from its events), queue, seq. */
  snapshot(input: { sessionId: string; limit: number }): Promise<SessionSnapshot>;
  turnsBefore(input: { sessionId: string; before: number | undefined; limit: number }): Promise<{ turns: Turn[]; hasOlderTurns: boolean }>;
  /** Events after a seq, oldest first, at most `limit`; undefined when `after` is not a seq that the session ever had. */
  eventsAfter(input: { sessionId: string; after: number; limit: number }): Promise<PlacedEvent[] | undefined>;

  // ---- erasing, in this order: begin, pieces until done, copy and truncate the log, finish. What a dead gateway began is in `listUnerased`.
  /** Durable. Marks a session, or all of an agent: nobody finds it any more, its title is gone (event `session.changed`). Gives all that are marked; twice is once; `conflict` while a turn of it runs. */
  beginErase(input: { sessionId?: string; agentId?: string; at: number }): Promise<{ stored: Stored[]; sessionIds: string[] }>;
  /** Erases one piece of a marked session, small enough that other writes go on between two: events, messages, runs, frozen STAMPs that no other run has. */
  eraseChunk(input: { sessionId: string; at: number }): Promise<{ isDone: boolean }>;
  listUnerased(): Promise<Unerased>;
  /** Durable. Removes the empty rows; only ids stay. */
  finishErase(input: Unerased): Promise<void>;
  /** Copies the log into the database beside the writer, so that little is left for `truncateLog`. */
  copyLog(): Promise<void>;
  /** Cuts the log, in which older states of pages stand, to nothing; `storage_locked` while another process reads. It is tried again at rest. */
  truncateLog(): Promise<void>;

  // ---- agents, runs, servers
  createAgent(input: { principal: string; agent: NewAgent }): Promise<{ agent: AgentRecord; isNew: boolean }>;
  getAgent(agentId: string): Promise<AgentRecord | undefined>;
  listAgents(): Promise<AgentRecord[]>;
  updateAgent(input: { agentId: string; revision: number; change: Partial<Pick<AgentRecord, 'name' | 'tools' | 'soul' | 'model' | 'policy'>>; at: number }): Promise<AgentRecord>;
  /** Deletes the agent and its sessions, which `listUnerased` names from then on; gives what was stored in each session (event `session.changed`). */
  deleteAgent(input: { agentId: string; at: number }): Promise<{ stored: Stored[] }>;
  listRuns(input: PageRequest & { sessionId?: string | undefined; agentId?: string | undefined }): Promise<PageOf<Omit<Run, 'stamp'> & { stampHash: string }>>;
  getRun(runId: string): Promise<Run | undefined>;
  /** The model of the latest run of a session that did not run on a tiny one. */
  lastFullModel(sessionId: string): Promise<Stamp['model'] | undefined>;
  listServers(): Promise<ServerRecord[]>;
  addServer(input: { server: ServerRecord }): Promise<void>;
  /** Says whether it was there. */
  updateServer(input: { server: Omit<ServerRecord, 'addedAt'> }): Promise<boolean>;
  /** Whether there ever was one of this id; removing twice is once. */
  removeServer(input: { serverId: string; at: number }): Promise<boolean>;
  /** A value of the gateway itself, such as which shipped agents were made. */
  getSetting(key: string): Promise<string | undefined>;
  setSetting(input: { key: string; value: string }): Promise<void>;
  dispose(): Promise<void>;
}
