import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { v7 } from 'uuid';
import type { Turn } from '../../../server/protocol/messages.ts';
import type { SessionSnapshot } from '../../../server/protocol/sessions.ts';
import type { ProcessRow } from '../../../server/process/processTable.ts';
import type { RpcClient } from '../client/rpcClient.ts';
import { GatewayProcess, type GatewayStart } from './gatewayProcess.ts';
import { ModelServerProcess } from './modelServerProcess.ts';
import { commandOf, killHard, orphansOf, until, untilGone } from './processes.ts';
import { messageText, SessionWatch } from './sessionWatch.ts';

/** What a test may choose. */
export interface TestGatewayOptions extends Omit<GatewayStart, 'home'> {
  readonly home?: string;
  /** Tools of the agent; all of its soul when absent. */
  readonly tools?: readonly string[];
}

/** A folder of its own for the state of one gateway; the path is short, because sockets lie below it. */
export function makeHome(): string {
  return fs.realpathSync(fs.mkdtempSync('/tmp/lg-'));
}

/** The folders of the gateway with this state directory: itself, and where a gateway of root keeps its sandboxes. */
export function pathsOf(home: string): string[] {
  return [home, path.join('/var/lib/logos', createHash('sha256').update(home).digest('hex').slice(0, 8))];
}

/** A gateway with its own state, a scripted model server and an agent that uses it. */
export class TestGateway {
  readonly home: string;
  readonly model: ModelServerProcess;
  readonly #options: TestGatewayOptions;
  readonly #watches: SessionWatch[] = [];
  #process: GatewayProcess;
  #client: RpcClient;
  #serverId = '';
  #agentId = '';

  private constructor(home: string, options: TestGatewayOptions, parts: { model: ModelServerProcess; gateway: GatewayProcess; client: RpcClient }) {
    this.home = home;
    this.#options = options;
    this.model = parts.model;
    this.#process = parts.gateway;
    this.#client = parts.client;
  }

  static async start(options: TestGatewayOptions = {}): Promise<TestGateway> {
    const home = options.home ?? makeHome();
    const model = await ModelServerProcess.start();
    const gateway = await GatewayProcess.start({ ...options, home });
    const test = new TestGateway(home, options, { model, gateway, client: await gateway.connect() });
    await test.addModelAndAgent();
    return test;
  }

  get process(): GatewayProcess {
    return this.#process;
  }

  get client(): RpcClient {
    return this.#client;
  }

  get agentId(): string {
    return this.#agentId;
  }

  /** Everything of this gateway on the host lies below one of these. */
  get paths(): string[] {
    return pathsOf(this.home);
  }

  /** The home of an agent's sandbox on the host. */
  sandboxHome(agentId = this.agentId): string {
    const found = this.paths.map((folder) => path.join(folder, 'sandboxes', agentId, 'home')).find((folder) => fs.existsSync(folder));
    if (found === undefined) throw new Error(`agent ${agentId} has no sandbox home below ${this.paths.join(' or ')}`);
    return found;
  }

  /** Adds the scripted model server and an agent on it: at the start, and again over a fresh database. */
  async addModelAndAgent(): Promise<void> {
    const server = await this.#client.request<{ id: string }>('models/add', { name: 'Scripted', baseUrl: this.model.baseUrl });
    this.#serverId = server.id;
    this.#agentId = await this.newAgent('Tester');
  }

  async newAgent(name: string): Promise<string> {
    const agentId = v7();
    const tools = this.#options.tools === undefined ? {} : { tools: this.#options.tools };
    await this.#client.request('agents/create', { agentId, name, soul: 'app-development', ...tools, model: { kind: 'model', serverId: this.#serverId, name: 'scripted' } });
    return agentId;
  }

