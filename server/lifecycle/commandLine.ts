import os from 'node:os';
import { AppError, asAppError } from '../base/appError.ts';
import { LogLevel } from '../protocol/logs.ts';
import type { OpenServices } from '../rpc/services.ts';
import { bridge } from './bridge.ts';
import { readBuildInfo } from './buildInfo.ts';
import { ensureGateway, type EnsuredGateway } from './ensureGateway.ts';
import { gatewayEnvironment } from './environment.ts';
import { exitCodes } from './exitCodes.ts';
import { describeFailure, runGateway } from './gatewayProcess.ts';
import { chooseGatewayRuntime, choosePlainNode, ownRuntime, type RuntimeFacts } from './nodeRuntime.ts';
import { refuseClient } from './refuseClient.ts';
import { chooseHome, prepareHome, type StatePaths } from './statePaths.ts';

/** What the program was started with; argv and environment are read by nobody else. */
export interface Invocation {
  /** Arguments after the file. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder of the bundles, or of the sources. */
  readonly distribution: string;
  /** The file that was started. */
  readonly entry: string;
  readonly openServices: OpenServices;
}

const help = `Usage: server.js [--ensure | --stdio | --gateway | --version | --help] [--anew]

  --ensure   attach to the gateway of this user, or start it; prints one JSON line
  --stdio    the same, then join stdin and stdout to it: JSON-RPC in Content-Length frames
  --gateway  be the gateway itself, in the foreground
  --anew     with --ensure or --stdio: start it although it died too often lately
  --version  print version and build

LOGOS_HOME           the state directory
LOGOS_NODE           the Node to run on (22.19 or newer)
LOGOS_IDLE_MINUTES   the gateway leaves after so long without work (10; 0 stays)
LOGOS_LOG_LEVEL      trace, debug, info, warn or error (info)
LOGOS_CRASH_BUDGET   early deaths in three minutes after which no start is tried (3)
`;

/** Does what the arguments ask for and answers the exit code. */
export async function runCommand(invocation: Invocation): Promise<number> {
  const [flag = '--help', ...more] = invocation.args;
  const isKnown = more.length === 0 || (more.length === 1 && isAnew(invocation) && (flag === '--ensure' || flag === '--stdio'));
  const command = isKnown ? commands.get(flag) : undefined;
  if (command !== undefined) return command(invocation);
  process.stderr.write(`Unknown arguments: ${invocation.args.join(' ').slice(0, 200)}\n\n${help}`);
  return exitCodes.usage;
}

const isAnew = ({ args }: Invocation): boolean => args[1] === '--anew';

const commands = new Map<string, (invocation: Invocation) => Promise<number>>([
  ['--gateway', runAsGateway],
  ['--ensure', runAsEnsure],
  ['--stdio', runAsBridge],
  ['--version', printVersion],
  ['--help', () => print(help)],
]);

async function runAsGateway(invocation: Invocation): Promise<number> {
  try {
    const facts = runtimeFacts(invocation);
    const runtime = ownRuntime(facts);
    return await runGateway({
      paths: openHome(invocation),
      build: readBuildInfo(invocation.distribution, invocation.entry),
      environment: gatewayEnvironment(invocation.environment, process.platform),
      runtime,
      workerNodePath: (await choosePlainNode(facts))?.path,
      openServices: invocation.openServices,
      logLevel: LogLevel.catch('info').parse(invocation.environment['LOGOS_LOG_LEVEL']),
      idleMs: readNumber(invocation, 'LOGOS_IDLE_MINUTES', 10) * 60_000,
    });
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    return exitCodes.failed;
  }
}

async function runAsEnsure(invocation: Invocation): Promise<number> {
  try {
    const paths = openHome(invocation);
    const { pointer, hasStarted, isOtherBuild } = await ensure(invocation, paths);
    const { pid, startId, socket, build, protocol } = pointer;
    return await print(`${JSON.stringify({ pointer: paths.pointer, pid, startId, socket, build, protocol, hasStarted, isOtherBuild })}\n`);
  } catch (error) {
    await print(`${JSON.stringify({ error: asAppError(error).toInfo() })}\n`);
    return exitCodes.failed;
  }
}

async function runAsBridge(invocation: Invocation): Promise<number> {
  let gateway: EnsuredGateway | undefined;
  try {
    gateway = await ensure(invocation, openHome(invocation));
    if (gateway.isOtherBuild) process.stderr.write('The gateway is of another build and busy; it is used as it is.\n');
    await bridge(gateway.pointer, process.stdin, process.stdout);
    return exitCodes.ok;
  } catch (thrown) {
    const error = asAppError(thrown);
    process.stderr.write(`${error.message} ${error.hint}\n`);
    if (gateway === undefined) await refuseClient(error, process.stdin, process.stdout);
    return exitCodes.failed;
  }
}

function ensure(invocation: Invocation, paths: StatePaths): Promise<EnsuredGateway> {
  return ensureGateway({
    paths,
    build: readBuildInfo(invocation.distribution, invocation.entry),
    environment: invocation.environment,
    chooseRuntime: () => chooseGatewayRuntime(runtimeFacts(invocation)),
    crashLimit: readNumber(invocation, 'LOGOS_CRASH_BUDGET', 3),
    isAnew: isAnew(invocation),
  });
}

function printVersion({ distribution, entry }: Invocation): Promise<number> {
  const { version, build } = readBuildInfo(distribution, entry);
  return print(`logos ${version} (${build})\n`);
}

function openHome({ environment }: Invocation): StatePaths {
  return prepareHome(chooseHome({ environment, platform: process.platform, userHome: os.homedir() }));
}

function runtimeFacts({ environment }: Invocation): RuntimeFacts {
  return { environment, userHome: os.homedir(), execPath: process.execPath, versions: process.versions };
}

function readNumber({ environment }: Invocation, name: string, otherwise: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new AppError('invalid_params', `${name} is not a number: ${text.slice(0, 50)}.`, { reason: name, hint: 'Give a number from 0 on, or leave it out.' });
}

function print(text: string): Promise<number> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve(exitCodes.ok)));
}
