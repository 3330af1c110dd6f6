// One process at a time does a piece of work: a lock folder with the pid of its owner in it.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { say } from './run.mjs';

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function isAbandoned(lock) {
  try {
    const age = Date.now() - fs.statSync(lock).mtimeMs;
    const pid = Number(fs.readFileSync(path.join(lock, 'pid'), 'utf8'));
    return !isAlive(pid) || age > 30 * 60_000;
  } catch {
    // Between mkdir and the write of the pid there is nothing to read: give the owner some seconds.
    return fs.existsSync(lock) && Date.now() - fs.statSync(lock).mtimeMs > 10_000;
  }
}

/** Runs `work` while holding `<target>.lock`; waits for another holder, and takes the lock of one that died. */
export async function whileLocked(target, work) {
  const lock = `${target}.lock`;
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  let isSaid = false;
  for (;;) {
    try {
      fs.mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned(lock)) fs.rmSync(lock, { recursive: true, force: true });
      else {
        if (!isSaid) say(path.basename(target), `waiting for another process that makes it (its lock is ${lock})`);
        isSaid = true;
        await wait(200);
      }
    }
  }
  fs.writeFileSync(path.join(lock, 'pid'), String(process.pid));
  try {
    return await work();
  } finally {
    fs.rmSync(lock, { recursive: true, force: true });
  }
}
