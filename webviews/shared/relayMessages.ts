/**
 * The messages between a webview and the extension host: both ends compile against this file, and both check what they receive.
 * The relay keeps no queue. It forwards allowed requests to the gateway, forwards the events of the subscriptions that this webview made,
 * and unsubscribes them when the webview goes. A message of an unknown type is logged and ignored. What was written and is not stored yet
 * the host keeps in files, because VS Code writes the state of a page only now and then; the page alone sends it.
 */
import type { EventName, EventParamsOf, RequestName } from '../../server/protocol/api.ts';
import type { ErrorClass, ErrorInfo } from '../../server/protocol/errors.ts';

/** The views that have a webview. */
export type ViewName = 'chat';

/** The requests that the chat may send; the relay refuses every other with `forbidden`. */
export const chatMethods = [
  'chat/editQueued',
  'chat/removeQueued',
  'chat/retry',
  'chat/send',
  'chat/sendQueued',
  'chat/stop',
  'gateway/subscribe',
  'sandboxes/start',
  'sessions/create',
  'sessions/list',
  'sessions/subscribe',
  'sessions/turns',
  'unsubscribe',
] as const satisfies readonly RequestName[];

/** The wire name of a request that the chat may send. */
export type ChatMethod = (typeof chatMethods)[number];

/** The allow-list of each view. */
export const viewMethods: Readonly<Record<ViewName, readonly RequestName[]>> = { chat: chatMethods };

/** The events that the relay forwards to webviews. */
export const relayedEvents = ['sessions/event', 'sessions/reset', 'gateway/event'] as const satisfies readonly EventName[];

/** The wire name of an event that a webview may receive. */
export type RelayedEvent = (typeof relayedEvents)[number];

/**
 * What a failed request answers: the gateway's own error, or `offline` of the relay when there is no connection
 * or it broke before the answer came. After `offline` nobody knows whether the request arrived: say it again with the same id.
 */
export interface RelayError extends Omit<ErrorInfo, 'class'> {
  readonly class: ErrorClass | 'offline';
}

/** What the host does for a webview, by name and arguments. Names and arguments are checked: a webview renders hostile text. */
export interface HostCommands {
  /** Opens a QuickPick of agents, and answers with `show`. */
  chooseAgent: Record<string, never>;
  /** Runs the New Agent command. */
  createAgent: Record<string, never>;
  /** Asks for a title in an input box and renames the session. */
  renameSession: { readonly sessionId: string };
  /** Brings a deleted session back. */
  restoreSession: { readonly sessionId: string };
  /** Asks which model an agent answers with from now on. */
  changeModel: { readonly agentId: string };
  /** Asks for the key of the model server that an agent uses. */
  enterKey: { readonly agentId: string };
  /** Opens what an agent may touch, as a read-only document. */
  openPolicy: { readonly agentId: string };
  /** Opens a read-only editor with text, such as the whole output of a tool. */
  openText: { readonly title: string; readonly text: string };
  /** Opens a file of an agent's workspace by the path that an answer gives, at a line from 1; a path that leads out of it is refused. */
  openFile: { readonly agentId: string; readonly path: string; readonly line?: number };
  /** Opens a link outside, as it is written; only http and https, after VS Code's own question. */
  openLink: { readonly href: string };
  /** Puts text on the clipboard, whole, and answers with `copied`. `copyId` is unique within the page. */
  copyText: { readonly text: string; readonly copyId: number };
  showLogs: Record<string, never>;
  startGateway: Record<string, never>;
  /** Warns while turns run. */
  restartGateway: Record<string, never>;
  /** Says what the sandbox engine of this host needs, as a document or a message. */
  checkSandboxes: Record<string, never>;
  manageTrust: Record<string, never>;
  /** Sets the page of this view anew; its state is kept. */
  reloadView: Record<string, never>;
  /** Writes a line of this view into the log, such as a step that could not be shown; at most 4,000 characters. */
  log: { readonly level: 'info' | 'warn' | 'error'; readonly text: string };
}

/**
 * Whether a text is an address in the web whose host everybody reads alike: browsers take a backslash behind the host for a slash, and VS Code,
 * which looks the host up among those that it opens without a question, takes it for a part of the name.
 */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^/?#\\]+(?:[/?#]|$)/i.test(text) && URL.canParse(text);
}

/** Name of something the host does for a webview. */
export type HostCommand = keyof HostCommands;

/** The names of all host commands, for checking at run time. */
export const hostCommands = [
  'changeModel',
  'checkSandboxes',
  'chooseAgent',
  'copyText',
  'createAgent',
  'enterKey',
  'log',
  'manageTrust',
  'openFile',
  'openLink',
  'openPolicy',
  'openText',
  'reloadView',
  'renameSession',
  'restartGateway',
  'restoreSession',
  'showLogs',
  'startGateway',
] as const satisfies readonly HostCommand[];

