import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import type { FromWebview, ToWebview } from '../../webviews/shared/relayMessages.ts';
import { FakeChatHost } from './fakeChatHost.ts';
import themes from './webviewThemes.json' with { type: 'json' };

const root = path.join(import.meta.dirname, '..', '..');
const codicons = path.join(root, 'node_modules/@vscode/codicons/dist');

/** The name of a theme whose variables were read from VS Code. */
export type ThemeName = keyof typeof themes;
/** All of them. */
export const themeNames = Object.keys(themes) as ThemeName[];

const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];

/** Where a Chromium is, or undefined: then browser tests are skipped with the reason. */
export function findChromium(): string | undefined {
  return [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => file !== undefined && fs.existsSync(file));
}

/** A page of a webview with a fake host behind it. */
export interface WebviewPage {
  readonly page: Page;
  readonly host: FakeChatHost;
  /** Everything that the page complained about: errors and refused content. */
  readonly complaints: string[];
}

/** Builds the chat as the product does and opens it in Chromium, under the content security policy and the style sheet of VS Code. */
export class WebviewBench {
  readonly #browser: Browser;
  readonly #server: ReturnType<typeof createServer>;
  readonly #address: string;
  /** Size of the chat's bundle, minified. */
  readonly scriptBytes: number;

  private constructor(browser: Browser, server: ReturnType<typeof createServer>, scriptBytes: number) {
    this.scriptBytes = scriptBytes;
    this.#browser = browser;
    this.#server = server;
    this.#address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(executablePath: string): Promise<WebviewBench> {
    const bundle = await build({
      entryPoints: [path.join(root, 'webviews/chat/main.ts')],
      bundle: true,
      write: false,
      minify: true,
      format: 'iife',
      target: 'chrome128',
      conditions: ['browser'],
      legalComments: 'none',
    });
    const script = bundle.outputFiles[0]?.text ?? '';
    const files = new Map<string, { type: string; body: string | Buffer }>([
      ['/chat.js', { type: 'text/javascript', body: script }],
      ['/codicon.css', { type: 'text/css', body: fs.readFileSync(path.join(codicons, 'codicon.css')) }],
      ['/codicon.ttf', { type: 'font/ttf', body: fs.readFileSync(path.join(codicons, 'codicon.ttf')) }],
    ]);
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const file = files.get(url.pathname);
      if (url.pathname === '/') response.setHeader('content-type', 'text/html; charset=utf-8').end(html(url.searchParams.get('theme') as ThemeName));
      else if (file === undefined) response.writeHead(url.pathname === '/favicon.ico' ? 204 : 404).end();
      else response.setHeader('content-type', file.type).end(file.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new WebviewBench(await chromium.launch({ executablePath, headless: true, args: flags }), server, Buffer.byteLength(script));
  }

  /** Size of the view in px and its theme. */
  async open({ host = new FakeChatHost(), theme = 'dark', width = 380, height = 865, bodyClass = '', deviceScaleFactor = 1 }: { host?: FakeChatHost; theme?: ThemeName; width?: number; height?: number; bodyClass?: string; deviceScaleFactor?: number } = {}): Promise<WebviewPage> {
    const context = await this.#browser.newContext({ viewport: { width, height }, deviceScaleFactor, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    // Posts keep their order: each waits for the one before.
    let last: Promise<unknown> = Promise.resolve();
    host.post = (message: ToWebview) => {
      last = last.then(() => page.evaluate((data) => window.postMessage(data, '*'), message)).catch(() => undefined);
    };
    await page.exposeFunction('logosPost', (message: FromWebview) => host.receive(message));
    await page.addInitScript(hostScript);
    await page.goto(`${this.#address}/?theme=${theme}`);
    if (bodyClass !== '') await page.evaluate((name) => document.body.classList.add(name), bodyClass);
    return { page, host, complaints };
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}

/** What VS Code gives to a page; the state outlives a reload of it. */
const hostScript = `
  globalThis.acquireVsCodeApi = () => ({
    postMessage: (message) => void globalThis.logosPost(message),
    getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
    setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
  });
`;

function html(theme: ThemeName): string {
  const { bodyClass, variables } = themes[theme];
  const nonce = 'bm9uY2U';
  const csp = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'; font-src 'self'; img-src 'self' data: blob:`;
  const rules = Object.entries(variables).map(([name, value]) => `${name}: ${value};`);
  // The style sheet of VS Code for webviews comes first, as it does there.
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Logos: Chat</title>
    <meta http-equiv="Content-Security-Policy" content="${csp}">
    <style nonce="${nonce}">:root { ${rules.join(' ')} --vscode-font-size: 13px; --vscode-font-family: Inter, 'DejaVu Sans Condensed', sans-serif; --vscode-editor-font-family: 'DejaVu Sans Mono', monospace; }
      html { background: var(--vscode-sideBar-background); }
      @layer vscode-default { body { padding: 0 20px; margin: 0; color: var(--vscode-editor-foreground); } code { color: var(--vscode-textPreformat-foreground); background: var(--vscode-textPreformat-background); padding: 1px 3px; border-radius: 4px; } kbd { border: 1px solid; padding: 3px; } }</style>
    <link rel="stylesheet" href="/codicon.css"></head>
    <body class="${bodyClass}"><script nonce="${nonce}" src="/chat.js"></script></body></html>`;
}
