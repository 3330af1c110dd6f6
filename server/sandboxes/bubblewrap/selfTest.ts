import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { AppError } from '../../base/appError.ts';
import type { Logger } from '../../log/logger.ts';
import { sandboxArguments, selfTestCommand, type SandboxLayout } from './bwrapArguments.ts';
import type { BubblewrapHost } from './host.ts';
import { unsupported } from './hostErrors.ts';
import { makeTaskDirectory } from './places.ts';
import { removeTree } from './removeTree.ts';
import { runInside, type InsideLayout } from './runInside.ts';
import { selfTestAttacks, selfTestProgram, type SelfTestAnswer, type SelfTestTargets } from './selfTestProgram.ts';

/** What a self-test is run with. */
export interface SelfTestOptions {
  readonly host: BubblewrapHost;
  /** Real path of the gateway's state directory. */
  readonly stateDir: string;
  /** As whom, and how the sandbox looks in which the program attacks; its home is the test's own. */
  readonly inside: InsideLayout;
  readonly log: Logger;
}

const timeoutMs = 20_000;
const recordName = '.self-test';

/**
 * Attacks the sandbox from within in five ways, once per host, bubblewrap, Node and build. Throws `sandbox_unsupported`, reason
 * `self_test`, naming the attack that worked, or that the test itself did not run to its end.
 */
export async function assertHolds(options: SelfTestOptions): Promise<void> {
  const record = path.join(options.host.places.sandboxes, recordName);
  const key = keyOf(options);
  if (readRecord(record) === key) return;
  fs.rmSync(record, { force: true });
  const startedAt = performance.now();
  await attack(options);
  options.log.info(`The sandbox withstood its ${selfTestAttacks.length} attacks in ${Math.round(performance.now() - startedAt)} ms.`);
  try {
    fs.writeFileSync(`${record}.new`, key, { mode: 0o600 });
    fs.renameSync(`${record}.new`, record);
  } catch (error) {
    options.log.warn(`That the sandbox withstood its attacks could not be noted; it is attacked again at the next start: ${String(error)}`);
  }
}

function readRecord(record: string): string | undefined {
  try {
    return fs.readFileSync(record, 'utf8');
  } catch {
    return undefined;
  }
}

/** All that decides whether the sandbox holds: the machine and its kernel, bubblewrap, what runs inside, and how we call it. */
function keyOf({ host, inside, stateDir }: SelfTestOptions): string {
  const { size, mtimeMs, ino } = fs.statSync(host.bwrap.path);
  const machine = [os.hostname(), os.release(), os.version(), os.arch(), process.geteuid?.(), inside.ids === undefined];
  const program = selfTestProgram({ ...noTargets, stateDir });
  const said = [machine, host.facts, host.bwrap, [size, mtimeMs, ino], host.runtime, sandboxArguments(withHome(inside.layout, ''), undefined), selfTestCommand(inside.layout.limits), program];
  return crypto.createHash('sha256').update(JSON.stringify(said)).update(host.seccompFilter).digest('hex');
}

const noTargets: SelfTestTargets = { stateDir: '', stateFile: '', openFolder: '', fileName: '', tcpPort: 0, abstractSocket: '', hostPid: 0, hostCommand: '', namespaces: {} };

async function attack({ host, stateDir, inside }: SelfTestOptions): Promise<void> {
  const name = `self-test-${crypto.randomBytes(8).toString('hex')}`;
  const openPlace = path.dirname(host.places.sandboxes);
  removeLeft(stateDir);
  removeLeft(openPlace);
  const stateFile = path.join(stateDir, `.${name}`);
  const openFolder = path.join(openPlace, `.${name}-open`);
  const home = makeTaskDirectory(host.places, inside.ids);
  const abstractSocket = `logos-${name}`;
  const doors = [new Door(), new Door()];
  try {
    fs.writeFileSync(stateFile, name, { mode: 0o644 });
    fs.mkdirSync(openFolder);
    fs.chmodSync(openFolder, 0o777);
    const tcpPort = await doors[0]?.open({ host: '127.0.0.1', port: 0 }) ?? 0;
    await doors[1]?.open({ path: `\0${abstractSocket}` });
    const targets: SelfTestTargets = { stateDir, stateFile, openFolder, fileName: name, tcpPort, abstractSocket, ...gatewayItself() };
    const { out, err } = await runInside(host, { ...inside, layout: withHome(inside.layout, home) }, { command: selfTestCommand(inside.layout.limits), input: selfTestProgram(targets), timeoutMs });
    judge(out, err, host);
    if (doors.some((door) => door.visitors > 0)) throw broken('reach the network', 'a server of the machine', host);
    if (fs.readdirSync(openFolder).length > 0) throw broken('write outside its workspace', openFolder, host);
  } finally {
    for (const door of doors) door.close();
    for (const place of [stateFile, openFolder]) fs.rmSync(place, { recursive: true, force: true });
    await removeTree(home).catch(() => undefined);
  }
}

/** Removes what a gateway left that was killed while it tested; another one of this state directory does not run. */
function removeLeft(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (/^\.self-test-[0-9a-f]{16}(-open)?$/.test(name)) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

/** As the sandbox of an agent, with a home that it may write. */
const withHome = (layout: SandboxLayout, homePath: string): SandboxLayout => ({ ...layout, homePath, policy: { ...layout.policy, workspace: 'write' } });

/** A server that counts who comes. */
class Door {
  readonly #server = net.createServer((visitor) => {
    this.visitors += 1;
    visitor.on('error', () => undefined).destroy();
  });
  visitors = 0;

  /** Gives the port; 0 for a path, and where this machine lets nobody listen there. */
  open(where: net.ListenOptions): Promise<number> {
    return new Promise((resolve) => {
      this.#server.once('error', () => resolve(0));
      this.#server.listen(where, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  close(): void {
    this.#server.close();
  }
}

function gatewayItself(): Pick<SelfTestTargets, 'hostPid' | 'hostCommand' | 'namespaces'> {
  const kinds = ['pid', 'net', 'ipc', 'uts', 'mnt', 'user'].filter((kind) => fs.existsSync(`/proc/self/ns/${kind}`));
  return {
    hostPid: process.pid,
    hostCommand: fs.readFileSync('/proc/self/cmdline', 'latin1'),
    namespaces: Object.fromEntries(kinds.map((kind) => [kind, fs.readlinkSync(`/proc/self/ns/${kind}`)])),
  };
}

/** What is not said to be blocked, by an answer that names every attack, counts as having worked. */
function judge(out: string, err: string, host: BubblewrapHost): void {
  let answer: Partial<SelfTestAnswer>;
  try {
    answer = JSON.parse(out) as Partial<SelfTestAnswer>;
  } catch {
    const said = `${err}${out}`.trim().slice(-300) || 'it said nothing';
    throw unsupported('self_test', `The test of the sandbox by attacks from within did not run to its end: ${said}.`, hintFor(host), { bubblewrap: host.bwrap.version });
  }
  for (const name of selfTestAttacks) {
    const reached = answer.attacks?.[name];
    if (reached !== 'blocked') throw broken(name, reached ?? 'it did not answer', host);
  }
}

function broken(attackName: string, reached: string, host: BubblewrapHost): AppError {
  return unsupported('self_test', `The sandbox does not hold on this machine: a program inside could ${attackName} (${reached}).`, hintFor(host), { attack: attackName, reached, bubblewrap: host.bwrap.version });
}

const hintFor = ({ bwrap }: BubblewrapHost): string => `No agent runs until it holds: reinstall or update ${bwrap.path} (${bwrap.version}), restart the gateway, and send the log with your report.`;
