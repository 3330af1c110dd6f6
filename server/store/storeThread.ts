import { parentPort, workerData } from 'node:worker_threads';
import { giveBackMemory } from '../base/giveBackMemory.ts';
import { defaultQuietMs, RestWatch } from '../base/restWatch.ts';
import { readBatch } from './commitBatch.ts';
import { checkpoint, openReader } from './openDatabase.ts';
import { operations } from './operations.ts';
import { storeErrorOf } from './storeErrors.ts';
import type { Call, CallResult, FromThread, ThreadStart, ToThread } from './threadMessages.ts';
import { WriterThread } from './writerThread.ts';

const port = parentPort;
if (port === null) throw new Error('storeThread runs as a worker thread of the gateway.');
const start = workerData as ThreadStart;
const say = (message: FromThread): void => port.postMessage(message);

const rest = new RestWatch({ quietMs: defaultQuietMs }, giveBackMemory);

/** What a thread does; each role has its own. */
interface Side {
  commit(calls: readonly Call[], onCorrupt: () => void): CallResult[];
  checkpoint(): void;
  close(): void;
}

function startWriter(): Side {
  const writer = new WriterThread(start, say);
  return {
    commit: (calls, onCorrupt) => writer.commit(calls, onCorrupt),
    checkpoint: () => undefined,
    close: () => writer.close(),
  };
}

function startReader(): Side {
  const db = openReader(start.path, start.busyTimeoutMs);
  return {
    commit: (calls, onCorrupt) => readBatch(db, operations, calls, onCorrupt),
    checkpoint: () => checkpoint(db, say),
    close: () => db.close(),
  };
}

function receive(side: Side, message: ToThread): void {
  rest.touch();
  if (message.kind === 'checkpoint') return side.checkpoint();
  if (message.kind === 'close') {
    rest.dispose();
    side.close();
    return port?.close();
  }
  let isCorrupt = false;
  const results = side.commit(message.calls, () => (isCorrupt = true));
  say({ kind: 'results', results });
  if (isCorrupt) say({ kind: 'corrupt' });
}

try {
  const side = start.role === 'writer' ? startWriter() : startReader();
  port.on('message', (message: ToThread) => receive(side, message));
  // A batch that does not fit this thread's stack is never seen here; without an answer every later call would wait for it.
  port.on('messageerror', () => say({ kind: 'results', results: [] }));
  say({ kind: 'ready' });
} catch (error) {
  say({ kind: 'failed', error: storeErrorOf(error).toInfo() });
}
