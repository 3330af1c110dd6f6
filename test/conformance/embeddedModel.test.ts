import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openEmbeddedModel, type EmbeddedModelOptions } from '../../server/inference/embedded/openEmbeddedModel.ts';
import type { EmbeddedModel } from '../../server/inference/embedded/embeddedModel.ts';
import { createHttpClient } from '../../server/net/http.ts';
import { spawnProcess, type SpawnedProcess } from '../../server/process/spawn.ts';
import { openTaskPath } from '../support/modelServer/socketOfTask.ts';
import { askModel } from '../support/modelServer/askModel.ts';
import { keepLog } from '../support/modelServer/keepLog.ts';
import { observe } from '../support/modelServer/observed.ts';

const entry = path.resolve(import.meta.dirname, '../../server/inference/embedded/main.ts');
const fakeRuntime = path.resolve(import.meta.dirname, '../support/embedded/fakeRuntime.js');
const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function tempHome(): string {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-home-'));
  ends.push(() => fs.rmSync(home, { recursive: true, force: true }));
  return home;
}

/** A component whose runtime is a small scripted one, for what does not depend on a real model. */
function installFake(home: string, sha256 = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9'): void {
  const folder = path.join(home, 'components', 'embedded-model');
  const runtime = path.join(folder, 'node_modules', 'node-llama-cpp', 'dist');
  fs.mkdirSync(runtime, { recursive: true });
  fs.copyFileSync(fakeRuntime, path.join(runtime, 'index.js'));
  fs.writeFileSync(path.join(runtime, 'package.json'), '{"type":"module"}');
  fs.mkdirSync(path.join(folder, 'weights'));
  fs.writeFileSync(path.join(folder, 'weights', 'Fake-1M-Instruct.Q4.gguf'), 'hello world');
  fs.writeFileSync(path.join(folder, 'component.json'), JSON.stringify({ name: 'embedded-model', version: '1', weights: 'weights/Fake-1M-Instruct.Q4.gguf', sha256 }));
}

interface Opened {
  readonly model: EmbeddedModel;
  readonly children: SpawnedProcess[];
  readonly log: ReturnType<typeof keepLog>;
}

function openModel(home: string, more: Partial<EmbeddedModelOptions> = {}): Opened {
  const children: SpawnedProcess[] = [];
  const log = keepLog();
  const spawn: typeof spawnProcess = async (...args) => {
    const child = await spawnProcess(...args);
    children.push(child);
    return child;
  };
  const model = openEmbeddedModel({ home, distribution: '/nowhere', nodePath: process.execPath, log, entry, spawn, ...more });
  ends.push(() => model.dispose());
  return { model, children, log };
}

/** A task's socket whose route leads to the embedded model. */
async function openPathTo({ model }: Opened) {
  const { socketPath } = await model.start();
  const view = model.view();
  const task = await openTaskPath({ route: { socketPath, baseUrl: view.baseUrl, serverName: view.name, model: view.models[0]!.name, supportsTools: false, isTiny: true } });
  ends.push(() => task.dispose());
  return task;
}

describe('the embedded model as a component', () => {
  it('says that it is not installed and starts nothing', async () => {
    const { model, children } = openModel(tempHome());
    expect(model.view()).toMatchObject({ id: 'embedded', kind: 'embedded', state: 'not_installed', models: [] });
    await expect(model.start()).rejects.toMatchObject({ class: 'model_unreachable', reason: 'not_installed' });
    expect(children).toHaveLength(0);
  });

  it('is a tiny model without tools once it is installed', () => {
    const home = tempHome();
    installFake(home);
    expect(openModel(home).model.view()).toMatchObject({ name: 'Embedded model', state: 'up', models: [{ name: 'Fake 1M', supportsTools: false, isTiny: true, contextTokens: 4096 }] });
  });

  it('refuses weights that are not the ones that were installed, and names the way out', async () => {
    const home = tempHome();
    installFake(home, '0'.repeat(64));
    const { model, children, log } = openModel(home);
    const task = await openPathTo({ model, children, log }).catch(() => undefined);
    await expect.poll(() => log.lines.some((line) => line.includes('damaged'))).toBe(true);
    expect(task === undefined || observe(await task.ask('Hi')).error !== undefined).toBe(true);
    expect(children).toHaveLength(1);
  });

  it('does not follow a component file out of its folder', () => {
    const home = tempHome();
    installFake(home);
    const file = path.join(home, 'components', 'embedded-model', 'component.json');
    fs.writeFileSync(file, JSON.stringify({ weights: '../../secret.gguf', sha256: 'x' }));
    expect(openModel(home).model.view().state).toBe('not_installed');
  });
});