  /** A new session that is watched from its first event on. */
  async newSession(agentId = this.agentId): Promise<SessionWatch> {
    const sessionId = v7();
    await this.#client.request('sessions/create', { sessionId, agentId });
    const watch = new SessionWatch(this.#client, sessionId);
    await watch.attach(this.#client);
    this.#watches.push(watch);
    return watch;
  }

  /** Starts the gateway again after it has ended, and resumes every watch on a new connection. */
  async startAgain(): Promise<void> {
    this.#process = await GatewayProcess.start({ ...this.#options, home: this.home });
    await this.reconnect();
  }

  /** A new connection, on which every watch resumes. */
  async reconnect(): Promise<void> {
    this.#client = await this.#process.connect();
    for (const watch of this.#watches) await watch.attach(this.#client);
  }

  /** Drops the watches, as over a fresh database that does not know their sessions. */
  forgetWatches(): void {
    this.#watches.length = 0;
  }

  /** All turns of a session that have started, as pages of `sessions/turns` give them, oldest first. */
  async turnsOf(sessionId: string): Promise<Turn[]> {
    const all: Turn[] = [];
    for (;;) {
      const before = all[0]?.ordinal;
      const page = await this.#client.request<{ turns: Turn[]; hasOlderTurns: boolean }>('sessions/turns', { sessionId, limit: 50, ...(before === undefined ? {} : { before }) });
      all.unshift(...page.turns);
      if (!page.hasOlderTurns) return all;
    }
  }

  async snapshotOf(sessionId: string): Promise<SessionSnapshot> {
    const subscriptionId = v7();
    const { snapshot } = await this.#client.request<{ snapshot: SessionSnapshot }>('sessions/subscribe', { subscriptionId, sessionId });
    await this.#client.request('unsubscribe', { subscriptionId });
    return snapshot;
  }

  /** Asserts that nothing was lost or doubled in an idle session: what was sent is there once and in order, and the resumed view is the stored one. */
  async assertWhole(watch: SessionWatch): Promise<void> {
    const stored = (await this.turnsOf(watch.sessionId)).map(({ message }) => ({ messageId: message.id, text: messageText(message) }));
    assertSame(stored, watch.sent, 'the messages of the session');
    const snapshot = await this.snapshotOf(watch.sessionId);
    await watch.until((view) => view.seq >= snapshot.seq, `event ${snapshot.seq}`);
    const { view } = watch;
    assertSame({ ...view, turns: view.turns.slice(-snapshot.turns.length), hasOlderTurns: snapshot.hasOlderTurns }, snapshot, 'the view of a subscriber that resumed');
  }

  /** Asserts that every process of this test descends from the gateway. */
  async assertNoOrphans(deadlineMs = 5_000): Promise<void> {
    await assertNoOrphans(this.paths, this.#isRunning() ? this.#process.pid : undefined, deadlineMs);
  }

  /** Ends everything and asserts that nothing of it is left. */
  async dispose(): Promise<void> {
    try {
      this.#process.assertNotCrashed();
      if (this.#isRunning()) await this.#process.stop();
      await assertNoOrphans(this.paths, undefined, 6_000);
    } finally {
      // What is ended here may write in the folders until it is gone.
      const left = orphansOf(this.paths, undefined);
      for (const row of left) killHard(row.pid);
      await untilGone(left).catch(() => undefined);
      await this.model.dispose();
      if (process.env['LOGOS_TEST_KEEP'] !== '1') removeState(this.paths);
    }
  }

  #isRunning(): boolean {
    return !this.#process.hasEnded;
  }
}

/** Removes the folders, and gives back the ids that a gateway of root took for the sandboxes below them. */
export function removeState(paths: readonly string[]): void {
  const ids = '/var/lib/logos/uids';
  for (const id of fs.existsSync(ids) ? fs.readdirSync(ids) : []) {
    const claim = path.join(ids, id, 'owner');
    const owner = fs.existsSync(claim) ? fs.readFileSync(claim, 'utf8') : '';
    if (paths.some((folder) => owner.startsWith(`${folder}/`))) removeClaim(path.join(ids, id));
  }
  for (const folder of paths) fs.rmSync(folder, { recursive: true, force: true });
}

/** Moved away first, because another gateway may claim the id of a folder that is empty for a moment. */
function removeClaim(folder: string): void {
  const moved = path.join(path.dirname(folder), `.old-${v7()}`);
  fs.renameSync(folder, moved);
  fs.rmSync(moved, { recursive: true, force: true });
}

async function assertNoOrphans(paths: readonly string[], gatewayPid: number | undefined, deadlineMs: number): Promise<void> {
  let orphans: ProcessRow[] = [];
  await until(() => (orphans = orphansOf(paths, gatewayPid)).length === 0, 'the end of all orphans', deadlineMs).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${orphans.map((row) => `${row.pid} of ${row.parentPid} (${commandOf(row.pid).slice(0, 200)})`).join('; ')} (this is ${process.pid})`, { cause: error });
  });
}

function assertSame(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [sorted(actual), sorted(expected)];
  if (a === b) return;
  const at = [...a].findIndex((character, index) => character !== b[index]);
  const near = Math.max(0, at - 300);
  throw new Error(`${what} differ at ${at}: ...${a.slice(near, at + 300)}... instead of ...${b.slice(near, at + 300)}...`);
}

/** JSON with sorted keys. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
