// An inference socket in a process of its own, as in the gateway: node egressProcess.ts SOCKET BASEURL. Ends with its stdin.
import process from 'node:process';
import { createInferenceSockets } from '../../server/egress/inferenceSockets.ts';
import { createHttpClient } from '../../server/net/http.ts';
import { keepLog } from '../support/modelServer/keepLog.ts';
import { testRoute } from '../support/modelServer/testRoute.ts';

const [socketPath = '', baseUrl = ''] = process.argv.slice(2);
const { lines, ...log } = keepLog();
setInterval(() => lines.splice(0), 1000).unref();
const socket = await createInferenceSockets({ log, http: createHttpClient() })(socketPath);
socket.assign(testRoute(baseUrl, { key: 'sk-bench-0123456789' }), { onReport: () => undefined });
process.stdin.on('end', () => process.exit(0)).resume();
process.stdout.write('ready\n');
