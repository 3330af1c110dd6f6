import { viewMethods, type ViewName } from '../../webviews/shared/relayMessages.ts';
import type { RequestName } from '../../server/protocol/api.ts';

/** One view with a webview: its id in package.json, its bundle, and what it may ask of the gateway. */
export interface ViewDefinition {
  readonly name: ViewName;
  readonly id: string;
  readonly title: string;
  /** File name below dist/webviews. */
  readonly script: string;
  readonly methods: ReadonlySet<RequestName>;
}

/** Every view; a new one is a line here, an allow-list in relayMessages.ts and an entry in package.json. */
export const views: Readonly<Record<ViewName, ViewDefinition>> = {
  chat: { name: 'chat', id: 'logos.chat', title: 'Chat', script: 'chat.js', methods: new Set(viewMethods.chat) },
};

/** Requests that make something run: a workspace that is not trusted may only be read about. */
export const methodsThatNeedTrust: ReadonlySet<string> = new Set<RequestName>(['chat/send', 'chat/sendQueued', 'chat/editQueued', 'chat/retry', 'sessions/create', 'sandboxes/start']);
