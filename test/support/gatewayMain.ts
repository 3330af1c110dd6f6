// A server program with services of its own making, for tests of the process as such. `LOGOS_TEST_*` says how they behave;
// `LOGOS_TEST_BUSY` is `1`, or a file that makes them busy while it exists.
import fs from 'node:fs';
import { AppError } from '../../server/base/appError.ts';
import { runCommand } from '../../server/lifecycle/commandLine.ts';
import { requestDefinitions } from '../../server/protocol/api.ts';
import type { FeatureHandlers } from '../../server/rpc/handlers.ts';
import type { GatewayServices, OpenServices, TopicSources } from '../../server/rpc/services.ts';
import { MemoryEvents } from './fakeFeeds.ts';

const openServices: OpenServices = async ({ environment }) => {
  if (environment['LOGOS_TEST_CRASH'] !== undefined) throw crash(environment['LOGOS_TEST_CRASH']);
  if (environment['LOGOS_TEST_STORE'] === 'corrupt') throw new AppError('storage_corrupt', 'The database cannot be read.', { hint: 'Look beside it.' });
  const busy = environment['LOGOS_TEST_BUSY'];
  return createServices(() => busy === '1' || (busy !== undefined && fs.existsSync(busy)));
};

/** Ends the process at once, as a broken build would. */
function crash(words: string): Error {
  process.stderr.write(`Error: ${words}\n    at somewhere\n\nNode.js v24\n`);
  process.exit(1);
}

function createServices(isBusy: () => boolean): GatewayServices {
  const unknown = async (): Promise<never> => {
    throw new AppError('not_found', 'These services hold nothing.', { hint: 'None.' });
  };
  const handlers = Object.fromEntries([...requestDefinitions.keys()].map((name) => [name, unknown])) as unknown as FeatureHandlers;
  const none = { list: async () => [], onChange: () => ({ dispose: () => undefined }) };
  const topics: TopicSources = { agents: none, sandboxes: none, sessions: none, models: none };
  return {
    handlers: { ...handlers, 'souls/list': async () => ({ items: [], broken: [] }) },
    sessionFeed: new MemoryEvents('00000000-0000-7000-8000-000000000001'),
    topics,
    status: () => ({ runningTurns: isBusy() ? 1 : 0, queuedTurns: 0, tasks: { running: isBusy() ? 1 : 0, waiting: 0, most: 4 }, store: { state: 'ok' } }),
    hasWork: isBusy,
    wake: () => undefined,
    dispose: async () => undefined,
  };
}

const file = process.argv[1] ?? import.meta.filename;
void runCommand({ args: process.argv.slice(2), environment: { ...process.env }, distribution: process.env['LOGOS_TEST_DISTRIBUTION'] ?? import.meta.dirname, entry: file, openServices }).then((code) => process.exit(code));
