// A scripted model server as a program: node test/support/modelServer/main.ts [--port 0] [--socket PATH] [--key KEY] [--persona NAME] [--models a,b]
// Prints one line, {"baseUrl": "...", "pid": N}, when it listens, and ends with its stdin or by a signal.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startModelServer } from './modelServer.ts';
import type { Persona } from './personas.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    socket: { type: 'string' },
    key: { type: 'string' },
    persona: { type: 'string', default: 'openai' },
    models: { type: 'string', default: 'scripted' },
    context: { type: 'string', default: '32768' },
    /** Stays when stdin ends, for starting by hand. */
    detach: { type: 'boolean', default: false },
  },
});

const server = await startModelServer({
  port: Number(values.port),
  persona: values.persona as Persona,
  models: values.models.split(',').map((id) => ({ id, contextTokens: Number(values.context) })),
  ...(values.socket === undefined ? {} : { socketPath: values.socket }),
  ...(values.key === undefined ? {} : { key: values.key }),
});
process.stdout.write(`${JSON.stringify({ baseUrl: server.baseUrl, pid: process.pid })}\n`);

const stop = (): void => void server.dispose().then(() => process.exit(0));
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
if (!values.detach) {
  process.stdin.on('end', stop);
  process.stdin.resume();
}
