import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LogEntry } from '../../../server/protocol/logs.ts';
import type { Message, Part } from '../../../server/protocol/messages.ts';
import { openStore, type OpenedStore } from '../../../server/store/openStore.ts';
import type { AcceptedMessage } from '../../../server/store/store.ts';
import { createMemoryLog } from '../memoryLog.ts';

/** An attempt that was started. */
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
export const answer = (id: string, ...parts: Part[]): Message => ({
  id,
  role: 'assistant',
  parts,
  origin: { kind: 'agent', name: '' },
  createdAt: tick(),
});

/** A real store in a folder of its own, with the few steps that most tests begin with. */
export class TemporaryStore {
  readonly directory: string;
  readonly file: string;
  readonly #log = createMemoryLog();
  store!: OpenedStore;

  constructor() {
    this.directory = mkdtempSync(path.join(tmpdir(), 'logos-store-'));
    this.file = path.join(this.directory, 'state', 'logos.db');
  }

  get entries(): readonly LogEntry[] {
    return this.#log.entries;
  }

  /** Opens the store; a test that wants it otherwise says how. */
  async open(more: { busyTimeoutMs?: number; threadUrl?: string } = {}): Promise<OpenedStore> {
    this.store = await openStore({ path: this.file, log: this.#log.of, ...more });
    return this.store;
  }

  /** Closes the store and opens it again on the same file. */
  async reopen(more: { busyTimeoutMs?: number; threadUrl?: string } = {}): Promise<OpenedStore> {
    await this.store.dispose();
    return await this.open(more);
  }

  async createAgent(): Promise<string> {
    const id = randomUUID();
    const choices = { soul: 'general', runtime: 'local', model: { kind: 'auto' }, policy: 'workspace-only' } as const;
    const agent = { id, name: 'Agent', tools: ['read_file'], ...choices, createdAt: tick() };
    await this.store.createAgent({ principal, agent });
    return id;
  }

  /** A session of a new agent, without title. */
  async createSession(): Promise<string> {
    const sessionId = randomUUID();
    const agentId = await this.createAgent();
    await this.store.createSession({ principal, sessionId, agentId, title: undefined, at: tick() });
    return sessionId;
  }

  async send(sessionId: string, text = 'Hello'): Promise<AcceptedMessage & { messageId: string }> {
    const messageId = randomUUID();
    const turnId = randomUUID();
    const input = { principal, sessionId, messageId, turnId, text, origin, at: tick() };
    return { ...(await this.store.acceptMessage(input)), messageId };
  }

  /** Starts the next attempt that waits. */
  async start(sessionId: string): Promise<StartedTurn> {
    const next = await this.store.nextTurn(sessionId);
    if (next === undefined) throw new Error('No turn waits.');
    const { attempt, mode, turn } = next;
    const started = { turnId: turn.id, attempt, messageId: randomUUID(), runId: randomUUID() };
    await this.store.startAttempt({ ...started, mode, at: tick() });
    return { ...started, sessionId };
  }

  /** Sends a message and starts its first attempt. */
  async startTurn(sessionId: string, text?: string): Promise<StartedTurn> {
    await this.send(sessionId, text);
    return await this.start(sessionId);
  }

  async dispose(): Promise<void> {
    await this.store.dispose();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Makes a store and opens it. */
export async function openTemporaryStore(): Promise<TemporaryStore> {
  const rig = new TemporaryStore();
  await rig.open();
  return rig;
}
