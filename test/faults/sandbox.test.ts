import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until, untilGone, workerTreeWith } from '../support/gateway/processes.ts';
import type { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { times } from './times.ts';

const rounds = 3;

describe('A sandbox', () => {
  let gateway: TestGateway;
  let watch: SessionWatch;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    watch = await gateway.newSession();
    await watch.ask('[[say:warm]]');
  });
  afterAll(async () => {
    await gateway.dispose();
  });

  it('whose directory was deleted just before a send is made again, three times', async () => {
    for (let round = 1; round <= rounds; round += 1) {
      const home = gateway.sandboxHome();
      fs.rmSync(round === 1 ? home : path.dirname(home), { recursive: true, force: true });
      const first = await watch.ask(`[[tool:run_command {"command":"echo kept ${round} > note && cat note"}]] [[say:round ${round}]]`);
      expect(first).toMatchObject({ outcome: 'completed', text: `round ${round}` });
      expect(fs.readFileSync(path.join(gateway.sandboxHome(), 'note'), 'utf8')).toBe(`kept ${round}\n`);
      const next = await watch.ask(`[[tool:run_command {"command":"echo again ${round} > note && cat note"}]] [[say:again ${round}]]`);
      expect(next).toMatchObject({ outcome: 'completed', text: `again ${round}` });
      expect(fs.readFileSync(path.join(gateway.sandboxHome(), 'note'), 'utf8')).toBe(`again ${round}\n`);
      await gateway.assertNoOrphans();
      await gateway.assertWhole(watch);
    }
  });

  it('keeps what a command left running with a working output until the answer has ended', async () => {
    const serve = '(while :; do echo tick; sleep 0.01; done) & echo begun > /dev/stderr';
    const look = 'until grep -q tick /tmp/background-1.log; do sleep 0.01; done; echo it prints';
    const { outcome, message } = await watch.ask(`${[serve, look].map((command) => `[[tool:run_command ${JSON.stringify({ command })}]]`).join(' ')} [[say:done]]`);
    const outputs = message?.parts.flatMap((part) => (part.kind === 'tool' ? [part.output] : []));
    expect(outcome).toBe('completed');
    expect(outputs?.[0]).toMatch(/begun\n[^]*\[Runs on in the background.*goes to \/tmp\/background-1\.log/);
    expect(outputs?.[1]).toBe('it prints\n');
    await gateway.assertNoOrphans();
  });

  it('leaves a file alone that is write-protected, and says so', async () => {
    const calls = [
      ['run_command', { command: 'echo one > kept.txt; chmod 444 kept.txt' }],
      ['edit_file', { path: 'kept.txt', oldText: 'one', newText: 'two' }],
      ['write_file', { path: 'kept.txt', content: 'two' }],
      ['run_command', { command: 'cat kept.txt; ls -A' }],
    ] as const;
    const { message } = await watch.ask(`${calls.map(([name, args]) => `[[tool:${name} ${JSON.stringify(args)}]]`).join(' ')} [[say:done]]`);
    const outputs = message?.parts.flatMap((part) => (part.kind === 'tool' ? [part.output] : [])) ?? [];
    expect(outputs[1]).toContain('kept.txt is write-protected');
    expect(outputs[2]).toContain('kept.txt is write-protected');
    expect(outputs[3]).toMatch(/^one\n/);
    expect(outputs[3]).not.toContain('.logos-');
  });

  it('of each of five agents works at once with the others, three times', async () => {
    const agents = await Promise.all(['A', 'B', 'C', 'D', 'E'].map((name) => gateway.newAgent(name)));
    const watches = await Promise.all(agents.map((agentId) => gateway.newSession(agentId)));
    for (let round = 1; round <= rounds; round += 1) {
      const ends = await Promise.all(
        watches.map((each, place) => each.ask(`[[scenario:stream tokens=100 tps=100]] [[tool:run_command {"command":"echo agent ${place} >> note; cat note"}]] round ${round}`, 30_000)),
      );
      for (const [place, end] of ends.entries()) {
        expect(end.outcome).toBe('completed');
        expect(end.text.split(' ').filter((word) => word !== '')).toEqual(Array.from({ length: 100 }, (_, n) => `w${n + 1}`));
        const tool = end.message?.parts.find((part) => part.kind === 'tool');
        expect(tool?.kind === 'tool' ? tool.output : '').toBe(`${`agent ${place}\n`.repeat(round)}`);
      }
      await gateway.assertNoOrphans();
      for (const each of watches) await gateway.assertWhole(each);
    }
  });

  it('in which a command ignores SIGTERM, forks and holds its pipes open is gone within five seconds of a stop, three times', async () => {
    const stubborn = 'trap \\"\\" TERM INT HUP; echo begun; (trap \\"\\" TERM; setsid sleep 5555) & for n in 1 2 3; do (sleep 6666 | cat) & done; while :; do sleep 1; done';
    const goneMs: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const turnId = await watch.send(`[[tool:run_command {"command":"${stubborn}"}]] round ${round}`);
      await watch.until((view) => view.turns.at(-1)?.attempts.at(-1)?.message?.parts.some((part) => part.kind === 'tool' && part.output.includes('begun')) === true, 'the output of the command');
      await until(() => workerTreeWith(gateway.process.pid, 'sleep 5555').length > 10, 'the processes of the command');
      const tree = workerTreeWith(gateway.process.pid, 'sleep 5555');
      await watch.client.request('chat/stop', { sessionId: watch.sessionId, turnId });
      goneMs.push(await untilGone(tree));
      expect((await watch.ended(turnId)).outcome).toBe('stopped');
      expect(await watch.ask(`[[say:round ${round}]]`)).toMatchObject({ outcome: 'completed' });
      await gateway.assertNoOrphans();
      await gateway.assertWhole(watch);
    }
    times('stop to the end of a stubborn command', goneMs);
  });

  it('in which a command leaves children behind that hold its pipes still answers, and keeps none of them after the turn', async () => {
    const turnId = await watch.send('[[tool:run_command {"command":"(setsid sleep 7777 &) ; echo left; sleep 0.3"}]] [[say:over]]');
    await until(() => workerTreeWith(gateway.process.pid, 'sleep 7777').length > 0, 'the child that is left behind');
    const tree = workerTreeWith(gateway.process.pid, 'sleep 7777');
    expect(await watch.ended(turnId, 30_000)).toMatchObject({ outcome: 'completed', text: 'over' });
    await untilGone(tree);
    await gateway.assertNoOrphans();
  });
});
