import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import { Documents } from '../../extension/documents.ts';
import { Signal } from '../../extension/signal.ts';

const host = vi.hoisted(() => ({ provider: undefined as vscode.TextDocumentContentProvider | undefined, close: [] as ((document: object) => void)[], seen: [] as (() => void)[], editors: [] as { document: { uri: object } }[] }));
vi.mock('vscode', () => {
  const listen = <T>(listeners: T[]) => (listener: T) => {
    listeners.push(listener);
    return { dispose: () => listeners.splice(listeners.indexOf(listener), 1) };
  };
  class EventEmitter {
    listeners: ((value: unknown) => void)[] = [];
    event = listen(this.listeners);
    fire = (value: unknown): void => this.listeners.forEach((listener) => listener(value));
    dispose = (): void => void (this.listeners.length = 0);
  }
  return {
    EventEmitter,
    Uri: { from: (parts: { scheme: string; path: string }) => ({ ...parts, toString: () => `${parts.scheme}:${parts.path}` }) },
    workspace: {
      registerTextDocumentContentProvider: (_scheme: string, provider: vscode.TextDocumentContentProvider) => ((host.provider = provider), { dispose: () => undefined }),
      onDidCloseTextDocument: listen(host.close),
      openTextDocument: (uri: object) => Promise.resolve({ uri }),
    },
    window: {
      state: { focused: true },
      get visibleTextEditors() {
        return host.editors;
      },
      onDidChangeVisibleTextEditors: listen(host.seen),
      showTextDocument: (document: { uri: object }) => void (host.editors = [{ document }]),
    },
  };
});

describe('text that follows what it tells of', () => {
  const news = new Signal<void>(() => undefined);
  const written: string[] = [];
  let text: string;
  let documents: Documents;
  const textOf = (uri: vscode.Uri): string => String(host.provider?.provideTextDocumentContent(uri, {} as vscode.CancellationToken));
  const settle = () => vi.advanceTimersByTimeAsync(1_000);

  beforeEach(async () => {
    vi.useFakeTimers();
    written.length = 0;
    text = 'one';
    documents = new Documents();
    documents.onDidChange((uri) => written.push(textOf(uri)));
    await documents.openLive('Status', { read: () => Promise.resolve(text), onNews: news.on });
  });
  afterEach(() => {
    documents.dispose();
    vi.useRealTimers();
  });

  it('is written anew after news, where it reads otherwise', async () => {
    news.emit();
    await settle();
    expect(written).toEqual([]);
    text = 'two';
    news.emit();
    await settle();
    expect(written).toEqual(['two']);
  });

  it('is let alone while it is out of sight, and read again when it comes back', async () => {
    const [shown] = host.editors.splice(0);
    text = 'two';
    news.emit();
    await settle();
    expect(written).toEqual([]);
    if (shown !== undefined) host.editors.push(shown);
    for (const listener of host.seen) listener();
    await settle();
    expect(written).toEqual(['two']);
  });

  it('is read again by and by for what no event tells', async () => {
    text = 'two';
    await vi.advanceTimersByTimeAsync(10_000);
    expect(written).toEqual(['two']);
  });

  it('is not overwritten by an answer that was asked for before the last one', async () => {
    const late = Promise.withResolvers<string>();
    const answers = [Promise.resolve('first'), late.promise, Promise.resolve('newest')];
    await documents.openLive('Status', { read: () => answers.shift() ?? Promise.resolve('newest'), onNews: news.on });
    news.emit();
    await settle();
    news.emit();
    await settle();
    late.resolve('old');
    await settle();
    expect(written.at(-1)).toBe('newest');
  });

  it('is one editor for each title, and forgotten when that is closed', async () => {
    const [before] = host.editors;
    await documents.openLive('Status', { read: () => Promise.resolve('again'), onNews: news.on });
    expect(String(host.editors[0]?.document.uri)).toBe(String(before?.document.uri));
    expect(news.listenerCount).toBe(1);
    for (const listener of host.close) listener(before?.document ?? {});
    expect(news.listenerCount).toBe(0);
  });
});
