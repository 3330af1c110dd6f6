// The gateway as a process: start to an answered `initialize`, memory and processor while nothing runs.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { GatewayProcess } from '../support/gateway/gatewayProcess.ts';
import { treeOf, until, workerTrees } from '../support/gateway/processes.ts';
import { makeHome, pathsOf, removeState, TestGateway } from '../support/gateway/testGateway.ts';
import { cpuMs, pssMegabytes } from './procFigures.ts';
import { isQuick, ms, percentile, printRow, spread } from './rows.ts';

const starts = isQuick ? 2 : 12;
const idleSeconds = isQuick ? 2 : 60;

/** From the spawn to the answer of `initialize`, ms. */
async function measureStart(home: string): Promise<number> {
  const startedAt = performance.now();
  const gateway = await GatewayProcess.start({ home, pollMs: 1 });
  const client = await gateway.connect();
  const answeredMs = performance.now() - startedAt;
  client.endInput();
  await gateway.stop();
  return answeredMs;
}

async function measureStarts(): Promise<void> {
  const home = makeHome();
  const first = await measureStart(home);
  const figures: number[] = [];
  const floor: number[] = [];
  for (let n = 0; n < starts; n += 1) {
    figures.push(await measureStart(home));
    const startedAt = performance.now();
    await promisify(execFile)(process.execPath, ['-e', '0']);
    floor.push(performance.now() - startedAt);
  }
  removeState(pathsOf(home));
  const p50 = percentile(figures, 0.5);
  printRow({ name: 'gateway: start to initialize answered', goal: 'p50 <= 250 ms', figure: spread(figures), ok: p50 <= 250, floor: spread(floor), note: `n = ${starts}; the very first start, with a fresh state directory, ${ms(first)}; floor: Node starting and ending` });
}

const pidsOf = (gateway: TestGateway): number[] => treeOf(gateway.process.pid).map(({ pid }) => pid);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function measureIdle(): Promise<void> {
  const gateway = await TestGateway.start();
  try {
    await sleep(isQuick ? 500 : 5_000);
    const fresh = sum(pidsOf(gateway).map(pssMegabytes));
    const watch = await gateway.newSession();
    await watch.ask('[[say:one turn]]');
    await until(() => workerTrees(gateway.process.pid).length === 1, 'the worker that waits');
    await sleep(isQuick ? 500 : 5_000);
    const pids = pidsOf(gateway);
    const before = sum(pids.map(cpuMs));
    await sleep(idleSeconds * 1_000);
    const share = (100 * (sum(pids.map(cpuMs)) - before)) / (idleSeconds * 1_000);
    const own = pssMegabytes(gateway.process.pid);
    const all = sum(pids.map(pssMegabytes));
    printRow({ name: 'gateway: idle PSS, all processes, before a turn', goal: '<= 100 MB', figure: `${fresh.toFixed(1)} MB`, ok: fresh <= 100 });
    printRow({ name: 'gateway: idle PSS after a turn', goal: '<= 100 MB', figure: `${own.toFixed(1)} MB`, ok: own <= 100, note: `${all.toFixed(1)} MB with the worker that waits, which leaves after ten idle minutes` });
    printRow({ name: `gateway: idle CPU over ${idleSeconds} s`, goal: '<= 0.5 %', figure: `${share.toFixed(2)} %`, ok: share <= 0.5, note: `${pids.length} processes, one client connected, one worker waiting` });
  } finally {
    await gateway.dispose();
  }
}

if (!fs.existsSync(path.join('/proc', String(process.pid), 'smaps_rollup'))) throw new Error('These figures are read from /proc/PID/smaps_rollup, which is not there.');
await measureStarts();
await measureIdle();
