import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../support/gateway/processes.ts';
import { makeHome, pathsOf, TestGateway } from '../support/gateway/testGateway.ts';

let gateway: TestGateway | undefined;

afterEach(async () => {
  await gateway?.dispose();
  gateway = undefined;
});

/**
 * Mounts a small disk in a namespace of the gateway's own, and on it both its state and its sandboxes, which lie elsewhere for root.
 * Arguments: a folder for the disk, where the sandboxes are to be, then the command.
 */
const onOneDisk = 'mount -t tmpfs -o size=64m,mode=711 tmpfs "$0" && mkdir -m 700 "$0/state" && mkdir -m 711 "$0/system" && mount --bind "$0/system" "$1" && shift && exec "$@"';

/** Ways of a program to take what it can get of the disk, until it can get no more, or for ever. */
const ways: readonly (readonly [name: string, command: string])[] = [
  ['in large pieces', 'head -c 200M /dev/zero > big; true'],
  ['and takes what becomes free, for ever', 'while true; do head -c 64k /dev/zero >> big; done 2>/dev/null'],
  ['without writing, if it may', 'fallocate -l 60M big || head -c 200M /dev/zero > big; true'],
  ['with very many files', 'head -c 200M /dev/zero | split -b 4096 -a 6; true'],
];

/** Ways that go on until the task is ended. */
const endless: readonly (readonly [name: string, command: string])[] = [
  ['for ever', 'while true; do head -c 64k /dev/zero >> big; done 2>/dev/null'],
  ['with a file that has no name any more', 'exec 3> big; rm big; while true; do head -c 64k /dev/zero >&3; done 2>/dev/null'],
];

/** Resolves when the disk has no room for a page of the database. */
const full = (folder: string): Promise<void> =>
  until(() => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < 4096;
  }, 'a full disk', 60_000);

/** A gateway whose state and sandboxes lie together on a disk of 64 MB. */
async function startOnSmallDisk(): Promise<{ gateway: TestGateway; disk: string }> {
  const disk = makeHome();
  const home = path.join(disk, 'state');
  const [, sandboxes = ''] = pathsOf(home);
  mkdirSync(sandboxes, { recursive: true, mode: 0o711 });
  const through = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', onOneDisk, disk, sandboxes];
  return { gateway: (gateway = await TestGateway.start({ home, through })), disk };
}

describe('An agent that fills the disk on which the messages lie', { timeout: 120_000 }, () => {
  for (const [name, command] of ways) {
    it(`${name} is ended, and what a person sends meanwhile and afterwards is stored`, async (ctx) => {
      if (process.getuid?.() !== 0) return ctx.skip('a small disk can be mounted by root alone');
      const { gateway, disk } = await startOnSmallDisk();
      const watch = await gateway.newSession();
      expect(await watch.ask('[[say:warm]]')).toMatchObject({ outcome: 'completed' });
      const filling = await watch.send(`[[tool:run_command ${JSON.stringify({ command })}]][[say:filled]]`);
      await Promise.race([full(gateway.process.pathOf(disk)), watch.ended(filling, 60_000)]);
      // Behind a turn that fails they wait for the person.
      for (const text of ['while it fills', 'x'.repeat(100_000), 'at last']) await watch.send(`[[say:${text}]]`);
      // A command that stops at the full disk by itself may be done before anybody looks.
      const end = await watch.ended(filling, 60_000);
      expect(end.error?.class ?? end.outcome).toMatch(/^(sandbox_limit|storage_full|completed)$/);
      const { turns, queue } = await gateway.snapshotOf(watch.sessionId);
      const stored = [...turns, ...queue].map(({ message }) => message.id);
      expect(stored).toEqual(watch.sent.map(({ messageId }) => messageId));
      const another = await gateway.newSession();
      expect(await another.ask('[[say:answered on a full disk]]')).toMatchObject({ outcome: 'completed', text: 'answered on a full disk' });
    });
  }

  for (const [name, command] of endless) {
    it(`${name} is ended alone, and what other agents do goes on`, async (ctx) => {
      if (process.getuid?.() !== 0) return ctx.skip('a small disk can be mounted by root alone');
      const { gateway } = await startOnSmallDisk();
      const [, sandboxes = ''] = gateway.paths;
      const filler = await gateway.newSession();
      const others = await Promise.all(
        ['touch begun', 'head -c 2M /dev/zero > begun'].map(async (begin, index) => {
          const agentId = await gateway.newAgent(`Other ${index}`);
          const watch = await gateway.newSession(agentId);
          const turnId = await watch.send(`[[tool:run_command ${JSON.stringify({ command: `${begin}; while [ -e begun ]; do sleep 0.1; done; echo went on` })}]]`);
          const begun = gateway.process.pathOf(path.join(sandboxes, 'sandboxes', agentId, 'home', 'begun'));
          await until(() => existsSync(begun), 'a task at work', 20_000);
          return { watch, turnId, begun };
        }),
      );
      const end = await filler.ask(`[[tool:run_command ${JSON.stringify({ command })}]]`, 60_000);
      expect(end.error).toMatchObject({ class: 'sandbox_limit', cause: 'out_of_disk' });
      expect(await filler.ask('[[say:stored on a full disk]]', 20_000)).toMatchObject({ outcome: 'completed' });
      for (const { begun } of others) rmSync(begun);
      for (const { watch, turnId } of others) {
        const { outcome, text } = await watch.ended(turnId, 20_000);
        expect({ outcome, text }).toEqual({ outcome: 'completed', text: expect.stringContaining('went on') });
      }
    });
  }
});
