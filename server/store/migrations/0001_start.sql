-- Times are ms since 1970; columns named after a type of the protocol hold its JSON.

-- Ids that clients chose: the same id and content is the same thing said again, and an id stays taken after removal.
CREATE TABLE ids (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  principal TEXT NOT NULL,
  hash TEXT NOT NULL,
  answer TEXT,
  removed_at INTEGER,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

CREATE TABLE agents (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  soul TEXT NOT NULL,
  tools TEXT NOT NULL,
  runtime TEXT NOT NULL,
  model TEXT NOT NULL,
  policy TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  deleted_at INTEGER
);

CREATE TABLE sessions (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  principal TEXT NOT NULL,
  agent_id TEXT NOT NULL REFERENCES agents (id),
  title TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  revision INTEGER NOT NULL,
  message_count INTEGER NOT NULL,
  head_turn_id TEXT,
  is_queue_held INTEGER NOT NULL,
  -- The seq of the newest event, and the ordinal of the newest turn: both only grow.
  seq INTEGER NOT NULL,
  last_ordinal INTEGER NOT NULL,
  -- At most one turn runs, and at most one retry waits.
  running_turn_id TEXT,
  retry_turn_id TEXT,
  retry_mode TEXT
);
CREATE INDEX sessions_by_change ON sessions (updated_at, id);
CREATE INDEX sessions_by_agent ON sessions (agent_id, updated_at, id);
CREATE INDEX sessions_running ON sessions (running_turn_id) WHERE running_turn_id IS NOT NULL;

CREATE TABLE turns (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  ordinal INTEGER NOT NULL,
  state TEXT NOT NULL,
  message_id TEXT NOT NULL,
  message TEXT NOT NULL,
  notices TEXT,
  queued_at INTEGER NOT NULL,
  UNIQUE (session_id, ordinal)
);
CREATE INDEX turns_queued ON turns (session_id, ordinal) WHERE state = 'queued';
CREATE INDEX turns_by_message ON turns (message_id);

CREATE TABLE attempts (
  turn_id TEXT NOT NULL REFERENCES turns (id),
  number INTEGER NOT NULL,
  mode TEXT NOT NULL,
  run_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  -- The seq of its `turn.started`: what it streams stands after it.
  started_seq INTEGER NOT NULL,
  -- The assistant message, once the attempt ended; until then it is folded from the events.
  message TEXT,
  ended_at INTEGER,
  outcome TEXT,
  error TEXT,
  usage TEXT,
  PRIMARY KEY (turn_id, number)
);

CREATE TABLE events (
  session_key INTEGER NOT NULL REFERENCES sessions (key),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  turn_id TEXT,
  -- Deleted when the attempt ends, because a later event says the same.
  is_foldable INTEGER NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (session_key, seq)
) WITHOUT ROWID;

-- A frozen STAMP is stored once, by its hash.
CREATE TABLE stamps (
  hash TEXT PRIMARY KEY,
  stamp TEXT NOT NULL
);

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  turn_id TEXT NOT NULL REFERENCES turns (id),
  agent_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  stamp_hash TEXT NOT NULL REFERENCES stamps (hash),
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT,
  error TEXT,
  usage TEXT,
  exit_reason TEXT
);
CREATE INDEX runs_by_start ON runs (started_at, id);
CREATE INDEX runs_by_session ON runs (session_id, started_at, id);
CREATE INDEX runs_by_agent ON runs (agent_id, started_at, id);

CREATE TABLE servers (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  base_url TEXT NOT NULL,
  added_at INTEGER NOT NULL
);

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
