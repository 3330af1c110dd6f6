import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStore, type OpenedStore } from '../../../server/store/openStore.ts';
import type { AcceptedMessage } from '../../../server/store/store.ts';
import type { Message, Part } from '../../../server/protocol/messages.ts';
import type { LogEntry } from '../../../server/protocol/logs.ts';
import { createMemoryLog } from '../silentLog.ts';

/** A real store in a folder of its own, with the few steps that most tests begin with. */
export interface TemporaryStore {
  store: OpenedStore;
  readonly directory: string;
  readonly file: string;
  readonly entries: readonly LogEntry[];
  /** Closes the store and opens it again on the same file. */
  reopen(): Promise<OpenedStore>;
  createAgent(): Promise<string>;
  /** A session of a new agent, without title. */
  createSession(): Promise<string>;
  send(sessionId: string, text?: string): Promise<AcceptedMessage & { messageId: string }>;
  /** Sends a message and starts its first attempt. */
  startTurn(sessionId: string, text?: string): Promise<StartedTurn>;
  start(sessionId: string): Promise<StartedTurn>;
  dispose(): Promise<void>;
}

export interface StartedTurn {
  readonly sessionId: string;
  readonly turnId: string;
  readonly attempt: number;
  readonly messageId: string;
  readonly runId: string;
}

export const principal = 'owner';
export const origin = { kind: 'client', name: 'test' } as const;

/** The clock of these tests: grows with each look, so that orders are certain. */
let clock = 1_700_000_000_000;
export const tick = (): number => ++clock;

/** An assistant message. */
export const answer = (messageId: string, ...parts: Part[]): Message => ({ id: messageId, role: 'assistant', parts, origin: { kind: 'agent', name: '' }, createdAt: tick() });

export async function openTemporaryStore(): Promise<TemporaryStore> {
  const directory = mkdtempSync(path.join(tmpdir(), 'logos-store-'));
  const file = path.join(directory, 'state', 'logos.db');
  const log = createMemoryLog();
  const open = (): Promise<OpenedStore> => openStore({ path: file, log: log.of });
  const rig: TemporaryStore = {
    store: await open(),
    directory,
    file,
    entries: log.entries,
    async reopen() {
      await rig.store.dispose();
      rig.store = await open();
      return rig.store;
    },
    async createAgent() {
      const id = randomUUID();
      await rig.store.createAgent({ principal, agent: { id, name: 'Agent', soul: 'general', tools: ['read_file'], runtime: 'local', model: { kind: 'auto' }, policy: 'workspace-only', createdAt: tick() } });
      return id;
    },
    async createSession() {
      const sessionId = randomUUID();
      await rig.store.createSession({ principal, sessionId, agentId: await rig.createAgent(), title: undefined, at: tick() });
      return sessionId;
    },
    async send(sessionId, text = 'Hello') {
      const messageId = randomUUID();
      return { ...(await rig.store.acceptMessage({ principal, sessionId, messageId, turnId: randomUUID(), text, origin, at: tick() })), messageId };
    },
    async start(sessionId) {
      const next = await rig.store.nextTurn(sessionId);
      if (next === undefined) throw new Error('No turn waits.');
      const started = { sessionId, turnId: next.turn.id, attempt: next.attempt, messageId: randomUUID(), runId: randomUUID() };
      await rig.store.startAttempt({ turnId: started.turnId, attempt: started.attempt, mode: next.mode, messageId: started.messageId, runId: started.runId, at: tick() });
      return started;
    },
    async startTurn(sessionId, text) {
      await rig.send(sessionId, text);
      return await rig.start(sessionId);
    },
    async dispose() {
      await rig.store.dispose();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return rig;
}
