import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openWriter } from '../../../server/store/openDatabase.ts';
import type { FromThread } from '../../../server/store/threadMessages.ts';
import { createEraser } from '../../support/store/erasing.ts';
import { filesWith } from '../../support/store/filesWith.ts';
import { TemporaryStore, tick } from '../../support/store/temporaryStore.ts';

/** Written by the first version of the schema, whose deletions left their text in the gaps of the file: three sessions, a deleted one among them, and a deleted agent. */
const fixture = path.join(import.meta.dirname, '../../fixtures/firstLanding.db.gz');

let rig: TemporaryStore;
beforeEach(async () => {
  rig = new TemporaryStore();
  mkdirSync(path.dirname(rig.file), { recursive: true });
  writeFileSync(rig.file, gunzipSync(readFileSync(fixture)));
  await rig.open();
});
afterEach(() => rig.dispose());

it('A database of the first schema opens with its agents, sessions and runs, and its deleted session can be restored', async () => {
  const { items } = await rig.store.listSessions({});
  expect(items.map(({ title }) => title)).toEqual(['First landing', 'Kept']);
  expect((await rig.store.listAgents()).map(({ sessionCount, deletedSessionCount }) => [sessionCount, deletedSessionCount])).toEqual([[1, 0], [1, 0], [0, 1]]);
  const { turns } = await rig.store.snapshot({ sessionId: items[1]!.id, limit: 5 });
  expect(turns.map(({ attempts }) => attempts[0]?.message?.parts[0])).toMatchObject([{ text: 'This answer stays.' }]);
  expect((await rig.store.listRuns({})).items).toHaveLength(15);
  const [deleted] = (await rig.store.listSessions({ onlyDeleted: true })).items.filter(({ title }) => title === 'Deleted');
  expect((await rig.store.restoreSession({ sessionId: deleted!.id, at: tick() })).session.title).toBe('Deleted');
});

it('A session of the first schema leaves no trace when it is deleted for good, not in the gaps that its turns had left either', async () => {
  const session = (await rig.store.listSessions({})).items.find(({ title }) => title === 'First landing');
  expect(filesWith(rig.directory, 'FIRSTLANDING')).not.toEqual([]);
  await createEraser(rig.store).eraseSession(session!.id);
  expect(filesWith(rig.directory, 'FIRSTLANDING')).toEqual([]);
  expect(filesWith(rig.directory, 'This answer stays.')).not.toEqual([]);
});

it('An agent that was deleted under the first schema is erased to the end at the next start', async () => {
  expect(filesWith(rig.directory, 'GONEAGENT')).not.toEqual([]);
  await createEraser(rig.store).resume();
  expect(filesWith(rig.directory, 'GONEAGENT')).toEqual([]);
});

it('A database of the first schema that is too large to be written anew at a start opens at once, and the log says what to run', async () => {
  await rig.dispose();
  rig = new TemporaryStore();
  mkdirSync(path.dirname(rig.file), { recursive: true });
  writeFileSync(rig.file, gunzipSync(readFileSync(fixture)));
  // What lies behind the last page counts for its size alone, and takes no room.
  truncateSync(rig.file, 300 * 1_048_576);
  const said: FromThread[] = [];
  const db = openWriter(rig.file, 100, (message) => said.push(message));
  db.close();
  expect(said).toEqual([expect.objectContaining({ kind: 'log', level: 'warn', text: expect.stringContaining(`sqlite3 '${rig.file}' "VACUUM;`) })]);
  await rig.open();
  expect((await rig.store.listSessions({})).items).toHaveLength(2);
});
