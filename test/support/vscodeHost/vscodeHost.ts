import type { Browser, Page } from 'playwright-core';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureVsCodeHost } from '../../../scripts/vscodeHost/install.mjs';
import { installExtension, startVsCodeServer, writeSettings } from '../../../scripts/vscodeHost/server.mjs';
import { launchBrowser } from './browser.mjs';
import { Workbench } from './workbench.ts';

/** How a VS Code for a test is set up. */
export interface VsCodeHostOptions {
  /** Packaged extensions to install. */
  readonly vsix: readonly string[];
  /** The environment of the server and so of the extension host, such as LOGOS_HOME; added to that of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Added to the settings that keep VS Code quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Workspaces are untrusted until a person trusts them. */
  readonly hasTrust?: boolean;
  /** A command that runs the server, such as `['unshare', '-m', ...]`. */
  readonly through?: readonly string[];
  /** `publisher.name` of the extension whose frames the test looks into. */
  readonly extensionId?: string;
}

/** How a window is opened. */
export interface WindowOptions {
  /** The folder to open; default: an empty one. */
  readonly folder?: string;
  readonly width?: number;
  readonly height?: number;
  readonly deviceScaleFactor?: number;
}

/** A real VS Code server on loopback with a browser beside it; `stop` ends both and removes its files. */
export class VsCodeHost {
  readonly browser: Browser;
  readonly data: string;
  readonly workspace: string;
  readonly serverPid: number;
  readonly #server: Awaited<ReturnType<typeof startVsCodeServer>>;
  readonly #extensionId: string;
  readonly #windows = new Set<Workbench>();

  private constructor(browser: Browser, data: string, server: Awaited<ReturnType<typeof startVsCodeServer>>, extensionId: string) {
    this.browser = browser;
    this.data = data;
    this.workspace = path.join(data, 'workspace');
    this.serverPid = server.pid ?? 0;
    this.#server = server;
    this.#extensionId = extensionId;
    fs.mkdirSync(this.workspace, { recursive: true });
  }

  /** Starts server and browser. */
  static async start(options: VsCodeHostOptions): Promise<VsCodeHost> {
    const host = await ensureVsCodeHost();
    const data = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-vscode-'));
    const env = { ...process.env, ...options.env };
    writeSettings(data, { ...quietSettings(), ...options.settings });
    for (const vsix of options.vsix) await installExtension({ host, data, vsix, env });
    const server = await startVsCodeServer({ host, data, env, hasTrust: options.hasTrust ?? false, through: options.through ?? [] });
    try {
      return new VsCodeHost(await launchBrowser(), data, server, options.extensionId ?? 'logos.logos');
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Opens a window and waits until it is drawn; each has a browser profile of its own. */
  async openWindow(options: WindowOptions = {}): Promise<Workbench> {
    const viewport = { width: options.width ?? 1400, height: options.height ?? 900 };
    const context = await this.browser.newContext({ viewport, deviceScaleFactor: options.deviceScaleFactor ?? 1, permissions: ['clipboard-read', 'clipboard-write'], reducedMotion: 'reduce' });
    const page: Page = await context.newPage();
    const folder = encodeURIComponent(options.folder ?? this.workspace);
    await page.goto(`${this.#server.address}?folder=${folder}`, { waitUntil: 'commit' });
    const workbench = new Workbench(page, this.#extensionId);
    this.#windows.add(workbench);
    await workbench.waitUntilReady();
    return workbench;
  }

  /** The pids of the extension hosts of this server (Linux). */
  extensionHostPids(): number[] {
    const isHost = (pid: string): boolean => {
      try {
        const parent = /^PPid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return Number(parent) === this.serverPid && fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=extensionHost');
      } catch {
        return false;
      }
    };
    return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isHost(name)).map(Number);
  }

  /** What the server and its extension hosts logged, for the message of a failed test. */
  readLogs(): string {
    const folder = path.join(this.data, 'server', 'data', 'logs');
    const below = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
    const files = [this.#server.logFile, ...below.filter((name) => name.endsWith('.log')).map((name) => path.join(folder, name))];
    return files.map((file) => `== ${path.basename(file)}\n${fs.readFileSync(file, 'utf8').slice(-4000)}`).join('\n');
  }

  /** Ends windows, browser and server, in this order, and removes their files. */
  async stop(): Promise<void> {
    for (const window of this.#windows) await window.close().catch(() => {});
    await this.browser.close();
    await this.#server.stop();
    fs.rmSync(this.data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function quietSettings(): Record<string, unknown> {
  return JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'settings.json'), 'utf8')) as Record<string, unknown>;
}
