import { v7 } from 'uuid';
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
import { compactStyles } from './compact.css.ts';
import { composerStyles } from './composer.css.ts';
import { chatStyles } from './chat.css.ts';
import { proseStyles } from './prose.css.ts';
import { ReadingPlaces } from './readingPlaces.ts';
import { restoreState, saveState } from './savedState.ts';
import { ansiStyles, stepStyles } from './steps.css.ts';

declare function acquireVsCodeApi(): HostPort;

adoptStyles(tokenStyles, controlStyles, chatStyles, stepStyles, ansiStyles, proseStyles, composerStyles, compactStyles);

const port = acquireVsCodeApi();
const pageState = new PageState(port, windowStorage(), document.body.dataset['stateKey'] ?? 'chat', Date.now);
const restored = restoreState(pageState.read());
const store = new ChatStore(restored.state);
const places = new ReadingPlaces(restored.places);
const link = new HostLink(port, (notice) => driver.take(notice));
const app = new ChatApp();
const driver = new ChatDriver(store, link, { newId: v7, now: Date.now, focusComposer: () => app.focusComposer() });
app.driver = driver;
app.link = link;
app.places = places;
app.state = store.state;

let saved: ChatState | undefined;
let isPlaceStale = false;
const gate = new FrameGate(draw, (callback) => requestAnimationFrame(callback));

/** Draws the state and, in the same frame, keeps what must outlive the page. */
function draw(): void {
  const { state } = store;
  app.state = state;
  const isSaved = saved !== undefined && saved.pending === state.pending && saved.drafts === state.drafts && saved.folds === state.folds && saved.sessionId === state.sessionId && saved.agentId === state.agentId;
  if (!isSaved || isPlaceStale) {
    saved = state;
    isPlaceStale = false;
    pageState.write(saveState(state, places.all()));
  }
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
window.addEventListener('focus', () => app.keepFocus());
document.body.append(app);
link.post({ type: 'ready', view: 'chat' });
tellHost(store.state, undefined, pageState.isLatest);
