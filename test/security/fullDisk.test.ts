import { expect, it } from 'vitest';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const agent = '00000000-0000-7000-8000-000000000021';

it('ends a task that takes the last room of the disk, long before its workspace is full, and leaves others alone', async (context) => {
  const unavailable = whyNoSandbox() ?? (hostModes.includes('root') ? undefined : 'a small disk can be made by root alone');
  if (unavailable !== undefined) return context.skip(unavailable);
  const host = await SandboxHost.start('root', { diskMebibytes: 400 });
  try {
    await host.prepare(agent);
    const body = `const fs = require('fs'); for (let i = 0; ; i += 1) { try { fs.writeFileSync('/sandbox/' + i, Buffer.alloc(4 * 1048576, 1)); } catch {} await new Promise((resolve) => setTimeout(resolve, 10)); if (i > 5000) return 'never stopped'; }`;
    const { task } = await host.start(agent, body);
    expect((await host.ended(task)).exit.cause).toBe('out_of_disk');
    // What is full stays full, and a task that takes nothing of it may go on.
    expect(await host.run(agent, `await new Promise((resolve) => setTimeout(resolve, 1500)); return require('fs').readdirSync('/sandbox').length > 20;`)).toEqual({ value: true });
  } finally {
    await host.dispose();
  }
});
