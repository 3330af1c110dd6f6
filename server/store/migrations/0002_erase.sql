-- A session that is deleted for good is marked first, then erased piece by piece; its row goes last, so that a gateway that ended
-- meanwhile knows what is left to do.
ALTER TABLE sessions ADD COLUMN erased_at INTEGER;
CREATE INDEX sessions_erased ON sessions (erased_at) WHERE erased_at IS NOT NULL;
-- How many sessions an agent has, without a look at each.
CREATE INDEX sessions_live ON sessions (agent_id) WHERE deleted_at IS NULL;
CREATE INDEX sessions_deleted ON sessions (agent_id, updated_at, id) WHERE deleted_at IS NOT NULL;
-- Before a row goes, SQLite looks for what points at it.
CREATE INDEX runs_by_turn ON runs (turn_id);
CREATE INDEX runs_by_stamp ON runs (stamp_hash);
-- The id of a removed message keeps nothing that was made from its text.
UPDATE ids SET hash = '', answer = NULL WHERE kind = 'message' AND removed_at IS NOT NULL;
-- What was deleted in the file before deletions were overwritten is still in its gaps: it is written anew once.
INSERT INTO settings (key, value) SELECT 'store.hasGaps', 'yes' WHERE EXISTS (SELECT 1 FROM agents);
