import { parentPort, workerData } from 'node:worker_threads';
import { readBatch } from './commitBatch.ts';
import { openReader } from './openDatabase.ts';
import { operations } from './operations.ts';
import { storeErrorOf } from './storeErrors.ts';
import type { FromThread, ThreadStart, ToThread } from './threadMessages.ts';
import { WriterThread } from './writerThread.ts';

const port = parentPort;
if (port === null) throw new Error('storeThread runs as a worker thread of the gateway.');
const start = workerData as ThreadStart;
const say = (message: FromThread): void => port.postMessage(message);

interface Side {
  receive(message: ToThread): void;
  close(): void;
}

function startWriter(): Side {
  const writer = new WriterThread(start, say);
  return {
    receive(message) {
      if (message.kind === 'batch') say({ kind: 'results', results: writer.commit(message.calls) });
      if (message.kind === 'recover') writer.recoverFor(message.generation);
    },
    close: () => writer.close(),
  };
}

function startReader(): Side {
  const db = openReader(start.path, start.busyTimeoutMs);
  return {
    receive(message) {
      if (message.kind !== 'batch') return;
      let isCorrupt = false;
      const results = readBatch(db, operations, message.calls, () => (isCorrupt = true));
      say({ kind: 'results', results });
      if (isCorrupt) say({ kind: 'corrupt' });
    },
    close: () => db.close(),
  };
}

try {
  const side = start.role === 'writer' ? startWriter() : startReader();
  port.on('message', (message: ToThread) => {
    if (message.kind !== 'close') return side.receive(message);
    side.close();
    port.close();
  });
  say({ kind: 'ready' });
} catch (error) {
  say({ kind: 'failed', error: storeErrorOf(error).toInfo() });
}
