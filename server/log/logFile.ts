import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { spareOf, writeWhole } from '../base/writeWhole.ts';

/** A file longer than this is set aside before the next line. */
const rotateAtBytes = 5_000_000;
const keptFiles = 3;
/** How long a line may wait for others to be written with it. */
const flushAfterMs = 200;
/** What may wait for a disk that does not keep up; newer lines are counted instead of kept. */
const maxWaitingBytes = 4 * 1024 * 1024;

/**
 * Writes lines to a file, in order and in the background, and sets it aside when it is long: `gateway.log.1` is the youngest of three.
 * A disk that refuses keeps nobody from working: lines are dropped, and their number is written once it takes them again.
 */
export class LogFile {
  readonly path: string;
  readonly #describeLoss: (lines: number) => string;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #lostLines = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #handle: FileHandle | undefined;
  #size = 0;

  /** `describeLoss` makes the line that says how many were lost. */
  constructor(file: string, describeLoss: (lines: number) => string) {
    this.path = file;
    this.#describeLoss = describeLoss;
  }

  /** Takes a line without its newline; `isUrgent` writes it and all before it at once. */
  write(line: string, isUrgent: boolean): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#waitingBytes + bytes > maxWaitingBytes) {
      this.#lostLines += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    if (isUrgent) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), flushAfterMs).unref();
  }

  /** Resolves when everything taken so far was written, or was refused. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#writeWaiting());
    return this.#writing;
  }

  /** Takes the lines that are not to be kept out of every file; resolves when they are gone from the disk. Rejects when a file cannot be written anew. */
  async retain(isKept: (line: string) => boolean): Promise<void> {
    const retaining = this.flush().then(async () => {
      await this.#handle?.close();
      this.#handle = undefined;
      for (let age = 0; age <= keptFiles; age++) await retainLines(age === 0 ? this.path : `${this.path}.${age}`, isKept);
    });
    this.#writing = retaining.catch(() => undefined);
    await retaining;
  }

  async dispose(): Promise<void> {
    await this.flush();
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  async #writeWaiting(): Promise<void> {
    if (this.#waiting.length === 0 && this.#lostLines === 0) return;
    const lines = this.#waiting;
    const lost = this.#lostLines;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#lostLines = 0;
    if (lost > 0) lines.push(this.#describeLoss(lost));
    try {
      await this.#append(Buffer.from(`${lines.join('\n')}\n`));
    } catch {
      this.#lostLines += lost > 0 ? lost + lines.length - 1 : lines.length;
      await this.#handle?.close().catch(() => undefined);
      this.#handle = undefined;
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    if (this.#handle === undefined) await this.#open();
    if (this.#size > 0 && this.#size + bytes.length > rotateAtBytes) await this.#rotate();
    await this.#handle?.appendFile(bytes);
    this.#size += bytes.length;
  }

  async #open(): Promise<void> {
    await mkdir(path.dirname(this.path), { recursive: true, mode: 0o700 });
    this.#handle = await open(this.path, 'a', 0o600);
    this.#size = (await this.#handle.stat()).size;
  }

  async #rotate(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    await rm(`${this.path}.${keptFiles}`, { force: true });
    for (let age = keptFiles - 1; age >= 0; age--) {
      const from = age === 0 ? this.path : `${this.path}.${age}`;
      if (await isThere(from)) await rename(from, `${this.path}.${age + 1}`);
    }
    await this.#open();
  }
}

/** Writes a file anew without some of its lines. */
async function retainLines(file: string, isKept: (line: string) => boolean): Promise<void> {
  await rm(spareOf(file), { force: true });
  if (!(await isThere(file))) return;
  const lines = (await readFile(file, 'utf8')).split('\n');
  const kept = lines.filter((line) => line === '' || isKept(line));
  if (kept.length === lines.length) return;
  await writeWhole(file, kept.join('\n'));
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
