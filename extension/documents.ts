import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from './disposableStore.ts';
import { newId } from './ids.ts';
import { Paced } from './paced.ts';
import { fileName } from './trees/labelText.ts';

const SCHEME = 'logos-text';
/** A page that follows is written anew at most so often. */
const NEWS_PAUSE_MS = 1_000;
/** Of what no event tells, such as the memory of a process, a page in sight is at most so old. */
const OLDEST_MS = 10_000;

/** Text that changes: how it reads now, and what tells that it may read otherwise. */
export interface LiveText {
  readonly read: () => Promise<string>;
  readonly onNews: (listener: () => void) => Disposable;
}

/** Read-only editors with text that is in no file, such as the whole output of a tool. A closed one is forgotten. */
export class Documents implements vscode.TextDocumentContentProvider, Disposable {
  readonly #texts = new Map<string, string>();
  readonly #followed = new Map<string, Disposable>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #owned = new DisposableStore();
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#owned.add(this.#changed);
    this.#owned.add(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
    this.#owned.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => uri.scheme === SCHEME && this.#forget(uri.toString())));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? 'This text is no longer kept. Open it again from where it came.\n';
  }

  /** Opens text beside what is being worked on; the title is a name, whatever it holds. */
  async open(title: string, text: string): Promise<void> {
    await this.#show(uriOf(newId(), title), text);
  }

  /** Opens text that is read anew after news for as long as it is in sight; of each title there is one. Rejects when it cannot be read at first. */
  async openLive(title: string, live: LiveText): Promise<void> {
    const uri = uriOf('live', title);
    const text = await live.read();
    await this.#show(uri, text);
    this.#followed.get(uri.toString())?.dispose();
    this.#followed.set(uri.toString(), this.#follow(uri, live));
  }

  dispose(): void {
    this.#owned.dispose();
    for (const key of [...this.#followed.keys()]) this.#forget(key);
    this.#texts.clear();
  }

  async #show(uri: vscode.Uri, text: string): Promise<void> {
    this.#write(uri, text);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  #write(uri: vscode.Uri, text: string): void {
    const key = uri.toString();
    if (this.#texts.get(key) === text) return;
    const isOpen = this.#texts.has(key);
    this.#texts.set(key, text);
    if (isOpen) this.#changed.fire(uri);
  }

  #follow(uri: vscode.Uri, { read, onNews }: LiveText): Disposable {
    const owned = new DisposableStore();
    const isInSight = () => vscode.window.visibleTextEditors.some(({ document }) => document.uri.toString() === uri.toString());
    let count = 0;
    // A gateway that hangs keeps a text waiting; a later one may overtake it, an earlier one may not.
    const paced = new Paced(() => {
      if (!isInSight()) return;
      const own = (count += 1);
      read().then((text) => own === count && this.#followed.has(uri.toString()) && this.#write(uri, text), () => undefined);
    }, NEWS_PAUSE_MS);
    const timer = setInterval(() => vscode.window.state.focused && paced.tell(), OLDEST_MS);
    owned.defer(() => clearInterval(timer));
    owned.add(paced);
    owned.add(onNews(() => paced.tell()));
    owned.add(vscode.window.onDidChangeVisibleTextEditors(() => paced.tell()));
    return owned;
  }

  #forget(key: string): void {
    this.#texts.delete(key);
    this.#followed.get(key)?.dispose();
    this.#followed.delete(key);
  }
}

function uriOf(folder: string, title: string): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `/${folder}/${fileName(title)}` });
}
