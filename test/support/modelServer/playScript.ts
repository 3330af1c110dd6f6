import type http from 'node:http';
import { setTimeout as sleep, setImmediate as nextTurn } from 'node:timers/promises';
import { operationsOf, type Operation, type Script } from './script.ts';

/** Gates that scripts wait at. */
export interface Gates {
  wait(name: string, signal: AbortSignal): Promise<void>;
  release(name: string): void;
  reset(): void;
}

/** Makes Gates; the gate `never` does not open. */
export function createGates(): Gates {
  let open = new Set<string>();
  const waiting = new Map<string, Set<() => void>>();
  return {
    wait(name, signal) {
      if (open.has(name)) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const waiters = waiting.get(name) ?? new Set();
        waiting.set(name, waiters);
        waiters.add(resolve);
        signal.addEventListener('abort', () => {
          waiters.delete(resolve);
          reject(signal.reason as Error);
        });
      });
    },
    release(name) {
      if (name === 'never') return;
      open.add(name);
      for (const resolve of waiting.get(name) ?? []) resolve();
      waiting.delete(name);
    },
    reset() {
      open = new Set();
    },
  };
}

/** Answers a request as the script says; returns early when `signal` tells that the client went away. */
export async function playScript(script: Script, response: http.ServerResponse, gates: Gates, signal: AbortSignal): Promise<void> {
  if (script.headDelayMs !== undefined) await sleep(script.headDelayMs, undefined, { signal });
  if (script.headGate !== undefined) await gates.wait(script.headGate, signal);
  response.socket?.setNoDelay(true);
  response.writeHead(script.status ?? 200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...script.headers });
  response.flushHeaders();
  const startedAt = performance.now();
  for (const operation of operationsOf(script)) {
    if (signal.aborted) return;
    const isOver = await play(operation, { script, response, gates, signal, startedAt });
    if (isOver) return;
  }
  response.end();
}

interface Stage {
  readonly script: Script;
  readonly response: http.ServerResponse;
  readonly gates: Gates;
  readonly signal: AbortSignal;
  startedAt: number;
}

/** Plays one operation; true when nothing follows it. */
async function play(operation: Operation, stage: Stage): Promise<boolean> {
  const { response, signal } = stage;
  switch (operation.kind) {
    case 'write':
      if (operation.atMs === 0) stage.startedAt = performance.now();
      if (operation.atMs !== undefined) await sleepUntil(stage.startedAt + operation.atMs, signal);
      await writeCut(response, operation.bytes(), stage.script.bytesPerWrite);
      return false;
    case 'wait':
      await sleep(operation.ms, undefined, { signal });
      return false;
    case 'gate':
      await stage.gates.wait(operation.name, signal);
      return false;
    case 'reset':
      response.socket?.resetAndDestroy();
      return true;
    case 'hang':
      return true;
  }
}

async function sleepUntil(at: number, signal: AbortSignal): Promise<void> {
  const ms = at - performance.now();
  if (ms > 0.5) await sleep(ms, undefined, { signal });
}

async function writeCut(response: http.ServerResponse, bytes: Buffer, bytesPerWrite: number | undefined): Promise<void> {
  const size = bytesPerWrite ?? bytes.length;
  for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
    const isTaken = response.write(bytes.subarray(at, at + size));
    if (bytesPerWrite !== undefined) await nextTurn();
    if (!isTaken && !response.destroyed) await drained(response);
  }
}

/** Resolves when the response takes more, or will never. */
function drained(response: http.ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
