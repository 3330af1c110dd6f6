import { randomUUID } from 'node:crypto';
import { ChatDriver } from '../../webviews/chat/chatDriver.ts';
import { initialState } from '../../webviews/chat/chatState.ts';
import type { ChatState } from '../../webviews/chat/chatState.ts';
import { ChatStore } from '../../webviews/chat/chatStore.ts';
import { HostLink } from '../../webviews/shared/hostLink.ts';
import type { Scene } from './chatScenes.ts';

/** A page without a browser: link, store and driver over the fake host. */
export function openChat({ host }: Scene, state: ChatState = initialState) {
  const store = new ChatStore(state);
  const link = new HostLink({ postMessage: (message) => host.receive(structuredClone(message)), getState: () => undefined, setState: () => undefined }, (notice) => driver.take(notice));
  const driver = new ChatDriver(store, link, { newId: randomUUID, now: Date.now, focusComposer: () => undefined });
  host.post = (message) => link.receive(structuredClone(message));
  link.post({ type: 'ready', view: 'chat' });
  return { store, link, driver, host };
}

/** Lets every promise that can go on go on. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 50; round += 1) await Promise.resolve();
}

/** The requests of one method that the page has sent. */
export const sent = (scene: Scene, method: string) => scene.host.requests.filter((request) => request.method === method);
