import { initialState } from './chatState.ts';
import type { ChatState, PendingMessage } from './chatState.ts';
import type { ReadingPlace } from './readingPlaces.ts';

/** What outlives the page: ids, unsent text and messages (which the host keeps too), folds, and the places of reading. Never content of the session. */
export interface SavedState {
  readonly version: 1;
  readonly agentId?: string;
  readonly sessionId?: string;
  readonly pending: readonly PendingMessage[];
  readonly drafts: Readonly<Record<string, string>>;
  readonly folds: Readonly<Record<string, boolean>>;
  /** Of each session. */
  readonly places?: readonly ReadingPlace[];
}

const maxFolds = 300;

/** What to keep of a state. */
export function saveState(state: ChatState, places: readonly ReadingPlace[] = []): SavedState {
  return {
    version: 1,
    ...(state.agentId === undefined ? {} : { agentId: state.agentId }),
    ...(state.sessionId === undefined ? {} : { sessionId: state.sessionId }),
    pending: state.pending.filter((message) => !message.isStored),
    drafts: state.drafts,
    folds: Object.fromEntries(Object.entries(state.folds).slice(-maxFolds)),
    places,
  };
}

/** The state that a new page begins with; what does not look like a saved state counts as none. */
export function restoreState(saved: unknown): { state: ChatState; places: readonly ReadingPlace[] } {
  if (!isSaved(saved)) return { state: initialState, places: [] };
  const state = { ...initialState, agentId: saved.agentId, sessionId: saved.sessionId, pending: saved.pending, drafts: saved.drafts, folds: saved.folds };
  return { state, places: Array.isArray(saved.places) ? saved.places : [] };
}

function isSaved(saved: unknown): saved is SavedState {
  if (typeof saved !== 'object' || saved === null) return false;
  const fields = saved as Partial<SavedState>;
  return fields.version === 1 && Array.isArray(fields.pending) && typeof fields.drafts === 'object' && typeof fields.folds === 'object';
}