describe('the embedded model as a process', () => {
  it('starts once for many who ask, tells that it loads, and answers over the path of a task', async () => {
    const home = tempHome();
    installFake(home);
    const opened = openModel(home);
    const sockets = await Promise.all([opened.model.start(), opened.model.start(), opened.model.start()]);
    expect(new Set(sockets.map(({ socketPath }) => socketPath)).size).toBe(1);
    const task = await openPathTo(opened);
    expect(observe(await task.ask('One two three'))).toMatchObject({ text: 'You said One two three ', finish: 'stop', usage: { outputTokens: 5 } });
    expect(opened.children).toHaveLength(1);
  });

  it('makes one answer at a time, in order, and leaves out those who went away', async () => {
    const home = tempHome();
    installFake(home);
    const task = await openPathTo(openModel(home));
    const order: string[] = [];
    const leave = new AbortController();
    let hasBegun = false;
    const first = task.ask('slow first', { onEvents: () => (hasBegun = true) }).then((events) => void order.push(observe(events).text ?? ''));
    await expect.poll(() => hasBegun, { interval: 2 }).toBe(true);
    const gone = task.ask('slow gone', { signal: leave.signal }).catch(() => 'gone');
    const last = task.ask('last').then((events) => void order.push(observe(events).text ?? ''));
    leave.abort();
    await Promise.all([first, gone, last]);
    expect(order).toEqual(['You said slow first ', 'You said last ']);
  });

  it('stops its work when the task goes away in the middle of an answer', async () => {
    const home = tempHome();
    installFake(home);
    const task = await openPathTo(openModel(home));
    const leave = new AbortController();
    await task.ask('forever', { signal: leave.signal, onEvents: () => leave.abort() });
    expect(observe(await task.ask('next')).text).toBe('You said next ');
  });

  it('refuses a conversation that is longer than its context', async () => {
    const home = tempHome();
    installFake(home);
    const task = await openPathTo(openModel(home));
    expect(observe(await task.ask('word '.repeat(5000))).error).toEqual({ class: 'context_overflow', cause: 'context_overflow' });
    expect(task.heard.reports[0]!.error!.details).toMatchObject({ contextTokens: 4096 });
  });

  it('starts again at the same socket when it was killed, and the call that was cut off is told so', async () => {
    const home = tempHome();
    installFake(home);
    const opened = openModel(home);
    const task = await openPathTo(opened);
    const cut = await task.ask('forever', { onEvents: () => void opened.children[0]!.kill('SIGKILL') });
    expect(observe(cut).error).toEqual({ class: 'model_crashed', cause: 'connection_lost' });
    await expect.poll(() => opened.children.length).toBe(2);
    await opened.model.start();
    expect(observe(await task.ask('again')).text).toBe('You said again ');
  });

  it('gives up after three deaths in three minutes, and says why', async () => {
    const home = tempHome();
    installFake(home);
    const { model, children } = openModel(home);
    for (let death = 1; death <= 3; death++) {
      await model.start();
      expect(children).toHaveLength(death);
      children[death - 1]!.kill('SIGKILL');
      await children[death - 1]!.exited;
    }
    await expect.poll(() => model.view().state).toBe('down');
    await expect(model.start()).rejects.toMatchObject({ class: 'model_crashed', reason: 'embedded_died' });
    expect(children).toHaveLength(3);
  });

  it('ends by itself when it is idle, and starts anew when it is wanted', async () => {
    const home = tempHome();
    installFake(home);
    const { model, children } = openModel(home, { idleMs: 100 });
    await model.start();
    await expect(children[0]!.exited).resolves.toEqual({ code: 0, signal: null });
    await model.start();
    expect(children).toHaveLength(2);
  });

  it('ends with the end of its stdin, as when the gateway was killed, and with its owner', async () => {
    const home = tempHome();
    installFake(home);
    const { model, children } = openModel(home);
    await model.start();
    children[0]!.stdin.end();
    await expect(children[0]!.exited).resolves.toMatchObject({ code: 0 });
    await model.start();
    await model.dispose();
    expect(children[1]!.hasExited()).toBe(true);
    expect(fs.readdirSync(home).filter((name) => name.endsWith('.sock'))).toEqual([]);
  });

  it('gets nothing of our environment and no secret in its arguments', async () => {
    const home = tempHome();
    installFake(home);
    const seen: unknown[] = [];
    const { model } = openModel(home, {
      spawn: (file, args, options) => {
        seen.push(options.env, args.join(' '));
        return spawnProcess(file, args, options);
      },
    });
    await model.start();
    expect(seen[0]).toEqual({ NODE_ENV: 'production', ELECTRON_RUN_AS_NODE: '1' });
    expect(seen[1]).toMatch(/^\S+main\.ts --socket \S+ --component /);
  });
});

describe('the embedded model for real', () => {
  it('adds two and two and remembers a name over one turn', { timeout: 60_000 }, async (context) => {
    const component = findComponent();
    if (component === undefined) return context.skip('the embedded model is not installed: run `node scripts/setup.mjs model`, or set LOGOS_TEST_COMPONENT');
    const home = tempHome();
    fs.mkdirSync(path.join(home, 'components'));
    fs.symlinkSync(component, path.join(home, 'components', 'embedded-model'));
    const opened = openModel(home);
    const { socketPath } = await opened.model.start();
    const http = createHttpClient();
    ends.push(() => http.dispose());
    await expect.poll(async () => (await http.request({ method: 'GET', url: 'http://embedded.model/health', socketPath })).status, { timeout: 30_000, interval: 100 }).toBe(200);
    const ask = async (message: string, messages?: unknown[]) =>
      observe(await askModel({ http, baseUrl: 'http://embedded.model/v1', socketPath, message, more: { stream_options: { include_usage: true }, ...(messages === undefined ? {} : { messages }) } }));
    const sum = await ask('What is 2+2?');
    expect(sum.text).toContain('4');
    expect(sum.finish).toBe('stop');
    expect(sum.usage!.outputTokens).toBeGreaterThan(0);
    const name = await ask('', [
      { role: 'user', content: 'My dog is called Rex.' },
      { role: 'assistant', content: 'Rex is a good name for a dog.' },
      { role: 'user', content: 'What is the name of my dog?' },
    ]);
    expect(name.text).toContain('Rex');
  });
});

/** A real component on this machine. */
function findComponent(): string | undefined {
  const named = process.env['LOGOS_TEST_COMPONENT'];
  if (named !== undefined && fs.existsSync(path.join(named, 'component.json'))) return named;
  const cache = path.join(os.homedir(), '.cache', 'logos-components');
  const found = fs.existsSync(cache) ? fs.readdirSync(cache).find((name) => name.startsWith('embedded-model-') && fs.existsSync(path.join(cache, name, 'component.json'))) : undefined;
  return found === undefined ? undefined : path.join(cache, found);
}
