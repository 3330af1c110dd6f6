import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from './disposableStore.ts';
import { newId } from './ids.ts';
import { labelText } from './trees/labelText.ts';

const SCHEME = 'logos-text';

/** Read-only editors with text that is in no file, such as the whole output of a tool. A closed one is forgotten. */
export class Documents implements vscode.TextDocumentContentProvider, Disposable {
  readonly #texts = new Map<string, string>();
  readonly #owned = new DisposableStore();

  constructor() {
    this.#owned.add(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
    this.#owned.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => uri.scheme === SCHEME && this.#texts.delete(uri.toString())));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? 'This text is no longer kept. Open it again from where it came.\n';
  }

  /** Opens text beside what is being worked on; the title is a name, whatever it holds. */
  async open(title: string, text: string): Promise<void> {
    const name = labelText(title, 80).replace(/[\\/:*?"<>|]/g, '_') || 'text';
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${newId()}/${name}` });
    this.#texts.set(uri.toString(), text);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  dispose(): void {
    this.#owned.dispose();
    this.#texts.clear();
  }
}
