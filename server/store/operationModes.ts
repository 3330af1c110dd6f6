import type { Store } from './store.ts';

/** The name of an operation: a method of the store. */
export type OperationName = Exclude<keyof Store, 'dispose'>;

/**
 * How an operation runs: `read` on the reader; `write` and `durable` on the writer, `durable` committed with `synchronous=FULL`;
 * `ending` is durable and may spend all of the ballast when the disk is full, because what already happened must be told, the others all but
 * its last piece; `output` is a `write` of what an agent says, which leaves four and may spend one for each attempt that began; `look` reads
 * on the writer, where what it sees cannot change before the write that follows. `upkeep` is about the file as a whole, outside of any
 * transaction: `upkeep` on the writer, `upkeepBeside` on
 * the reader.
 */
export type OperationMode = 'read' | 'look' | 'write' | 'durable' | 'ending' | 'output' | 'upkeep' | 'upkeepBeside';

/** The mode of each operation; known on both sides, so that the calling thread need not load the operations. */
export const operationModes = {
  acceptMessage: 'durable',
  editQueued: 'write',
  removeQueued: 'write',
  holdQueue: 'write',
  retryTurn: 'durable',
  nextTurn: 'look',
  startAttempt: 'write',
  freezeRun: 'write',
  appendEvents: 'output',
  endAttempt: 'ending',
  interruptRunning: 'ending',
  sessionsWithWork: 'look',
  turnsForHistory: 'read',
  createSession: 'write',
  getSession: 'read',
  listSessions: 'read',
  renameSession: 'write',
  deleteSession: 'write',
  restoreSession: 'write',
  beginErase: 'durable',
  eraseChunk: 'write',
  listUnerased: 'look',
  finishErase: 'durable',
  copyLog: 'upkeepBeside',
  truncateLog: 'upkeep',
  snapshot: 'read',
  turnsBefore: 'read',
  eventsAfter: 'read',
  createAgent: 'write',
  getAgent: 'read',
  listAgents: 'read',
  updateAgent: 'write',
  deleteAgent: 'write',
  listRuns: 'read',
  getRun: 'read',
  lastFullModel: 'read',
  listServers: 'read',
  addServer: 'write',
  updateServer: 'write',
  removeServer: 'write',
  getSetting: 'read',
  setSetting: 'write',
} as const satisfies Record<OperationName, OperationMode>;

/** Whether an operation runs on the reader. */
export const runsOnReader = (name: OperationName): boolean => operationModes[name] === 'read' || operationModes[name] === 'upkeepBeside';

/** Whether an operation runs outside of transactions. */
export const isUpkeep = (name: OperationName): boolean => operationModes[name] === 'upkeep' || operationModes[name] === 'upkeepBeside';
