import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { UnsentListMessage, UnsentMessage } from '../../webviews/shared/relayMessages.ts';
import { readUnsentMessage } from './unsentMessage.ts';

const MAX_MESSAGES = 200;
const MAX_CHARACTERS = 16 * 1024 * 1024;
const MAX_GONE = 500;
/** A text of the greatest length whose every character is escaped, and the rest of its message. */
const MAX_FILE_BYTES = 7 * 1024 * 1024;
const FILE_NAME = /^([0-9a-f-]{36})\.json$/;

/**
 * The messages of this workspace that were written and are not stored by the gateway yet: a private file each, whose writing begins as soon
 * as the page tells of it, so that neither the end of the window nor that of the extension host loses one. A dropped one leaves an empty file,
 * because a page may come back in an older state than ours. Windows of one workspace share the folder. Nothing is sent from here.
 */
export class UnsentMessages {
  readonly #folder: string;
  readonly #say: (sentence: string) => void;
  /** By id; undefined means that it was dropped. */
  readonly #messages = new Map<string, UnsentMessage | undefined>();
  #writing: Promise<void> = Promise.resolve();

  /** `folder` is made when it is missing. */
  constructor(folder: string, say: (sentence: string) => void) {
    this.#folder = folder;
    this.#say = say;
  }

  /** What is kept, the oldest first, and what was dropped; reads what other windows have done since. */
  list(): Omit<UnsentListMessage, 'type'> {
    try {
      this.#read();
    } catch (error) {
      this.#say(`The unsent messages in ${this.#folder} cannot be read: ${String(error)}`);
    }
    const messages = [...this.#messages.values()].filter((message) => message !== undefined);
    const goneIds = [...this.#messages].flatMap(([id, message]) => (message === undefined ? [id] : []));
    return { messages: messages.sort((a, b) => a.createdAt - b.createdAt || a.messageId.localeCompare(b.messageId)), goneIds };
  }

  /** Keeps a message; one that is known stays as it is. */
  keep(message: UnsentMessage): void {
    if (this.#messages.has(message.messageId)) return;
    const kept = [...this.#messages.values()].filter((other) => other !== undefined);
    const characters = kept.reduce((sum, { text }) => sum + text.length, message.text.length);
    if (kept.length >= MAX_MESSAGES || characters > MAX_CHARACTERS) return this.#say('There are too many unsent messages; one more is kept by its page alone.');
    this.#messages.set(message.messageId, message);
    this.#write(message.messageId);
  }

  /** Forgets a message, for every window. */
  drop(messageId: string): void {
    if (this.#messages.has(messageId) && this.#messages.get(messageId) === undefined) return;
    this.#messages.set(messageId, undefined);
    this.#write(messageId);
  }

  /** Forgets every message of a session, for every window. */
  dropSession(sessionId: string): void {
    for (const message of this.list().messages) if (message.sessionId === sessionId) this.drop(message.messageId);
  }

  /** Resolves when everything so far is on the disk. */
  settled(): Promise<void> {
    return this.#writing;
  }

  #read(): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const gone: { readonly file: string; readonly droppedAt: number }[] = [];
    for (const name of readdirSync(this.#folder).sort()) {
      const id = FILE_NAME.exec(name)?.[1];
      if (id === undefined) continue;
      const file = path.join(this.#folder, name);
      const droppedAt = this.#readFile(id, file);
      if (droppedAt !== undefined) gone.push({ file, droppedAt });
    }
    for (const { file } of gone.sort((a, b) => a.droppedAt - b.droppedAt).slice(0, -MAX_GONE)) rmSync(file, { force: true });
  }

  /** Gives when it was dropped, in ms, if it was. What is wrong with one file keeps no other from being read. */
  #readFile(id: string, file: string): number | undefined {
    try {
      const stat = statSync(file);
      if (stat.size === 0) {
        this.#messages.set(id, undefined);
        return stat.mtimeMs;
      }
      if (this.#messages.has(id)) return undefined;
      const message = stat.size > MAX_FILE_BYTES ? undefined : parse(readFileSync(file, 'utf8'));
      if (message?.messageId === id) this.#messages.set(id, message);
      else this.#say(`${file} holds no unsent message; it is left alone.`);
    } catch (error) {
      // Another window removes the oldest empty files too.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#say(`${file} cannot be read; it is left alone: ${String(error)}`);
    }
    return undefined;
  }

  /** One write after another; each writes what is true when its turn comes. */
  #write(id: string): void {
    const write = this.#writing.then(() => writeDurably(this.#folder, id, this.#messages.get(id)));
    this.#writing = write.catch((error: unknown) => this.#say(`An unsent message could not be kept in ${this.#folder}: ${String(error)}`));
  }
}

function parse(text: string): UnsentMessage | undefined {
  try {
    return readUnsentMessage(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Writes the whole file or none of it; it is on the disk when this resolves. Another window may write the same one at the same time. */
async function writeDurably(folder: string, id: string, message: UnsentMessage | undefined): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${id}.json`);
  const written = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFileDurably(written, message === undefined ? '' : JSON.stringify(message));
    await rename(written, file);
  } catch (error) {
    await rm(written, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

async function writeFileDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A name in a folder is durable once the folder is; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}
