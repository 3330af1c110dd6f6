import { initialState } from './chatState.ts';
import type { ChatState, PendingMessage } from './chatState.ts';

/** Where the reader was: a step of a turn and how far below the top of the view it stood, in px. */
export interface ReadingPlace {
  readonly sessionId: string;
  readonly anchor: string;
  readonly offset: number;
}

/** What outlives the page: ids, unsent text and messages (which the host keeps too), folds, and the place of reading. Never content of the session. */
export interface SavedState {
  readonly version: 1;
  readonly agentId?: string;
  readonly sessionId?: string;
  readonly pending: readonly PendingMessage[];
  readonly drafts: Readonly<Record<string, string>>;
  readonly folds: Readonly<Record<string, boolean>>;
  readonly place?: ReadingPlace;
}

const maxFolds = 300;

/** What to keep of a state. */
export function saveState(state: ChatState, place: ReadingPlace | undefined): SavedState {
  return {
    version: 1,
    ...(state.agentId === undefined ? {} : { agentId: state.agentId }),
    ...(state.sessionId === undefined ? {} : { sessionId: state.sessionId }),
    pending: state.pending.filter((message) => !message.isStored),
    drafts: state.drafts,
    folds: Object.fromEntries(Object.entries(state.folds).slice(-maxFolds)),
    ...(place === undefined ? {} : { place }),
  };
}

/** The state that a new page begins with; what does not look like a saved state counts as none. */
export function restoreState(saved: unknown): { state: ChatState; place: ReadingPlace | undefined } {
  if (!isSaved(saved)) return { state: initialState, place: undefined };
  const state = { ...initialState, agentId: saved.agentId, sessionId: saved.sessionId, pending: saved.pending, drafts: saved.drafts, folds: saved.folds };
  return { state, place: saved.place };
}

function isSaved(saved: unknown): saved is SavedState {
  if (typeof saved !== 'object' || saved === null) return false;
  const fields = saved as Partial<SavedState>;
  return fields.version === 1 && Array.isArray(fields.pending) && typeof fields.drafts === 'object' && typeof fields.folds === 'object';
}
