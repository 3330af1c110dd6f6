import type { ModelChoice } from '../protocol/agents.ts';
import { claimId, eraseId, findClaim, isBuried } from './claimId.ts';
import type { Database } from './database.ts';
import { deleteSession } from './sessions.ts';
import type { AgentRecord, NewAgent, Stored } from './store.ts';
import { conflict, notFound } from './storeErrors.ts';

interface AgentRow {
  id: string;
  name: string;
  soul: string;
  tools: string;
  runtime: string;
  model: string;
  policy: string;
  revision: number;
  created_at: number;
  session_count: number;
  deleted_session_count: number;
}

function toRecord(row: AgentRow): AgentRecord {
  return {
    id: row.id,
    name: row.name,
    soul: row.soul,
    tools: JSON.parse(row.tools) as string[],
    runtime: row.runtime,
    model: JSON.parse(row.model) as ModelChoice,
    policy: row.policy,
    revision: row.revision,
    createdAt: row.created_at,
    sessionCount: row.session_count,
    deletedSessionCount: row.deleted_session_count,
  };
}

const counted = `SELECT agents.*, (SELECT count(*) FROM sessions WHERE agent_id = agents.id AND deleted_at IS NULL) AS session_count,
  (SELECT count(*) FROM sessions WHERE agent_id = agents.id AND deleted_at IS NOT NULL AND erased_at IS NULL) AS deleted_session_count FROM agents`;

/** One agent that is not deleted. */
export function getAgent(db: Database, agentId: string): AgentRecord | undefined {
  const row = db.get<AgentRow>(`${counted} WHERE id = ? AND deleted_at IS NULL`, agentId);
  return row === undefined ? undefined : toRecord(row);
}

function needAgent(db: Database, agentId: string): AgentRecord {
  const agent = getAgent(db, agentId);
  if (agent === undefined) throw notFound('agent');
  return agent;
}

/** All agents by name, then by age. */
export function listAgents(db: Database): AgentRecord[] {
  return db
    .all<AgentRow>(`${counted} WHERE deleted_at IS NULL ORDER BY name COLLATE NOCASE, created_at, id`)
    .map(toRecord);
}

/** Creates an agent; the same id and content again gives the agent as it stands. */
export function createAgent(
  db: Database,
  { principal, agent }: { principal: string; agent: NewAgent },
): { agent: AgentRecord; isNew: boolean } {
  const content = [agent.name, agent.soul, agent.tools, agent.runtime, agent.model, agent.policy];
  const claim = { principal, kind: 'agent' as const, id: agent.id, content };
  if (findClaim(db, claim, () => ({ agent: getAgent(db, agent.id) })) !== undefined) return { agent: needAgent(db, agent.id), isNew: false };
  db.run(
    'INSERT INTO agents (id, name, soul, tools, runtime, model, policy, revision, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)',
    agent.id,
    agent.name,
    agent.soul,
    JSON.stringify(agent.tools),
    agent.runtime,
    JSON.stringify(agent.model),
    agent.policy,
    agent.createdAt,
    agent.createdAt,
  );
  claimId(db, claim);
  return { agent: needAgent(db, agent.id), isNew: true };
}

interface AgentUpdate {
  agentId: string;
  revision: number;
  change: Partial<Pick<AgentRecord, 'name' | 'tools' | 'soul' | 'model' | 'policy'>>;
  at: number;
}

/** Changes an agent; a stale revision is a conflict that carries the present agent. */
export function updateAgent(db: Database, { agentId, revision, change, at }: AgentUpdate): AgentRecord {
  const agent = needAgent(db, agentId);
  if (agent.revision !== revision)
    throw conflict(
      'stale_revision',
      'The agent was changed in the meantime.',
      'Look at it again and repeat the change.',
      { agent },
    );
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const next: AgentRecord = { ...agent, ...given };
  db.run(
    'UPDATE agents SET name = ?, soul = ?, tools = ?, model = ?, policy = ?, revision = revision + 1, changed_at = ? WHERE id = ?',
    next.name,
    next.soul,
    JSON.stringify(next.tools),
    JSON.stringify(next.model),
    next.policy,
    at,
    agentId,
  );
  return needAgent(db, agentId);
}

/** Deletes an agent with its sessions and takes its name; what they hold is erased afterwards. Deleting twice is once. */
export function deleteAgent(
  db: Database,
  { agentId, at }: { agentId: string; at: number },
): { stored: Stored[] } {
  if (db.get('SELECT 1 FROM agents WHERE id = ?', agentId) === undefined && !isBuried(db, 'agent', agentId)) throw notFound('agent');
  const sessionIds = db
    .all<{ id: string }>('SELECT id FROM sessions WHERE agent_id = ? AND deleted_at IS NULL', agentId)
    .map((row) => row.id);
  const stored = sessionIds.map((sessionId) => deleteSession(db, { sessionId, at }));
  db.run("UPDATE agents SET name = '', deleted_at = ?, changed_at = ? WHERE id = ? AND deleted_at IS NULL", at, at, agentId);
  eraseId(db, 'agent', agentId, at);
  return { stored };
}
