import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptGateway, type AttemptOptions } from '../../../extension/server/gatewayAttempt.ts';
import { newId } from '../../../extension/ids.ts';
import { GatewayConnection } from '../../../extension/server/gatewayConnection.ts';
import { ScriptedGateway } from '../../support/extension/scriptedGateway.ts';
import { until } from '../../support/extension/things.ts';

let home: string;
let distFolder: string;
const ends: (() => unknown)[] = [];

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-ext-'));
  distFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-dist-'));
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  fs.rmSync(home, { recursive: true });
  fs.rmSync(distFolder, { recursive: true });
});

function connect(more: Partial<AttemptOptions> = {}): { connection: GatewayConnection; said: string[] } {
  const said: string[] = [];
  const say = (sentence: string) => void said.push(sentence);
  const connection = new GatewayConnection(
    ({ isFirst, isAnew }, signal, listener) => attemptGateway({ distFolder, home, node: process.execPath, mayReplace: isFirst, isAnew, mayWake: true, signal, say, ...more }, listener),
    say,
  );
  ends.push(() => connection.dispose());
  connection.start();
  return { connection, said };
}

async function startGateway(build = 'test'): Promise<ScriptedGateway> {
  const gateway = new ScriptedGateway(home);
  gateway.build = build;
  await gateway.start();
  ends.push(() => gateway.stop());
  return gateway;
}

const isConnected = (connection: GatewayConnection) => () => connection.state.phase === 'connected';

