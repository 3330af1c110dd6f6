import { createAgent, deleteAgent, getAgent, listAgents, updateAgent } from './agents.ts';
import type { Database } from './database.ts';
import { beginErase, copyLog, eraseChunk, finishErase, listUnerased, truncateLog } from './erase.ts';
import { acceptMessage, editQueued, removeQueued } from './messages.ts';
import type { OperationName } from './operationModes.ts';
import { freezeRun, getRun, lastFullModel, listRuns } from './runs.ts';
import { addServer, listServers, removeServer, updateServer } from './servers.ts';
import { eventsAfter } from './sessionEvents.ts';
import { createSession, deleteSession, getSession, listSessions, renameSession, restoreSession } from './sessions.ts';
import { getSetting, setSetting } from './settings.ts';
import { snapshot, turnsBefore, turnsForHistory } from './snapshots.ts';
import type { Store } from './store.ts';
import { endAttempt, interruptRunning, retryTurn } from './turnEnds.ts';
import { appendEvents, holdQueue, nextTurn, sessionsWithWork, startAttempt } from './turns.ts';

type Operation<Name extends OperationName> = (
  db: Database,
  input: Parameters<Store[Name]>[0],
) => Awaited<ReturnType<Store[Name]>>;

/** What each method of the store does to the database, inside a transaction that the caller holds; a method without an entry does not compile. */
export const operations: { readonly [Name in OperationName]: Operation<Name> } = {
  acceptMessage,
  editQueued,
  removeQueued,
  holdQueue,
  retryTurn,
  nextTurn,
  startAttempt,
  freezeRun,
  appendEvents,
  endAttempt,
  interruptRunning,
  sessionsWithWork,
  turnsForHistory,
  createSession,
  getSession,
  listSessions,
  renameSession,
  deleteSession,
  restoreSession,
  beginErase,
  eraseChunk,
  listUnerased,
  finishErase,
  copyLog,
  truncateLog,
  snapshot,
  turnsBefore,
  eventsAfter,
  createAgent,
  getAgent,
  listAgents,
  updateAgent,
  deleteAgent,
  listRuns,
  getRun,
  lastFullModel,
  listServers,
  addServer,
  updateServer,
  removeServer,
  getSetting,
  setSetting,
};

/** Any operation by name, as the threads call it with what came over the message channel from this same program. */
export type OperationTable = Readonly<Record<string, (db: Database, input: never) => unknown>>;
