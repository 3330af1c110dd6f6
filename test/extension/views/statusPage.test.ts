import { describe, expect, it } from 'vitest';
import { awayPage, sandboxesPage, statusPage } from '../../../extension/views/statusPage.ts';
import type { GatewayStatus } from '../../../server/protocol/gateway.ts';
import type { ModelServer } from '../../../server/protocol/models.ts';
import type { Sandbox } from '../../../server/protocol/sandboxes.ts';
import { agentOf } from '../../support/extension/things.ts';

const status = {
  pid: 4711,
  startedAt: 0,
  version: '0.1.0',
  build: 'abc',
  protocol: 1,
  home: '/state',
  logPath: '/state/logs/gateway.log',
  node: { version: 'v24.0.0', path: '/node', workerPath: '/worker-node' },
  runningTurns: 1,
  queuedTurns: 2,
  tasks: { running: 1, waiting: 0, most: 64 },
  connections: 3,
  memoryBytes: 64 * 1_048_576,
  store: { state: 'ok' },
} as unknown as GatewayStatus;
const server: ModelServer = { id: 's', name: 'Study', kind: 'openai_compatible', baseUrl: 'http://study/v1', hasKey: false, isBuiltIn: false, state: 'up', models: [], latencyMs: 4 };

describe('the page about the gateway', () => {
  it('says what runs, where everything lies, and how servers and agents stand', () => {
    const page = statusPage({ status, servers: [server], agents: [agentOf(1, { name: 'Coder' })], now: 125 * 60_000 });
    expect(page).toMatch(/^The gateway is running\. 1 turn runs, 2 messages wait\.\n/);
    expect(page).toContain('4711, for 2 h 5 min, 64 MB of memory, 3 connected');
    expect(page).toContain('/state/logs/gateway.log');
    expect(page).toContain('  Study  http://study/v1, no models, 4 ms\n');
    // The name that our own model goes by in requests is no address that a person could open.
    const embedded: ModelServer = { ...server, name: 'Embedded model', kind: 'embedded', baseUrl: 'http://embedded.model/v1' };
    expect(statusPage({ status, servers: [embedded], agents: [], now: 0 })).toContain('  Embedded model  on this machine, no models, 4 ms\n');
    expect(page).toMatch(/ {2}Coder {2}Ready · .*writes in workspace only, no network\n/);
  });

  it('says while the gateway is away why, and what was last known', () => {
    const known = statusPage({ status, servers: [server], agents: [], now: 0 });
    const lines = awayPage('The connection to the gateway ended.', known, new Date(2026, 0, 1, 14, 2, 10).getTime()).split('\n');
    expect(lines.slice(0, 2)).toEqual(['The gateway is away. The connection to the gateway ended.', 'Last known, at 14:02:10: The gateway is running. 1 turn runs, 2 messages wait.']);
    expect(lines.slice(2)).toEqual(known.split('\n').slice(1));
  });

  it('says how many tasks run, how many may, and how many wait for a place', () => {
    const pageOf = (tasks: GatewayStatus['tasks']): string => statusPage({ status: { ...status, tasks }, servers: [], agents: [], now: 0 });
    expect(pageOf({ running: 1, waiting: 0, most: 64 })).toMatch(/ {2}Tasks +1 of at most 64 at once\n/);
    expect(pageOf({ running: 64, waiting: 3, most: 64 })).toMatch(/ {2}Tasks +64 of at most 64 at once, 3 wait for a free place\n/);
  });

  it('ends the row of a server with the reason why it does not answer, so that no comma follows a full stop', () => {
    const error = { class: 'model_unreachable', message: 'Study does not answer at study:1234.', cause: 'ECONNREFUSED', hint: 'Start it.', retryable: true } as const;
    const page = statusPage({ status, servers: [{ ...server, state: 'down', error }], agents: [], now: 0 });
    expect(page).toContain('  Study  http://study/v1, Study does not answer at study:1234.\n');
    expect(page).not.toMatch(/[.!?],/);
  });

  it('says none where there is nothing, and what is wrong with the database', () => {
    const error = { class: 'storage_full', message: 'The disk is full.', cause: 'ENOSPC', hint: 'Free some space.', retryable: true } as const;
    const page = statusPage({ status: { ...status, store: { state: 'failed', error } }, servers: [], agents: [], now: 0 });
    expect(page).toContain('The disk is full. Free some space.');
    expect(page).toContain('Model servers\n  none\n\nAgents\n  none\n');
  });
});

describe('the page about the sandboxes', () => {
  const sandbox = { phase: 'absent', isChatReady: false, runningTasks: 0 } as unknown as Sandbox;

  it('says of each how it stands, and that one which was not needed yet was not started', () => {
    const page = sandboxesPage({ engine: 'bubblewrap', version: 'bubblewrap 0.8.0', latencyMs: 40, limits: [] }, [
      { name: 'Coder', sandbox },
      { name: 'Writer', sandbox: { ...sandbox, phase: 'ready', isChatReady: true, runningTasks: 2 } },
    ]);
    expect(page).toBe('Sandboxes can be held here, by bubblewrap 0.8.0.\nIt was tried just now, in 40 ms.\n\nAgents\n  Coder   Not started. Its first message starts it.\n  Writer  Ready, 2 tasks run.\n');
  });

  it('says why none can be held, with the next step', () => {
    const error = { class: 'sandbox_unsupported', message: 'bubblewrap is not installed.', cause: 'missing', hint: 'Install bubblewrap.', retryable: false } as const;
    expect(sandboxesPage({ engine: 'bubblewrap', limits: [], error }, [])).toMatch(/^No sandbox can be held here\. bubblewrap is not installed\.\nInstall bubblewrap\.\n/);
  });
});
