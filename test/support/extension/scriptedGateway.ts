import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { createMessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter, type MessageConnection } from 'vscode-jsonrpc/node';
import type { Agent } from '../../../server/protocol/agents.ts';
import type { TopicChange } from '../../../server/protocol/gateway.ts';
import type { Session } from '../../../server/protocol/sessions.ts';

type Answer = object | null | Promise<object | null>;
type Handler = (params: Record<string, unknown>) => Answer;

/** A gateway for tests of the extension: a real socket, pointer file, framing and lifecycle, with answers that the test writes. */
export class ScriptedGateway {
  readonly home: string;
  readonly startId = randomUUID();
  readonly token = randomUUID();
  readonly requests: { method: string; params: Record<string, unknown> }[] = [];
  readonly handlers = new Map<string, Handler>();
  readonly agents = new Map<string, Agent>();
  readonly sessions = new Map<string, Session>();
  build = 'test';
  readonly #revisions = { agents: 0, sessions: 0, sandboxes: 0, models: 0 };
  readonly #server: net.Server;
  readonly #connections = new Set<MessageConnection>();
  readonly #sockets = new Set<net.Socket>();
  readonly #watchers = new Map<string, MessageConnection>();

  constructor(home: string) {
    this.home = home;
    this.#server = net.createServer((socket) => this.#accept(socket));
  }

  get socketPath(): string {
    return path.join(this.home, `s-${this.startId.slice(0, 8)}.sock`);
  }

  /** How many clients are connected. */
  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** Listens and writes the pointer file. */
  async start(protocol = 1): Promise<void> {
    fs.mkdirSync(this.home, { recursive: true });
    await new Promise<void>((resolve) => this.#server.listen(this.socketPath, resolve));
    const pointer = { pid: process.pid, startId: this.startId, socket: this.socketPath, build: this.build, protocol, token: this.token };
    fs.writeFileSync(path.join(this.home, 'gateway.json'), JSON.stringify(pointer), { mode: 0o600 });
  }

  /** Tells every watcher of topics about one change, and keeps it for the next list. */
  change(change: TopicChange): void {
    this.#revisions[change.topic] += 1;
    if (change.topic === 'agents') keep(this.agents, change.id, change.item);
    if (change.topic === 'sessions') keep(this.sessions, change.id, change.item);
    for (const [subscriptionId, connection] of this.#watchers) {
      void connection.sendNotification('gateway/event', { subscriptionId, startId: this.startId, revision: this.#revisions[change.topic], change });
    }
  }

  /** Counts one change that nobody is told about, so that the next one shows a gap. */
  loseChange(topic: TopicChange['topic']): void {
    this.#revisions[topic] += 1;
  }

  /** Sends any notification to every client. */
  notify(method: string, params: object): void {
    for (const connection of this.#connections) void connection.sendNotification(method, params);
  }

  /** Cuts every connection, as a killed process does. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.drop();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    fs.rmSync(path.join(this.home, 'gateway.json'), { force: true });
  }

  #accept(socket: net.Socket): void {
    const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
    this.#sockets.add(socket);
    this.#connections.add(connection);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#connections.delete(connection);
      for (const [id, owner] of this.#watchers) if (owner === connection) this.#watchers.delete(id);
    });
    connection.onRequest((method, params): Answer => this.#answer(connection, method, (params ?? {}) as Record<string, unknown>));
    connection.onNotification('exit', () => void socket.end());
    connection.onError(() => undefined);
    connection.listen();
  }

  #answer(connection: MessageConnection, method: string, params: Record<string, unknown>): Answer {
    this.requests.push({ method, params });
    const own = this.handlers.get(method);
    if (own !== undefined) return own(params);
    switch (method) {
      case 'initialize':
        return this.#initialize(params);
      case 'gateway/subscribe':
        this.#watchers.set(String(params['subscriptionId']), connection);
        return this.#lists();
      case 'gateway/status':
        return { runningTurns: 0, queuedTurns: 0 };
      case 'unsubscribe':
        this.#watchers.delete(String(params['subscriptionId']));
        return {};
      case 'shutdown':
        return null;
      case 'logs/subscribe':
        return {};
      default:
        throw new ResponseError(-32601, `There is no ${method} here.`, { class: 'unknown_method', cause: 'unknown_method', hint: 'None.', retryable: false });
    }
  }

  #initialize(params: Record<string, unknown>): object {
    const options = params['initializationOptions'] as { logos: { token: string } };
    if (options.logos.token !== this.token) throw new ResponseError(1003, 'The token is wrong.');
    const logos = { protocol: 1, pid: process.pid, startId: this.startId, build: this.build, home: this.home, features: [] };
    return { serverInfo: { name: 'logos', version: '0.1.0' }, capabilities: { experimental: { logos } } };
  }

  #lists(): object {
    const { agents, sessions, sandboxes } = this.#revisions;
    return {
      startId: this.startId,
      agents: { revision: agents, items: [...this.agents.values()] },
      sessions: { revision: sessions, items: [...this.sessions.values()] },
      sandboxes: { revision: sandboxes, items: [] },
    };
  }
}

function keep<T>(things: Map<string, T>, id: string, item: T | undefined): void {
  if (item === undefined) things.delete(id);
  else things.set(id, item);
}
