import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilGone, workerTreeWith } from '../support/gateway/processes.ts';
import type { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';

const processes = 235;
/** Each in a session of its own, because the kernel may share the processors between sessions first; all begin at one moment. */
const command = `mkfifo /tmp/gate; for n in $(seq ${processes}); do setsid sh -c 'read go < /tmp/gate; while :; do :; done' & done; sleep 1; : > /tmp/gate; echo begun; wait`;

describe('A task that keeps all processors busy with as many processes as it may have', () => {
  let gateway: TestGateway;
  let watch: SessionWatch;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    watch = await gateway.newSession();
  });
  afterAll(async () => {
    await gateway.dispose();
  });

  it('leaves the gateway its turn, and is gone after a stop', async () => {
    const turnId = await watch.send(`[[tool:run_command ${JSON.stringify({ command })}]] round`);
    await watch.until((view) => JSON.stringify(view.turns.at(-1) ?? null).includes('begun\\n'), 'the processes that spin', 60_000);
    const tree = workerTreeWith(gateway.process.pid, 'while :');
    expect(tree.length).toBeGreaterThan(processes);
    for (let n = 0; n < 20; n += 1) expect(await gateway.client.request('gateway/status')).toMatchObject({ runningTurns: 1 });
    await watch.client.request('chat/stop', { sessionId: watch.sessionId, turnId });
    await untilGone(tree, 20_000);
    expect((await watch.ended(turnId)).outcome).toBe('stopped');
    expect(await watch.ask('[[say:and on]]')).toMatchObject({ outcome: 'completed', text: 'and on' });
    await gateway.assertNoOrphans();
  });
});
