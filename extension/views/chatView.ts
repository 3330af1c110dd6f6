import * as vscode from 'vscode';
import type { CommandMessage, KeyMessage, ShowingMessage, ShowMessage } from '../../webviews/shared/relayMessages.ts';
import { setContextKey } from '../contextKeys.ts';
import type { Disposable } from '../disposableStore.ts';
import { Signal } from '../signal.ts';
import type { TopicsFeed } from '../topics/topicsFeed.ts';
import { views } from './views.ts';
import { WebviewHost, type WebviewHostPorts } from './webviewHost.ts';

type ChatPorts = Pick<WebviewHostPorts, 'extensionUri' | 'workspaceKey' | 'gateway' | 'log' | 'unsent'> & {
  readonly feed: TopicsFeed;
  onCommand(message: CommandMessage, host: WebviewHost): void;
};

/** What was last shown, kept for the workspace so that a chat whose own state was lost finds its place. */
export interface ChatSelection {
  readonly agentId?: string;
  readonly sessionId?: string;
}

const nothingShown: ShowingMessage = { type: 'showing', isRunning: false };
const SELECTION_KEY = 'chat.selection';
/** Whether the view was in sight when it was last heard of. */
const SEEN_KEY = 'chat.isInSight';

/** The chat view: one webview that other parts ask to show things. What is asked before its page listens waits for that. */
export class ChatView implements vscode.WebviewViewProvider, Disposable {
  readonly #ports: ChatPorts;
  readonly #state: vscode.Memento;
  readonly #feedListener: Disposable;
  readonly #shown: Signal<ShowingMessage>;
  #host: WebviewHost | undefined;
  #view: vscode.WebviewView | undefined;
  #wanted: ShowMessage | undefined;
  #showing: ShowingMessage = nothingShown;
  /** The page has said what it shows, so what it had kept of itself is known. */
  #hasSpoken = false;
  #hasOffered = false;
  /** While a turn runs somebody waits for the gateway. */
  #waiting: Disposable | undefined;

  constructor(ports: ChatPorts, workspaceState: vscode.Memento) {
    this.#ports = ports;
    this.#shown = new Signal((error) => ports.log.error('A listener of the chat failed.', error));
    this.#state = workspaceState;
    this.#feedListener = ports.feed.onDidChange(() => this.#offerAgent());
  }

  /** What the page last said that it shows. */
  get showing(): ShowingMessage {
    return this.#showing;
  }

  /** Tells of each agent or session that the page shows from then on. */
  get onDidShow(): (listener: (showing: ShowingMessage) => void) => Disposable {
    return this.#shown.on;
  }

  get isVisible(): boolean {
    return this.#view?.visible === true && this.#host?.isReady === true;
  }

  /** What this workspace last talked to. */
  get selection(): ChatSelection {
    return this.#state.get<ChatSelection>(SELECTION_KEY, {});
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const host = new WebviewHost(view.webview, {
      ...this.#ports,
      view: views.chat,
      onReady: () => this.#sendWanted(),
      onShowing: (showing) => this.#takeShowing(showing),
    });
    this.#view = view;
    this.#host = host;
    this.#greet();
    const visibility = view.onDidChangeVisibility(() => this.#seen(view.visible, host));
    view.onDidDispose(() => {
      visibility.dispose();
      host.dispose();
      if (this.#host !== host) return;
      this.#expectWords(false);
      this.#host = undefined;
      this.#view = undefined;
    });
  }

  /** Brings the chat to the front and shows something in it. */
  async show(message: ShowMessage): Promise<void> {
    this.#wanted = message;
    await this.focus();
    if (this.#host?.isReady === true) this.#sendWanted();
  }

  /** Says something to the page when it is there, without bringing it to the front. */
  tell(message: ShowMessage | KeyMessage): boolean {
    if (!this.isVisible) return false;
    this.#host?.post(message);
    return true;
  }

  dispose(): void {
    this.#feedListener.dispose();
    this.#expectWords(false);
    this.#shown.dispose();
    this.#host?.dispose();
  }

  /** A page that shows nobody is offered whom this workspace last talked to, else the oldest agent, once: a first start is ready to be written to. */
  #offerAgent(): void {
    if (this.#hasOffered || !this.#hasSpoken || !this.isVisible || this.#showing.agentId !== undefined) return;
    const { agents } = this.#ports.feed.state;
    const [oldest] = [...agents.values()].sort((a, b) => a.createdAt - b.createdAt || a.id.localeCompare(b.id));
    const { agentId, sessionId } = this.selection;
    const known = agentId !== undefined && agents.has(agentId) ? agentId : oldest?.id;
    if (known === undefined) return;
    this.#hasOffered = true;
    const isLast = known === agentId && sessionId !== undefined;
    this.tell({ type: 'show', what: 'agent', isQuiet: true, agentId: known, ...(isLast ? { sessionId } : {}) });
  }

  #sendWanted(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) return;
    this.#hasOffered = true;
    this.#host?.post(wanted);
  }

  /** What VS Code kept of a page may be old; what this workspace last showed is newer, unless the page itself knows better. */
  #isBehind(showing: ShowingMessage): boolean {
    const { agentId, sessionId } = this.selection;
    return showing.isLatest !== true && !this.#hasSpoken && !this.#hasOffered && agentId !== undefined && (showing.agentId !== agentId || showing.sessionId !== sessionId);
  }

  #showSelection(): void {
    const { agentId, sessionId } = this.selection;
    if (agentId === undefined) return;
    this.#hasOffered = true;
    this.#host?.post({ type: 'show', isQuiet: true, ...(sessionId === undefined ? { what: 'newSession', agentId } : { what: 'agent', agentId, sessionId }) });
  }

  /** A view that was out of sight when the window was last alive has been opened by a person, who wants to write; one that VS Code puts back takes no focus. */
  #greet(): void {
    const isPutBack = this.#state.get<boolean>(SEEN_KEY, false);
    void this.#state.update(SEEN_KEY, true);
    if (!isPutBack) void this.focus();
  }

  /** Moves the keyboard into the chat. */
  async focus(): Promise<void> {
    await vscode.commands.executeCommand(`${views.chat.id}.focus`);
  }

  #seen(isVisible: boolean, host: WebviewHost): void {
    void this.#state.update(SEEN_KEY, isVisible);
    if (isVisible) return;
    host.hide();
    this.#expectWords(false);
  }

  #expectWords(isRunning: boolean): void {
    if (isRunning) this.#waiting ??= this.#ports.gateway.silence.expect();
    else {
      this.#waiting?.dispose();
      this.#waiting = undefined;
    }
  }

  #takeShowing(showing: ShowingMessage): void {
    const isBehind = this.#isBehind(showing);
    this.#expectWords(showing.isRunning);
    this.#showing = showing;
    this.#shown.emit(showing);
    this.#hasSpoken = true;
    if (isBehind) return this.#showSelection();
    setContextKey('logos.chatAgent', showing.agentId !== undefined);
    setContextKey('logos.chatSession', showing.sessionId !== undefined);
    const { agentId, sessionId } = showing;
    if (agentId !== undefined) void this.#state.update(SELECTION_KEY, { agentId, ...(sessionId === undefined ? {} : { sessionId }) });
    this.#offerAgent();
  }
}
