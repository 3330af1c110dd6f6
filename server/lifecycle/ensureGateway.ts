import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../base/appError.ts';
import type { GatewayPointer } from '../protocol/initialize.ts';
import { acquireLock } from '../store/lock.ts';
import { CrashBudget } from './crashBudget.ts';
import { attachGateway, type AttachedGateway } from './gatewayProbe.ts';
import { readPointer } from './pointer.ts';
import { isProcessAlive } from './processAlive.ts';
import { startGateway, type StartOptions } from './startGateway.ts';

/** A gateway that answers. */
export interface EnsuredGateway {
  readonly pointer: GatewayPointer;
  readonly hasStarted: boolean;
  /** It is of another build, and busy: used as it is, and replaced when it is idle. */
  readonly isOtherBuild: boolean;
}

const deadlineMs = 30_000;
const pollMs = 50;

/** Attaches to the gateway of the state directory, or starts one and waits until it answers. A gateway of another build is replaced if it is idle. */
export async function ensureGateway(options: StartOptions): Promise<EnsuredGateway> {
  const deadline = performance.now() + deadlineMs;
  const budget = new CrashBudget(options.paths.starts, options.crashLimit);
  if (options.isAnew === true) budget.renew();
  for (;;) {
    const found = await findGateway(options);
    if (found !== undefined) return { pointer: found, hasStarted: false, isOtherBuild: found.build !== options.build.build };
    const starting = await acquireLock(options.paths.starting);
    if (starting !== undefined) {
      try {
        const other = await findGateway(options);
        if (other !== undefined) return { pointer: other, hasStarted: false, isOtherBuild: other.build !== options.build.build };
        const pointer = await startGateway(options, budget, deadline);
        if (pointer !== undefined) return { pointer, hasStarted: true, isOtherBuild: false };
      } finally {
        starting.release();
      }
    }
    if (performance.now() > deadline) {
      throw new AppError('internal', `No gateway answered within ${deadlineMs / 1000} s.`, { reason: 'start_timeout', hint: `Look into ${options.paths.startLog}, then try again.` });
    }
    await delay(pollMs);
  }
}

/** The running gateway, after an idle one of another build was sent away; undefined when there is none. */
async function findGateway(options: StartOptions): Promise<GatewayPointer | undefined> {
  const pointer = readPointer(options.paths.pointer);
  if (pointer === undefined) return undefined;
  const attached = await attachGateway(pointer);
  if (attached === undefined) return undefined;
  try {
    if (attached.build === options.build.build || !(await attached.stopIfIdle())) return attached.pointer;
  } finally {
    attached.dispose();
  }
  await waitUntilGone(attached);
  return undefined;
}

async function waitUntilGone({ pointer }: AttachedGateway): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (isProcessAlive(pointer.pid) && performance.now() < deadline) await delay(pollMs);
}