/** A message that a person wrote and that the gateway has not said to be stored. */
export interface UnsentMessage {
  readonly messageId: string;
  readonly sessionId: string;
  readonly agentId: string;
  readonly text: string;
  /** When it was written, in ms since 1970. */
  readonly createdAt: number;
  /** The session is to be created before it. */
  readonly isFirst: boolean;
}

/** From the webview: it listens now; the host answers with `host`, `unsent`, `gateway`, and what it wants shown. Sent again by a page that was set anew. */
export interface ReadyMessage {
  readonly type: 'ready';
  readonly view: ViewName;
}
/** From the webview: a request for the gateway. `id` is unique within the page. */
export interface RequestMessage {
  readonly type: 'request';
  readonly id: number;
  readonly method: RequestName;
  readonly params: unknown;
}
type CommandMessageOf<C extends HostCommand> = { readonly type: 'command'; readonly command: C; readonly args: HostCommands[C] };
/** From the webview: something that the host does. */
export type CommandMessage = { [C in HostCommand]: CommandMessageOf<C> }[HostCommand];
/** From the webview, on each change: what is on screen, for context keys, view description, and to know which toasts are needless. */
export interface ShowingMessage {
  readonly type: 'showing';
  readonly agentId?: string;
  readonly sessionId?: string;
  /** A turn of the session runs, so Stop has something to stop. */
  readonly isRunning: boolean;
  /** A page that has just come up knows that nothing was shown in its window since. */
  readonly isLatest?: boolean;
}
/** From the webview: a message was written; the host keeps it until it is dropped. One that is kept or dropped already stays so. */
export interface KeepMessage {
  readonly type: 'keep';
  readonly message: UnsentMessage;
}
/** From the webview: a message is unsent no longer, because the gateway has stored it or a person removed it. */
export interface DropMessage {
  readonly type: 'drop';
  readonly messageId: string;
}

/** What a webview posts. */
export type FromWebview = ReadyMessage | RequestMessage | CommandMessage | ShowingMessage | KeepMessage | DropMessage;

/** To the webview: the answer to a request. */
export type ResponseMessage =
  | { readonly type: 'response'; readonly id: number; readonly result: unknown }
  | { readonly type: 'response'; readonly id: number; readonly error: RelayError };
type EventMessageOf<N extends RelayedEvent> = { readonly type: 'event'; readonly name: N; readonly params: EventParamsOf<N> };
/** To the webview: an event of one of its subscriptions, in the order of the wire. */
export type EventMessage = { [N in RelayedEvent]: EventMessageOf<N> }[RelayedEvent];
/**
 * To the webview: how the connection stands, at `ready` and on each change. When it leaves `connected`, every subscription of the webview
 * is gone and every open request has been answered with `offline`; a fresh `connected` means subscribe again.
 */
export interface GatewayMessage {
  readonly type: 'gateway';
  readonly state: 'connected' | 'connecting' | 'offline';
  /** One sentence, without its full stop, why it is not connected. */
  readonly cause?: string;
  /** How long this state had lasted when the message was sent, in ms: the clocks of both ends may differ. */
  readonly ageMs?: number;
  /** It is connected and does not answer: nothing has come for some seconds, though something was asked. */
  readonly isSilent?: true;
}
/** To the webview, at `ready` and on each change: facts of the window. */
export interface HostMessage {
  readonly type: 'host';
  /** The workspace is trusted; without trust nothing may be sent. */
  readonly isTrusted: boolean;
}
/**
 * To the webview, at `ready` and before each `connected`: the unsent messages that are kept, the oldest first, and the ids of those that were
 * dropped, perhaps by another window. The state of a page may be older than both.
 */
export interface UnsentListMessage {
  readonly type: 'unsent';
  readonly messages: readonly UnsentMessage[];
  readonly goneIds: readonly string[];
}
/** To the webview: whether a text is on the clipboard now. */
export interface CopiedMessage {
  readonly type: 'copied';
  readonly copyId: number;
  readonly isCopied: boolean;
}
/** To the webview: a model server took the key that a person has just given for it. */
export interface KeyMessage {
  readonly type: 'key';
  /** As the errors of the server name it. */
  readonly serverName: string;
}
/** To the webview: what a person asked for outside of it. */
export type ShowMessage = { readonly type: 'show'; /** Nobody asked for it at this moment, so the focus stays where it is. */ readonly isQuiet?: boolean } & (
  | { readonly what: 'composer' }
  | { readonly what: 'stop' }
  /** An empty chat with this agent, else with the present one; the session is created by its first message. */
  | { readonly what: 'newSession'; readonly agentId?: string }
  /** A session of an agent; without one, its latest. */
  | { readonly what: 'agent'; readonly agentId: string; readonly sessionId?: string }
);

/** What the host posts. */
export type ToWebview = ResponseMessage | EventMessage | GatewayMessage | HostMessage | UnsentListMessage | CopiedMessage | KeyMessage | ShowMessage;
