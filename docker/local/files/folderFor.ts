import fs from 'node:fs/promises';
import path from 'node:path';
import { ToolFailure } from '../tools/tool.ts';
import { fileFailure } from '../tools/workspacePath.ts';
import { followLinks } from './foundFile.ts';

/** Makes the folders that a file needs. Throws a ToolFailure, also where the file is a link into a folder that is not there. */
export async function makeFolderFor(file: string, given: string): Promise<void> {
  const folder = path.dirname(file);
  try {
    await fs.mkdir(folder, { recursive: true });
  } catch (error) {
    throw (await whyNotMade(folder, given)) ?? fileFailure(error, given);
  }
  const target = await followLinks(file, given);
  if (target !== file && !(await isThere(path.dirname(target)))) throw await brokenLink(file, path.dirname(target));
}

/** The first part of the path that stands in the way; what the system says of the whole path is of another part, or of none. */
async function whyNotMade(folder: string, given: string): Promise<ToolFailure | undefined> {
  const parts = folder.split(path.sep);
  for (let count = 2; count <= parts.length; count += 1) {
    const at = parts.slice(0, count).join(path.sep);
    if (await isThere(at)) continue;
    if (await isLink(at)) return await brokenLink(at, await followLinks(at, given));
    return await fs.mkdir(at).then(
      () => undefined,
      (error: unknown) => fileFailure(error, given),
    );
  }
  return undefined;
}

async function brokenLink(link: string, missing: string): Promise<ToolFailure> {
  const to = await fs.readlink(link).catch(() => link);
  return new ToolFailure(
    `${link} is a symbolic link to ${to}, and the folder ${missing} does not exist; nothing was written. Make that folder with mkdir -p through run_command, write to another path, or remove the link if it is not meant.`,
  );
}

const isThere = (at: string): Promise<boolean> => fs.stat(at).then(() => true, () => false);
const isLink = (at: string): Promise<boolean> => fs.readlink(at).then(() => true, () => false);
