import { setTimeout as wait } from 'node:timers/promises';

const askEveryMs = 300;

/**
 * Ends the gateway: at once when nothing runs, else when its turns are done, or as soon as `hurried` resolves.
 * @param {{client: import('./gatewayClient.mjs').GatewayClient, hurried: Promise<unknown>, tell: (text: string) => void}} options
 *   `client` is fresh, and is closed here; `tell` says what is being waited for.
 */
export async function endGateway({ client, hurried, tell }) {
  let when = 'idle';
  let hasTold = false;
  try {
    await client.initialize('logos-start');
    for (;;) {
      const refusal = await client.request('gateway/stop', { when }).then(() => undefined, (error) => error);
      if (refusal === undefined) return;
      if (refusal.data?.class !== 'conflict') throw refusal;
      if (!hasTold) tell(`${busyWords(refusal.data.details)}; the gateway ends when that is done. Ctrl+C once more ends it now, and what was written is kept`);
      hasTold = true;
      when = await Promise.race([hurried.then(() => 'now'), wait(askEveryMs, 'idle')]);
    }
  } finally {
    await client.close();
  }
}

function busyWords({ runningTurns = 0 } = {}) {
  return runningTurns > 1 ? `${runningTurns} turns still run` : 'a turn still runs';
}
