import { v7 } from 'uuid';
import type { Message } from '../../server/protocol/messages.ts';
import { FrameGate } from '../shared/frameGate.ts';
import { HostLink } from '../shared/hostLink.ts';
import type { HostPort } from '../shared/hostLink.ts';
import { adoptStyles } from '../shared/lightElement.ts';
import { PageState, windowStorage } from '../shared/pageState.ts';
import { controlStyles, tokenStyles } from '../shared/tokens.css.ts';
import { announcement } from './announcer.ts';
import { ChatApp } from './chatApp.ts';
import { ChatDriver } from './chatDriver.ts';
import { runningTurn } from './chatState.ts';
import type { ChatState } from './chatState.ts';
import { ChatStore } from './chatStore.ts';
import { composerStyles } from './composer.css.ts';
import { chatStyles } from './chat.css.ts';
import { proseStyles } from './prose.css.ts';
import { restoreState, saveState } from './savedState.ts';
import { stepKey } from './stepKey.ts';
import { ansiStyles, stepStyles } from './steps.css.ts';

declare function acquireVsCodeApi(): HostPort;

adoptStyles(tokenStyles, controlStyles, chatStyles, stepStyles, ansiStyles, proseStyles, composerStyles);

const port = acquireVsCodeApi();
const pageState = new PageState(port, windowStorage(), document.body.dataset['stateKey'] ?? 'chat', Date.now);
const restored = restoreState(pageState.read());
const store = new ChatStore(restored.state);
const link = new HostLink(port, (notice) => driver.take(notice));
const app = new ChatApp();
const driver = new ChatDriver(store, link, { newId: v7, now: Date.now, focusComposer: () => app.focusComposer() });
app.driver = driver;
app.link = link;
app.state = store.state;

let saved: ChatState | undefined;
let isPlaceStale = false;
let placeToRestore = restored.place;
const gate = new FrameGate(draw, (callback) => requestAnimationFrame(callback));

/** Draws the state and, in the same frame, keeps what must outlive the page. */
function draw(): void {
  const { state } = store;
  app.state = state;
  const isSaved = saved !== undefined && saved.pending === state.pending && saved.drafts === state.drafts && saved.folds === state.folds && saved.sessionId === state.sessionId && saved.agentId === state.agentId;
  if (!isSaved || isPlaceStale) {
    saved = state;
    isPlaceStale = false;
    pageState.write(saveState(state, readingPlace()));
  }
  if (placeToRestore !== undefined && state.snapshot !== undefined) void restorePlace();
}

function readingPlace() {
  const anchor = app.transcript?.keeper?.anchor;
  const { sessionId } = store.state;
  if (placeToRestore !== undefined) return placeToRestore;
  return anchor === undefined || sessionId === undefined ? undefined : { sessionId, anchor: anchor.key, offset: anchor.offset };
}

/** Puts the reader back where the page was left, when that turn is among those that were read. */
async function restorePlace(): Promise<void> {
  const place = placeToRestore;
  placeToRestore = undefined;
  const turn = store.state.snapshot?.turns.find((one) => one.message.id === place?.anchor || one.attempts.some((attempt) => holdsStep(attempt.message, place?.anchor)));
  if (place === undefined || turn === undefined || place.sessionId !== store.state.sessionId) return;
  await app.updateComplete;
  await app.transcript?.drawAround(turn.id, place.anchor, place.offset);
}

function holdsStep(message: Message | undefined, key: string | undefined): boolean {
  return message?.parts.some((part) => stepKey(message.id, part) === key) ?? false;
}

function tellHost(next: ChatState, previous: ChatState | undefined, isLatest = false): void {
  const isRunning = runningTurn(next) !== undefined;
  const wasRunning = previous !== undefined && runningTurn(previous) !== undefined;
  if (previous !== undefined && previous.agentId === next.agentId && previous.sessionId === next.sessionId && isRunning === wasRunning) return;
  link.post({
    type: 'showing',
    isRunning,
    ...(isLatest ? { isLatest } : {}),
    ...(next.agentId === undefined ? {} : { agentId: next.agentId }),
    ...(next.sessionId === undefined ? {} : { sessionId: next.sessionId }),
  });
}

store.listen((next, previous) => {
  const spoken = announcement(previous, next);
  if (spoken !== undefined) app.announced = spoken;
  tellHost(next, previous);
  gate.want();
});
app.onPlaceChange = () => {
  isPlaceStale = true;
  gate.want();
};

window.addEventListener('message', (event: MessageEvent<unknown>) => link.receive(event.data));
window.addEventListener('focus', () => {
  if (document.activeElement === document.body) app.focusComposer();
});
document.body.append(app);
link.post({ type: 'ready', view: 'chat' });
tellHost(store.state, undefined, pageState.isLatest);
