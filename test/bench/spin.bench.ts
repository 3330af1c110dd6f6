// What a person notices while one task keeps every processor busy with as many processes as it may have: the gateway's answers, and Stop.
import { untilGone, workerTreeWith } from '../support/gateway/processes.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { isQuick, ms, percentile, printRow, spread } from './rows.ts';

const processes = 235;
const rounds = isQuick ? 1 : 3;
const asks = isQuick ? 5 : 60;

/** Each in a session of its own, because the kernel may share the processors between sessions first; all begin at one moment. */
const command = `mkfifo /tmp/gate; for n in $(seq ${processes}); do setsid sh -c 'read go < /tmp/gate; while :; do :; done' & done; sleep 1; : > /tmp/gate; echo begun; wait`;

const gateway = await TestGateway.start();
const [answered, acknowledged, gone]: [number[], number[], number[]] = [[], [], []];

async function time(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

try {
  const watch = await gateway.newSession();
  await watch.ask('[[say:warm]]');
  for (let round = 0; round < rounds; round += 1) {
    const turnId = await watch.send(`[[tool:run_command ${JSON.stringify({ command })}]] round ${round}`);
    await watch.until((view) => JSON.stringify(view.turns.at(-1) ?? null).includes('begun\\n'), 'the processes that spin', 60_000);
    const tree = workerTreeWith(gateway.process.pid, 'while :');
    for (let n = 0; n < asks; n += 1) answered.push(await time(() => gateway.client.request('gateway/status')));
    const stoppedAt = performance.now();
    acknowledged.push(await time(() => watch.client.request('chat/stop', { sessionId: watch.sessionId, turnId })));
    await untilGone(tree, 20_000);
    gone.push(performance.now() - stoppedAt);
    await watch.ended(turnId);
  }
  const p95 = percentile(answered, 0.95);
  printRow({ name: 'gateway/status while 235 processes of a task spin', goal: 'p95 <= 100 ms', figure: spread(answered), ok: p95 <= 100, note: `n = ${answered.length}` });
  const [slowest, longest] = [Math.max(...acknowledged), Math.max(...gone)];
  printRow({ name: 'Stop while 235 processes of a task spin', goal: 'acknowledged <= 100 ms, gone <= 2 s', figure: `acknowledged at most ${ms(slowest)}, gone at most ${ms(longest)}`, ok: slowest <= 100 && longest <= 2000, note: `n = ${gone.length}` });
} finally {
  await gateway.dispose();
}
