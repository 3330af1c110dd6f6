import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { CommandMessage, ShowingMessage, ToWebview } from '../../webviews/shared/relayMessages.ts';
import { DisposableStore, type Disposable } from '../disposableStore.ts';
import type { Log } from '../log.ts';
import type { Gateway } from '../server/gatewayConnection.ts';
import { pageHtml } from './page.ts';
import { Relay } from './relay.ts';
import type { UnsentMessages } from './unsentMessages.ts';
import type { ViewDefinition } from './views.ts';

/** What a host of a webview needs, and whom it tells what the page did. */
export interface WebviewHostPorts {
  readonly view: ViewDefinition;
  readonly extensionUri: vscode.Uri;
  /** Tells the states of pages of several workspaces apart. */
  readonly workspaceKey: string;
  readonly gateway: Gateway;
  readonly log: Log;
  readonly unsent: UnsentMessages;
  onReady(host: WebviewHost): void;
  onCommand(message: CommandMessage, host: WebviewHost): void;
  onShowing(showing: ShowingMessage): void;
}

const READY_TIMEOUT_MS = 10_000;

/** Owns one webview: its page, its relay, and a page that does not come up. The page is thrown away while it is hidden. */
export class WebviewHost implements Disposable {
  readonly #webview: vscode.Webview;
  readonly #ports: WebviewHostPorts;
  readonly #owned = new DisposableStore();
  readonly #relay: Relay;
  #readyTimer: NodeJS.Timeout | undefined;
  #isReady = false;

  constructor(webview: vscode.Webview, ports: WebviewHostPorts) {
    this.#webview = webview;
    this.#ports = ports;
    webview.options = { enableScripts: true, enableForms: false, enableCommandUris: false, localResourceRoots: [this.#folder()] };
    this.#relay = this.#owned.add(
      new Relay({
        view: ports.view,
        gateway: ports.gateway,
        unsent: ports.unsent,
        post: (message) => this.post(message),
        isTrusted: () => vscode.workspace.isTrusted,
        onReady: () => this.#beReady(),
        onCommand: (message) => ports.onCommand(message, this),
        onShowing: (showing) => ports.onShowing(showing),
        log: (sentence) => ports.log.warn(sentence),
      }),
    );
    this.#owned.add(webview.onDidReceiveMessage((message: unknown) => this.#relay.receive(message)));
    this.#owned.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#relay.sendHost()));
    this.#owned.defer(() => clearTimeout(this.#readyTimer));
    this.setPage();
  }

  /** The page listens. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Makes the page anew; its state is the page's own. */
  setPage(): void {
    this.#fillPage();
    clearTimeout(this.#readyTimer);
    this.#readyTimer = setTimeout(() => this.#fillAgain(), READY_TIMEOUT_MS);
  }

  /** The page was hidden, so VS Code has thrown it away; it says `ready` when it is shown again. */
  hide(): void {
    this.#isReady = false;
    clearTimeout(this.#readyTimer);
    this.#relay.endSubscriptions();
  }

  /** Says something to the page; while it is hidden nobody hears it. */
  post(message: ToWebview): void {
    void this.#webview.postMessage(message);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #fillPage(): void {
    const { view, workspaceKey } = this.#ports;
    this.#isReady = false;
    const uriOf = (file: string) => this.#webview.asWebviewUri(vscode.Uri.joinPath(this.#folder(), file)).toString();
    this.#webview.html = pageHtml({
      title: view.title,
      stateKey: `${view.name}-${workspaceKey}`,
      nonce: randomBytes(18).toString('base64url'),
      cspSource: this.#webview.cspSource,
      scriptUri: uriOf(view.script),
      iconsUri: uriOf('codicon.css'),
    });
  }

  #fillAgain(): void {
    this.#ports.log.warn(`The ${this.#ports.view.name} view did not come up within ${READY_TIMEOUT_MS / 1000} s; its page is made anew.`);
    this.#fillPage();
  }

  #beReady(): void {
    this.#isReady = true;
    clearTimeout(this.#readyTimer);
    this.#ports.onReady(this);
  }

  #folder(): vscode.Uri {
    return vscode.Uri.joinPath(this.#ports.extensionUri, 'dist', 'webviews');
  }
}
