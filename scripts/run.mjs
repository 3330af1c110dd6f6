// Starts other programs for the scripts: output shown, kept, or both; signals passed on; failures in one sentence.
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { terminalText } from './terminalText.mjs';

/** The folder of the repository. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Prints one line that says which step says it. */
export function say(step, text) {
  process.stderr.write(`${step}: ${terminalText(text)}\n`);
}

const running = new Set();
let endedBy;
let endedAt = 0;

/** Ends what runs; a second signal does not ask. One Ctrl+C may come twice: from the terminal, and from who started us. */
function endRunning(signal) {
  const isAgain = endedBy !== undefined && Date.now() - endedAt > 1000;
  if (endedBy !== undefined && !isAgain) return;
  endedBy ??= signal;
  endedAt = Date.now();
  if (!isAgain) say('ending', `waiting for ${[...running].map(({ spawnfile }) => path.basename(spawnfile)).join(', ')}; once more ends it at once`);
  for (const child of running) child.kill(isAgain ? 'SIGKILL' : signal);
}

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** While a program runs, a signal ends it before it ends this process: what npm tidies up must not meet the next start. */
function own(child) {
  if (running.size === 0) for (const signal of passedOn) process.on(signal, endRunning);
  running.add(child);
}

function disown(child) {
  if (!running.delete(child) || running.size > 0) return;
  for (const signal of passedOn) process.off(signal, endRunning);
  if (endedBy) process.exit(128 + os.constants.signals[endedBy]);
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, isShown?: boolean}} options `isShown` prints the output as it comes.
 * @returns {Promise<{code: number, output: string}>} `output` is stdout and stderr in the order of arrival.
 */
export function run(command, args, { cwd = root, env = process.env, isShown = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const [stream, sink] of [[child.stdout, process.stdout], [child.stderr, process.stderr]]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
        if (isShown) sink.write(text);
      });
    }
    own(child);
    child.on('error', (error) => {
      disown(child);
      reject(error);
    });
    child.on('close', (code, signal) => {
      disown(child);
      resolve({ code: code ?? 1, output: signal ? `${output}\nended by ${signal}` : output });
    });
  });
}

/** Runs a program and throws with the end of its output when it fails. */
export async function mustRun(command, args, options = {}) {
  const { code, output } = await run(command, args, options).catch((error) => ({ code: 127, output: error.message }));
  if (code !== 0) throw new Error(`\`${[command, ...args].join(' ')}\` ended with code ${code}:\n${output.slice(-3000).trim()}`);
  return output;
}

/** Whether a program of this name is on PATH. */
export async function hasProgram(name) {
  const finder = process.platform === 'win32' ? 'where' : 'which';
  return (await run(finder, [name]).catch(() => ({ code: 1 }))).code === 0;
}

/** Whether this process is the system's administrator, so that it may install packages. */
export function isRoot() {
  return process.getuid?.() === 0;
}

/** Runs tasks with at most `limit` at a time; the answers keep the order of the tasks. */
export async function inParallel(tasks, limit) {
  const answers = [];
  let next = 0;
  const worker = async () => {
    while (next < tasks.length) {
      const index = next++;
      answers[index] = await tasks[index]();
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return answers;
}
