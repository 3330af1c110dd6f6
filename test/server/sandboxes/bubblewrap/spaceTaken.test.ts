import { describe, expect, it } from 'vitest';
import { SpaceTaken } from '../../../../server/sandboxes/bubblewrap/spaceTaken.ts';

const use = (bytes: number, files = 0) => ({ bytes, files, freeBytes: 1_000_000 - bytes, totalBytes: 1_000_000 });

/** Follows a disk from use to use; the first count, of what the folders held then, ends where the first look was made. */
function follow(uses: readonly number[], firstInFolders = 0): SpaceTaken {
  const taken = new SpaceTaken(50_000);
  for (const [index, bytes] of uses.entries()) {
    taken.follow(use(bytes));
    if (index === 0) taken.endCount(firstInFolders);
  }
  return taken;
}

describe('the space that a task takes of a disk', () => {
  const cases: readonly (readonly [name: string, uses: readonly number[], first: number, inFolders: number, held: number, unexplained: number])[] = [
    ['is explained by files in its folders', [100, 40_100], 0, 40_000, 0, 0],
    ['is explained by deleted files that it has open', [100, 40_100], 0, 0, 40_000, 0],
    ['is not explained by what lay in its folders before', [100, 40_100], 40_000, 40_000, 0, 40_000],
    ['is not explained where nothing of it is seen', [100, 40_100], 0, 0, 0, 40_000],
    ['is explained in part', [100, 40_100], 0, 10_000, 20_000, 10_000],
    ['is counted from when the disk was emptiest', [50_000, 20_000, 60_000], 0, 0, 0, 40_000],
    ['is nothing where the disk has become emptier', [50_000, 20_000], 0, 0, 0, 0],
    ['is nothing where more is seen than the disk has lost', [100, 40_100], 0, 60_000, 0, 0],
  ];
  for (const [name, uses, first, inFolders, held, unexplained] of cases) {
    it(name, () => expect(follow(uses, first).unexplained({ inFolders, held })).toBe(unexplained));
  }

  it('is counted by files too, because empty ones fill a disk as well', () => {
    const taken = follow([100]);
    taken.follow(use(100, 10));
    expect(taken.unexplained({ inFolders: 0, held: 0 })).toBe(40_960);
  });

  it('adds up since the last count began, whatever was given back', () => {
    const taken = follow([100, 1100, 100, 1100]);
    expect(taken.sinceCount).toBe(2000);
    taken.beginCount();
    taken.follow(use(1500));
    expect(taken.sinceCount).toBe(400);
  });

  it('may be what the limit says', () => expect(follow([100, 40_100]).allowed).toBe(50_000));

  it('may be what the home held before where that was more, and no byte beyond', () => {
    const taken = new SpaceTaken(50_000);
    taken.follow(use(100_000));
    taken.follow(use(110_000));
    taken.endCount(90_000);
    taken.endCount(100_000);
    expect(taken.allowed).toBe(80_000);
  });
});