describe('the connection to the gateway', () => {
  it('attaches to the running gateway that the pointer file names, with its token', async () => {
    const gateway = await startGateway();
    const { connection } = connect();
    await until(isConnected(connection), 'connected');
    expect(connection.info?.startId).toBe(gateway.startId);
  });

  it('rejects a request while there is no gateway, and says so by its cause', async () => {
    const { connection } = connect();
    await expect(connection.request('gateway/status', {})).rejects.toMatchObject({ info: { cause: 'gateway_away', retryable: true } });
  });

  it('gives the error of the gateway with class, cause and hint', async () => {
    const { connection } = connect();
    await startGateway();
    connection.reconnect();
    await until(isConnected(connection), 'connected');
    await expect(connection.request('souls/list', {})).rejects.toMatchObject({ info: { class: 'unknown_method', hint: 'None.' } });
  });

  it('hands an event to the route of its subscription and to no other', async () => {
    const gateway = await startGateway();
    const { connection } = connect();
    await until(isConnected(connection), 'connected');
    const [mine, other] = [newId(), newId()];
    const got: string[] = [];
    connection.route(mine, (method) => got.push(method));
    connection.route(other, () => got.push('wrong'));
    gateway.notify('sessions/event', { subscriptionId: mine });
    gateway.notify('sessions/event', { subscriptionId: 42 });
    gateway.notify('sessions/reset', { subscriptionId: mine });
    await until(() => got.length === 2, 'two events');
    expect(got).toEqual(['sessions/event', 'sessions/reset']);
  });

  it('rejects what was under way when the gateway is cut off, before it tells that it is away', async () => {
    const gateway = await startGateway();
    gateway.handlers.set('sessions/list', () => new Promise<object>(() => undefined));
    const { connection } = connect();
    await until(isConnected(connection), 'connected');
    const order: string[] = [];
    const asked = connection.request('sessions/list', {}).catch(() => order.push('rejected'));
    connection.onDidChange(({ phase }) => order.push(phase));
    await until(() => gateway.requests.some(({ method }) => method === 'sessions/list'), 'the request arrived');
    gateway.drop();
    await asked;
    await until(() => order.includes('offline'), 'offline');
    expect(order.slice(0, 2)).toEqual(['rejected', 'offline']);
  });

  it('comes back by itself after a cut', async () => {
    const gateway = await startGateway();
    const { connection } = connect();
    await until(isConnected(connection), 'connected');
    gateway.drop();
    await until(() => connection.state.phase === 'offline', 'offline');
    await until(isConnected(connection), 'connected again');
  });

  it('starts the gateway when there is none, with the state directory and without the extension host\'s own variables', async () => {
    const seen = path.join(home, 'seen.json');
    fs.writeFileSync(path.join(distFolder, 'server.js'), `require('fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ argv: process.argv.slice(2), env: process.env, cwd: process.cwd() })); console.error('cannot bind'); process.exit(3);`);
    process.env['VSCODE_IPC_HOOK'] = 'secret';
    const { connection, said } = connect();
    await until(() => connection.state.phase === 'offline', 'offline');
    delete process.env['VSCODE_IPC_HOOK'];
    const { argv, env, cwd } = JSON.parse(fs.readFileSync(seen, 'utf8')) as { argv: string[]; env: Record<string, string>; cwd: string };
    expect(argv).toEqual(['--ensure']);
    expect(env['LOGOS_HOME']).toBe(home);
    expect(Object.keys(env).filter((name) => /^(VSCODE_|NODE_|ELECTRON_)/.test(name))).toEqual([]);
    expect(cwd).toBe('/');
    expect(said).toContain('cannot bind');
    expect(connection.state).toMatchObject({ away: { cause: { code: 'start_failed', sentence: 'cannot bind' } } });
  });

  it('leaves a gateway at rest while nobody looks at the window, and attaches at once when it is back', async () => {
    const started = path.join(distFolder, 'started');
    fs.writeFileSync(path.join(distFolder, 'server.js'), `require('fs').writeFileSync(${JSON.stringify(started)}, '')`);
    const { connection } = connect({ mayWake: false });
    await until(() => connection.state.phase === 'offline', 'offline');
    expect(fs.existsSync(started)).toBe(false);
    await startGateway();
    connection.retryNow();
    await until(isConnected(connection), 'connected');
  });

  it('stops trying when its Node is not there', async () => {
    fs.writeFileSync(path.join(distFolder, 'server.js'), '');
    const { connection } = connect({ node: '/nowhere/node' });
    await until(() => connection.state.phase === 'stopped', 'stopped');
    expect(connection.state).toMatchObject({ away: { cause: { code: 'no_node', sentence: 'Node was not found at /nowhere/node.' } } });
  });

  it('refuses a gateway of another protocol, and says which', async () => {
    const gateway = new ScriptedGateway(home);
    await gateway.start(7);
    ends.push(() => gateway.stop());
    const { connection } = connect();
    await until(() => connection.state.phase === 'stopped', 'stopped');
    expect(connection.state).toMatchObject({ away: { cause: { code: 'protocol' } } });
  });

  it('gives the reason that the starter printed, and stops when trying again cannot help', async () => {
    const error = { class: 'forbidden', message: 'The state directory belongs to another user.', cause: 'owner', hint: 'x', retryable: false };
    fs.writeFileSync(path.join(distFolder, 'server.js'), `console.log(${JSON.stringify(JSON.stringify({ error }))}); process.exitCode = 1;`);
    const { connection } = connect();
    await until(() => connection.state.phase === 'stopped', 'stopped');
    expect(connection.state).toMatchObject({ away: { cause: { code: 'start_failed', sentence: error.message } } });
  });

  it('stops with the words and the next step of a gateway that failed to start too often, and starts it anew when a person asks', async () => {
    const asked = path.join(home, 'asked');
    const error = { class: 'internal', message: 'The gateway failed to start 3 times within three minutes.', cause: 'crash_budget', hint: 'Look into the log.', retryable: true };
    fs.writeFileSync(path.join(distFolder, 'server.js'), `require('fs').appendFileSync(${JSON.stringify(asked)}, process.argv.slice(2).join(' ') + '\\n'); console.log(${JSON.stringify(JSON.stringify({ error }))}); process.exitCode = 1;`);
    const { connection, said } = connect();
    await until(() => connection.state.phase === 'stopped', 'stopped');
    expect(connection.state).toMatchObject({ away: { cause: { code: 'crash_budget', sentence: error.message, hint: error.hint } } });
    expect(said.join('\n')).toContain(`${error.message} ${error.hint}`);
    connection.reconnect();
    await until(() => fs.readFileSync(asked, 'utf8').includes('--anew'), 'a start that a person asked for');
    expect(fs.readFileSync(asked, 'utf8')).toBe('--ensure\n--ensure --anew\n');
  });

  it('has a gateway of another build looked at by the starter on the first connection, and leaves it alone on later ones', async () => {
    fs.writeFileSync(path.join(distFolder, 'build.json'), JSON.stringify({ build: 'mine', version: '1' }));
    const runs = path.join(home, 'runs');
    fs.writeFileSync(path.join(distFolder, 'server.js'), `require('fs').appendFileSync(${JSON.stringify(runs)}, 'x')`);
    const gateway = await startGateway('old');
    const { connection, said } = connect();
    await until(isConnected(connection), 'connected');
    expect(said.join(' ')).toContain('of build old, this extension of mine; it is busy');
    gateway.drop();
    await until(() => connection.state.phase === 'offline', 'offline');
    await until(isConnected(connection), 'connected again');
    expect(fs.readFileSync(runs, 'utf8')).toBe('x');
  });

  it('leaves no connection behind when it is disposed', async () => {
    const gateway = await startGateway();
    const { connection } = connect();
    await until(isConnected(connection), 'connected');
    connection.dispose();
    await until(() => gateway.connectionCount === 0, 'no connection');
  });
});
