// The built-in runtime `local`: reads one task from stdin, works on it, writes frames to stdout, and exits. See docker/README.md.
import { setImmediate } from 'node:timers/promises';
import type { AgentLoop as AgentLoopClass } from './agentLoop.ts';
import { FrameWriter } from './frameWriter.ts';
import { stayInterpreted } from './stayInterpreted.ts';
import { parseTask, protocolVersion, readTaskLine } from './taskInput.ts';
import { asWorkerError, cancelledError } from './workerError.ts';

const runtimeVersion = '1';
/** A cancelled task ends by itself, once the processes of its tool are gone; one that has not by then is given up. */
const giveUpAfterMs = 500;
/** And one that cannot even say so is left as it is. */
const exitWithinMs = 1_000;

const frames = new FrameWriter(process.stdout, process.stdout.fd);
const cancel = new AbortController();
let hasAccepted = false;

function onCancel(): void {
  if (cancel.signal.aborted) return;
  cancel.abort(cancelledError());
  setTimeout(() => process.exit(1), exitWithinMs).unref();
}

process.on('SIGTERM', onCancel);
process.on('SIGINT', onCancel);
process.stdout.on('error', onCancel);
process.stderr.on('error', onCancel);

async function main(): Promise<void> {
  frames.write({ frame: 'ready', v: protocolVersion, runtime: 'local', version: runtimeVersion });
  const line = readTaskLine(process.stdin);
  // A line that is there already is answered first; otherwise all is loaded and rehearsed while the worker waits for it.
  const loaded = setImmediate().then(() => (hasAccepted ? import('./agentLoop.ts') : rehearse()));
  const task = parseTask(await Promise.race([line, cancelledFor(0)]));
  frames.write({ frame: 'accepted', taskId: task.taskId });
  hasAccepted = true;
  // The person's clock, for us and for the commands of tools.
  process.env['TZ'] = task.timezone;
  const { AgentLoop } = await loaded;
  stayInterpreted();
  if (task.stdin === 'open') process.stdin.on('end', onCancel).resume();
  else process.stdin.destroy();
  frames.write(await Promise.race([new AgentLoop(task, { frames, signal: cancel.signal, environment: process.env }).run(), cancelledFor(giveUpAfterMs)]));
}

async function rehearse(): Promise<{ AgentLoop: typeof AgentLoopClass }> {
  const [loop, { rehearseModelCall }] = await Promise.all([import('./agentLoop.ts'), import('./rehearsal.ts')]);
  rehearseModelCall();
  return loop;
}

/** Rejects so long after the task was cancelled, ms. */
function cancelledFor(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => void setTimeout(() => reject(cancelledError()), ms);
    if (cancel.signal.aborted) fail();
    else cancel.signal.addEventListener('abort', fail, { once: true });
  });
}

main()
  .catch((thrown: unknown) => {
    const error = asWorkerError(thrown);
    if (thrown !== error) process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
    frames.write({ frame: 'error', class: error.class, message: error.message.slice(0, 4_000), hint: error.hint.slice(0, 2_000) });
  })
  .finally(() => {
    void frames.flush().then(() => process.exit(hasAccepted ? 0 : 2));
  });
