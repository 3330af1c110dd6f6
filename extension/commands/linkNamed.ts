import { mkdir, realpath, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileName } from '../trees/labelText.ts';

/**
 * A link to the home of an agent that is called like the agent, as then the window is that opens it; every home is called `home`. The link lies
 * beside the home, where no agent writes and where it goes with the sandbox, and below the same folders, so that no trust in one of them reaches
 * further than before. Where there can be no such link, it is the home itself.
 */
export async function linkNamed(agent: string, home: string): Promise<string> {
  const link = path.join(path.dirname(home), 'window', fileName(agent));
  try {
    await mkdir(path.dirname(link), { recursive: true, mode: 0o700 });
    await symlink(home, link, 'junction').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    return (await realpath(link)) === (await realpath(home)) ? link : home;
  } catch {
    return home;
  }
}
