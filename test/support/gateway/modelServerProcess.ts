import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import readline from 'node:readline';
import type { RecordedRequest } from '../modelServer/modelServer.ts';
import type { Script } from '../modelServer/script.ts';
import type { Rule } from '../modelServer/strictRules.ts';

const program = path.join(import.meta.dirname, '..', 'modelServer', 'main.ts');

/** The scripted model server as a process of its own, so that it can be killed. */
export class ModelServerProcess {
  /** `http://127.0.0.1:PORT/v1`; the same after a restart. */
  readonly baseUrl: string;
  readonly #args: readonly string[];
  #child: ChildProcess;

  private constructor(baseUrl: string, child: ChildProcess, args: readonly string[]) {
    this.baseUrl = baseUrl;
    this.#child = child;
    this.#args = args;
  }

  /** Starts it on a free port of loopback. */
  static async start(args: readonly string[] = []): Promise<ModelServerProcess> {
    const { child, baseUrl } = await launch(args);
    return new ModelServerProcess(baseUrl, child, args);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    await endChild(this.#child, 'SIGKILL');
  }

  /** Starts it again at the same address. */
  async restart(): Promise<void> {
    const { child } = await launch([...this.#args, '--port', new URL(this.baseUrl).port]);
    this.#child = child;
  }

  /** Every request that this process saw, oldest first. */
  async requests(): Promise<RecordedRequest[]> {
    return (await (await fetch(`${this.#origin}/control/requests`)).json()) as RecordedRequest[];
  }

  /** The chat requests whose body has the text. */
  async chatRequests(text: string): Promise<RecordedRequest[]> {
    return (await this.requests()).filter((request) => request.path.endsWith('/chat/completions') && request.body.includes(text));
  }

  async release(gate: string): Promise<void> {
    await this.#post('release', { gate });
  }

  async post(name: string, script: Script): Promise<void> {
    await this.#post('scripts', { name, script });
  }

  /** Answers with an error to every request that breaks one of these rules. */
  async demand(...rules: Rule[]): Promise<void> {
    await this.#post('rules', { rules });
  }

  async dispose(): Promise<void> {
    await endChild(this.#child, 'SIGTERM');
  }

  get #origin(): string {
    return new URL(this.baseUrl).origin;
  }

  async #post(what: string, body: unknown): Promise<void> {
    const response = await fetch(`${this.#origin}/control/${what}`, { method: 'POST', body: JSON.stringify(body) });
    await response.text();
  }
}

async function launch(args: readonly string[]): Promise<{ child: ChildProcess; baseUrl: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the scripted model server ended before it listened');
  });
  ended.catch(() => undefined);
  if (child.stdout === null) throw new Error('the scripted model server has no output');
  const [line] = (await Promise.race([once(readline.createInterface(child.stdout), 'line'), ended])) as [string];
  return { child, baseUrl: (JSON.parse(line) as { baseUrl: string }).baseUrl };
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
