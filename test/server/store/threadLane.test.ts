import { describe, expect, it } from 'vitest';
import { ThreadLane } from '../../../server/store/threadLane.ts';

/** A thread whose first answer is nested deeper than the stack of whoever reads it; its own is larger. */
const deepThread = `
import { parentPort } from 'node:worker_threads';
let depth = 6000;
parentPort.on('message', ({ kind, calls }) => {
  if (kind === 'close') return parentPort.close();
  const value = JSON.parse('['.repeat(depth) + '1' + ']'.repeat(depth));
  depth = 0;
  parentPort.postMessage({ kind: 'results', results: calls.map(() => ({ value })) });
});
parentPort.postMessage({ kind: 'ready' });`;

describe('an answer of a store thread that cannot be read', () => {
  it('is an error of its callers, and the next call is carried out', async () => {
    const start = { role: 'writer', path: '', busyTimeoutMs: 0, isCorrupt: false } as const;
    const lane = new ThreadLane({ threadUrl: new URL(`data:text/javascript,${encodeURIComponent(deepThread)}`), start, onMessage: () => undefined, onEnd: () => undefined });
    await lane.ready;
    await expect(lane.call('listAgents', undefined)).rejects.toMatchObject({ reason: 'not_copied' });
    expect(await lane.call('listAgents', undefined)).toBe(1);
    await lane.close();
  });
});
