import type { Readable } from 'node:stream';
import type { Task } from '../../server/protocol/worker.ts';
import { WorkerError } from './workerError.ts';

/** The version of the wire that this worker speaks; the type follows the contract. */
export const protocolVersion: Task['v'] = 1;

/** Larger than any history that fits a model, and small enough to hold. */
const maxTaskBytes = 64 * 1_048_576;

/** Reads the task: the first line of stdin, or all of it when stdin ends without one. Rejects when there is none. */
export function readTaskLine(stdin: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (): void => {
      stdin.off('data', onData).off('end', onEnd).off('error', onEnd);
      resolve(Buffer.concat(chunks).toString('utf8'));
    };
    const onData = (chunk: Buffer): void => {
      const end = chunk.indexOf(0x0a);
      chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
      bytes += chunk.length;
      if (end !== -1) finish();
      else if (bytes > maxTaskBytes) reject(new WorkerError('worker_failed', 'The task is longer than 64 MiB.', 'Start a new session.'));
    };
    const onEnd = (): void => (bytes === 0 ? reject(new WorkerError('worker_failed', 'No task came on stdin before it ended.', 'Write one task as a JSON line to stdin.')) : finish());
    stdin.on('data', onData).on('end', onEnd).on('error', onEnd);
  });
}

/** Parses the line. The gateway wrote it from the shared contract, so that only what would send the worker astray is looked at. */
export function parseTask(line: string): Task {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw badTask('it is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw badTask('it is not an object');
  const task = value as Partial<Task>;
  if (task.v !== protocolVersion) throw badTask(`it is of version ${String(task.v)}, and this worker speaks ${protocolVersion}`);
  const missing = requiredFields.find((name) => task[name] === undefined);
  if (missing !== undefined) throw badTask(`${missing} is missing`);
  return task as Task;
}

const requiredFields = ['taskId', 'stdin', 'agent', 'soul', 'history', 'message', 'model', 'tools', 'workspace', 'limits', 'now', 'timezone'] as const satisfies readonly (keyof Task)[];

function badTask(why: string): WorkerError {
  return new WorkerError('worker_failed', `The task cannot be read: ${why}.`, 'Restart the gateway, so that gateway and worker are of one build.');
}
