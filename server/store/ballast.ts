import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ballastBytes = 1024 * 1024;
/** Room that must stay beside a new ballast, so that making it takes nobody's last byte. */
const marginBytes = 3 * ballastBytes;

/** A file of 1 MiB beside the database, given up when the disk is full so that the ends of turns can still be stored. */
export class Ballast {
  readonly #path: string;
  #isThere: boolean;

  constructor(databasePath: string) {
    this.#path = `${databasePath}.ballast`;
    this.#isThere = existsSync(this.#path);
  }

  /** Frees the room; false when it is spent already. */
  free(): boolean {
    if (!this.#isThere) return false;
    rmSync(this.#path, { force: true });
    this.#isThere = false;
    return true;
  }

  /** Makes the file again when there is room for it; called after a commit went well. */
  restore(): void {
    if (this.#isThere) return;
    try {
      const { bavail, bsize } = statfsSync(path.dirname(this.#path));
      if (bavail * bsize < ballastBytes + marginBytes) return;
      // Random bytes, because a file system that compresses would keep no room for zeros.
      writeFileSync(this.#path, randomBytes(ballastBytes), { mode: 0o600 });
      this.#isThere = true;
    } catch {
      // No room after all: what was written of it goes, and the next commit tries again.
      rmSync(this.#path, { force: true });
    }
  }
}
