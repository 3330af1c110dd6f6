import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import { registerCommands } from './commands/commands.ts';
import { readConfig } from './config.ts';
import { clearContextKeys, setContextKey, type ContextKeys } from './contextKeys.ts';
import { DisposableStore, type Disposable } from './disposableStore.ts';
import { Documents } from './documents.ts';
import { Log } from './log.ts';
import { Messages } from './messages.ts';
import type { ConnectionState, Failure } from './server/connectionState.ts';
import { attemptGateway } from './server/gatewayAttempt.ts';
import { GatewayConnection } from './server/gatewayConnection.ts';
import { StatusBar } from './statusBar.ts';
import { StoreNotice } from './storeNotice.ts';
import { SessionPages } from './topics/sessionPages.ts';
import { TopicsFeed } from './topics/topicsFeed.ts';
import { engineProblem } from './topics/topicsQueries.ts';
import { AgentsTree } from './trees/agentsTree.ts';
import { AgentsView } from './trees/agentsView.ts';
import { ChatView } from './views/chatView.ts';
import { runHostCommand } from './views/hostCommands.ts';
import { UnsentMessages } from './views/unsentMessages.ts';
import { views } from './views/views.ts';

const KEEP_AWAKE_MS = 240_000;

/** Everything that runs; after its end, what a person wrote may still be on its way to the disk. */
export interface Services extends Disposable {
  settled(): Promise<void>;
}

/** Builds everything in order and registers it; connecting begins when activation has returned. Ends in reverse order. */
export function createServices(context: vscode.ExtensionContext): Services {
  const log = new Log();
  const store = new DisposableStore((error) => log.error('A part could not be ended.', error));
  store.defer(clearContextKeys);
  store.add(log);
  const messages = new Messages(log);
  const documents = store.add(new Documents());
  const gateway = store.add(createConnection(context.extensionUri, log));
  log.follow(gateway);
  const feed = store.add(new TopicsFeed(gateway, (sentence) => log.warn(sentence)));
  const pages = store.add(new SessionPages(gateway, feed, (sentence) => log.warn(sentence)));
  const tree = store.add(new AgentsTree(feed, pages));
  const agentsView = store.add(new AgentsView(tree, gateway, feed));
  const { extensionUri, workspaceState } = context;
  const ports = { documents, gateway, log, messages };
  const folder = storageFolder(context);
  const unsent = new UnsentMessages(vscode.Uri.joinPath(folder, 'unsent').fsPath, (sentence) => log.warn(sentence));
  const workspaceKey = createHash('sha256').update(folder.toString()).digest('hex').slice(0, 16);
  const chat = store.add(new ChatView({ extensionUri, workspaceKey, gateway, log, feed, unsent, onCommand: (message, host) => void runHostCommand(message, ports, host) }, workspaceState));
  store.add(chat.onDidShow(({ agentId, sessionId }) => agentsView.select(agentId, sessionId)));
  store.add(vscode.window.registerWebviewViewProvider(views.chat.id, chat));
  store.add(new StatusBar(gateway, feed));
  store.add(registerCommands({ gateway, feed, pages, chat, tree, agentsView, unsent, log, messages, documents }));
  store.add(gateway.onDidChange((state) => showConnection(state, gateway, messages)));
  store.add(new StoreNotice(gateway, messages, context.globalState));
  store.add(feed.onDidChange(() => showTopics(feed)));
  store.add(keepAwake(gateway));
  const start = setImmediate(() => gateway.start());
  store.defer(() => clearImmediate(start));
  return { dispose: () => store.dispose(), settled: () => unsent.settled() };
}

function createConnection(extensionUri: vscode.Uri, log: Log): GatewayConnection {
  const distFolder = vscode.Uri.joinPath(extensionUri, 'dist').fsPath;
  const say = (sentence: string) => log.info(sentence);
  return new GatewayConnection(({ isFirst, isAnew }, signal, listener) => {
    const { home, node } = readConfig();
    return attemptGateway({ distFolder, home, node, mayReplace: isFirst, isAnew, mayWake: isFirst || isAnew || vscode.window.state.focused, signal, say }, listener);
  }, say);
}

/** Where VS Code keeps what is of this workspace; a window without a folder shares the place of all. */
function storageFolder({ storageUri, globalStorageUri }: vscode.ExtensionContext): vscode.Uri {
  return storageUri ?? globalStorageUri;
}

/** A gateway rests after ten minutes without a request; one whose window is looked at does not. */
function keepAwake(gateway: GatewayConnection): Disposable {
  const timer = setInterval(() => {
    if (vscode.window.state.focused && gateway.state.phase === 'connected') gateway.request('gateway/status', {}).catch(() => undefined);
  }, KEEP_AWAKE_MS);
  const focus = vscode.window.onDidChangeWindowState(({ focused }) => {
    if (focused) gateway.retryNow();
  });
  return {
    dispose: () => {
      clearInterval(timer);
      focus.dispose();
    },
  };
}

function showConnection(state: ConnectionState, gateway: GatewayConnection, messages: Messages): void {
  const away = 'away' in state ? state.away : undefined;
  setContextKey('logos.gateway', gatewayWord(state.phase, away !== undefined));
  setContextKey('logos.gatewayCause', away?.cause.code ?? '');
  if (state.phase === 'stopped') messages.gatewayStopped(stoppedWords(state.away.cause), () => gateway.reconnect());
}

const stoppedWords = ({ code, sentence }: Failure): string => (code === 'crash_budget' ? `${sentence} Read the log for the cause, then start it.` : sentence);

/** A reconnection counts as offline until it has succeeded, so that welcome views do not flicker. */
function gatewayWord(phase: ConnectionState['phase'], isAway: boolean): ContextKeys['logos.gateway'] {
  if (phase === 'connected' || phase === 'stopped') return phase;
  return isAway ? 'offline' : 'connecting';
}

function showTopics(feed: TopicsFeed): void {
  setContextKey('logos.hasAgents', feed.state.agents.size > 0);
  setContextKey('logos.engineMissing', engineProblem(feed.state) !== undefined);
}
