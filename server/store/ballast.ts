import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const pieceBytes = 1024 * 1024;
const mostPieces = 16;
/** Made at once; the others one by one, so that no commit waits long for them. */
const piecesAtOnce = 4;
const betweenPiecesMs = 250;
/** So much must stay free beside a new piece for each that there is, so that a small disk keeps most of its room. */
const marginBytes = 3 * pieceBytes;

/**
 * Up to 16 files of 1 MiB beside the database, given up one by one when the disk is full, so that messages and the ends of turns can
 * be stored on a disk that somebody else filled. In pieces, because who fills the disk may take what is given up before it is used.
 */
export class Ballast {
  readonly #path: string;
  /** Numbers of the pieces that are there, rising. */
  readonly #pieces: number[];
  #madeAt = -Infinity;

  constructor(databasePath: string) {
    this.#path = `${databasePath}.ballast`;
    this.#pieces = Array.from({ length: mostPieces }, (_, piece) => piece).filter((piece) => existsSync(this.#pathOf(piece)));
  }

  /** Frees the room of one piece; false when no more than `kept` are there. */
  free(kept: number): boolean {
    if (this.#pieces.length <= kept) return false;
    const piece = this.#pieces.pop();
    if (piece !== undefined) rmSync(this.#pathOf(piece), { force: true });
    return piece !== undefined;
  }

  /** Makes pieces again when there is room for them; called after a commit went well. */
  restore(): void {
    while (this.#pieces.length < mostPieces && this.#isTimeForMore() && this.#makePiece());
  }

  #isTimeForMore(): boolean {
    return this.#pieces.length < piecesAtOnce || performance.now() - this.#madeAt >= betweenPiecesMs;
  }

  /** Says whether there was room. */
  #makePiece(): boolean {
    const piece = Array.from({ length: mostPieces }, (_, number) => number).find((number) => !this.#pieces.includes(number)) ?? 0;
    try {
      const { bavail, bsize } = statfsSync(path.dirname(this.#path));
      if (bavail * bsize < pieceBytes + marginBytes * (this.#pieces.length + 1)) return false;
      // Random bytes, because a file system that compresses would keep no room for zeros.
      writeFileSync(this.#pathOf(piece), randomBytes(pieceBytes), { mode: 0o600 });
      this.#pieces.push(piece);
      this.#pieces.sort((a, b) => a - b);
      this.#madeAt = performance.now();
      return true;
    } catch {
      // No room after all: what was written of it goes, and a later commit tries again.
      rmSync(this.#pathOf(piece), { force: true });
      return false;
    }
  }

  #pathOf(piece: number): string {
    return piece === 0 ? this.#path : `${this.#path}.${piece}`;
  }
}
