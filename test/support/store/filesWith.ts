import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The files below a folder that hold a text, in UTF-8 or UTF-16, by their paths in it; sockets and pipes hold none. */
export function filesWith(folder: string, text: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name));
  const wanted = [Buffer.from(text, 'utf8'), Buffer.from(text, 'utf16le')];
  return files.filter((file) => {
    const bytes = readFileSync(file);
    return wanted.some((form) => bytes.includes(form));
  }).map((file) => path.relative(folder, file));
}
