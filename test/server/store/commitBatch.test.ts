import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitBatch, type Writer } from '../../../server/store/commitBatch.ts';
import type { Database } from '../../../server/store/database.ts';
import { openWriter } from '../../../server/store/openDatabase.ts';
import { setSetting } from '../../../server/store/settings.ts';

let directory: string;
let db: Database;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'logos-commit-'));
  db = openWriter(path.join(directory, 'logos.db'), 100);
});
afterEach(() => {
  db.close();
  rmSync(directory, { recursive: true, force: true });
});

const set = (on: Database, key: string): string => (setSetting(on, { key, value: key }), key);
const settings = (): string[] => db.all<{ key: string }>('SELECT key FROM settings ORDER BY key').map(({ key }) => key);
const writer = (more: Partial<Writer> = {}): Writer => ({
  db,
  operations: { appendEvents: set, acceptMessage: set, endAttempt: set },
  freeBallast: () => false,
  onCorrupt: () => undefined,
  ...more,
});
const call = (name: 'appendEvents' | 'acceptMessage' | 'endAttempt', input: string) => ({ name, input });

describe('A group of writes', () => {
  it('is committed with synchronous=NORMAL, and with FULL as soon as one of them is durable', () => {
    // The mode cannot change inside a transaction: what an operation sees is what its commit is made with.
    const probe = {
      operations: {
        appendEvents: (on: Database) => on.pragma('synchronous'),
        acceptMessage: (on: Database) => on.pragma('synchronous'),
        endAttempt: (on: Database) => on.pragma('synchronous'),
      },
    };
    expect(commitBatch(writer(probe), [call('appendEvents', ''), call('appendEvents', '')])).toEqual([
      { value: 1 },
      { value: 1 },
    ]);
    expect(commitBatch(writer(probe), [call('appendEvents', ''), call('acceptMessage', '')])).toEqual([
      { value: 2 },
      { value: 2 },
    ]);
    expect(commitBatch(writer(probe), [call('endAttempt', '')])).toEqual([{ value: 2 }]);
    expect(commitBatch(writer(probe), [call('appendEvents', '')])).toEqual([{ value: 1 }]);
  });

  it('is one transaction, in which one that fails undoes itself alone', () => {
    let commits = 0;
    const run = db.run.bind(db);
    db.run = (sql, ...values) => ((commits += sql === 'COMMIT' ? 1 : 0), run(sql, ...values));
    const failing = (_on: Database, key: string): string => {
      set(db, key);
      if (key === 'bad') throw new Error('No.');
      return key;
    };
    const results = commitBatch(
      writer({ operations: { appendEvents: failing } }),
      ['a', 'bad', 'b'].map((key) => call('appendEvents', key)),
    );
    expect(results).toEqual([
      { value: 'a' },
      { error: expect.objectContaining({ class: 'internal' }) as unknown },
      { value: 'b' },
    ]);
    expect(settings()).toEqual(['a', 'b']);
    expect(commits).toBe(1);
  });
});

describe('On a disk that is full', () => {
  const fillingSet = (on: Database, key: string): string => (
    setSetting(on, { key, value: 'x'.repeat(key.startsWith('big') ? 200_000 : 10) }),
    key
  );
  const operations = { appendEvents: fillingSet, acceptMessage: fillingSet, endAttempt: fillingSet };
  const fill = (): void => void db.pragma(`max_page_count = ${Number(db.pragma('page_count'))}`);

  it('what has no room is refused as storage_full and the rest of its group is stored', () => {
    fill();
    const results = commitBatch(writer({ operations }), [
      call('appendEvents', 'a'),
      call('acceptMessage', 'big'),
      call('appendEvents', 'b'),
    ]);
    expect(results).toEqual([
      { value: 'a' },
      { error: expect.objectContaining({ class: 'storage_full', retryable: true }) as unknown },
      { value: 'b' },
    ]);
    expect(settings()).toEqual(['a', 'b']);
  });

  it('ballast is spent on output but for four pieces, on messages but for its last, and on the end of a turn to its last', () => {
    fill();
    let pieces = 8;
    const freeBallast = (kept: number): boolean => {
      if (pieces <= kept) return false;
      pieces -= 1;
      // Two pieces hold what is big.
      db.pragma(`max_page_count = ${Number(db.pragma('max_page_count')) + 30}`);
      return true;
    };
    const full = writer({ operations, freeBallast });
    const refused = expect.objectContaining({ class: 'storage_full' }) as unknown;
    expect(commitBatch(full, [call('appendEvents', 'big 1')])).toEqual([{ value: 'big 1' }]);
    fill();
    expect(commitBatch(full, [call('acceptMessage', 'big 2')])).toEqual([{ value: 'big 2' }]);
    fill();
    expect(commitBatch(full, [call('appendEvents', 'big 3')])).toEqual([{ error: refused }]);
    expect(pieces).toBe(4);
    expect(commitBatch(full, [call('acceptMessage', 'big 4')])).toEqual([{ value: 'big 4' }]);
    fill();
    expect(commitBatch(full, [call('acceptMessage', 'big 5')])).toEqual([{ error: refused }]);
    expect(pieces).toBe(1);
    expect(commitBatch(full, [call('endAttempt', 'end')])).toEqual([{ value: 'end' }]);
  });

  it('the end of a turn is refused too when the ballast is spent', () => {
    fill();
    expect(commitBatch(writer({ operations }), [call('endAttempt', 'big')])[0]).toHaveProperty(
      'error.class',
      'storage_full',
    );
    expect(settings()).toEqual([]);
  });
});
