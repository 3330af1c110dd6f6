import type { Documents } from '../documents.ts';
import type { Log } from '../log.ts';
import type { Messages } from '../messages.ts';
import type { GatewayConnection } from '../server/gatewayConnection.ts';
import type { SessionPages } from '../topics/sessionPages.ts';
import type { TopicsFeed } from '../topics/topicsFeed.ts';
import type { AgentsTree } from '../trees/agentsTree.ts';
import type { AgentsView } from '../trees/agentsView.ts';
import type { ChatView } from '../views/chatView.ts';
import type { UnsentMessages } from '../views/unsentMessages.ts';

/** What commands work with. */
export interface CommandContext {
  readonly gateway: GatewayConnection;
  readonly feed: TopicsFeed;
  readonly chat: ChatView;
  readonly pages: SessionPages;
  readonly tree: AgentsTree;
  readonly agentsView: AgentsView;
  readonly unsent: UnsentMessages;
  readonly log: Log;
  readonly messages: Messages;
  readonly documents: Documents;
}

/** A command: what it does, and whether it waits for the gateway first. `argument` is what a menu or a tree hands over: data. */
export interface CommandDefinition {
  readonly needsGateway: boolean;
  run(context: CommandContext, argument?: unknown): unknown;
}
