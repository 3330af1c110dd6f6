import { AppError } from '../base/appError.ts';
import type { Session } from '../protocol/sessions.ts';
import type { HandlersOf } from '../rpc/handlers.ts';
import type { Store, Stored } from '../store/store.ts';
import type { Eraser } from './eraser.ts';
import type { TurnRunner } from './turnRunner.ts';

/** What the session and run methods need. */
export interface SessionPorts {
  readonly store: Pick<Store, 'listSessions' | 'getSession' | 'createSession' | 'renameSession' | 'deleteSession' | 'restoreSession' | 'turnsBefore' | 'listRuns' | 'getRun'>;
  publish(stored: Stored): void;
  readonly runner: Pick<TurnRunner, 'stopSession'>;
  readonly eraser: Pick<Eraser, 'eraseSession'>;
  /** Begins to provision the sandbox of an agent; must not throw. */
  provision(agentId: string): void;
  /** Tells lists that a session came. */
  sessionCreated(session: Session): void;
  readonly now: () => number;
}

type SessionMethods = 'sessions/list' | 'sessions/get' | 'sessions/create' | 'sessions/rename' | 'sessions/delete' | 'sessions/restore' | 'sessions/erase' | 'sessions/turns' | 'runs/list' | 'runs/get';

const turnsPerPage = 50;

/** The methods about sessions and the runs in them. */
export function createSessionHandlers(ports: SessionPorts): HandlersOf<SessionMethods> {
  const { store, now } = ports;
  /** Deleted first and stopped then: no turn can start in between. */
  const remove = async (sessionId: string): Promise<void> => {
    ports.publish(await store.deleteSession({ sessionId, at: now() }));
    await ports.runner.stopSession(sessionId);
  };
  return {
    'sessions/list': async (params) => await store.listSessions(params),
    'sessions/get': async ({ sessionId }) => (await store.getSession(sessionId)) ?? missing('session'),
    'sessions/create': async ({ sessionId, agentId, title }, { principal }) => {
      const { session, isNew } = await store.createSession({ principal, sessionId, agentId, title, at: now() });
      if (isNew) ports.sessionCreated(session);
      ports.provision(agentId);
      return session;
    },
    'sessions/rename': async ({ sessionId, title, revision }) => {
      const renamed = await store.renameSession({ sessionId, title, revision, at: now() });
      ports.publish(renamed);
      return renamed.session;
    },
    'sessions/delete': async ({ sessionId }) => {
      await remove(sessionId);
      return {};
    },
    'sessions/restore': async ({ sessionId }) => {
      const restored = await store.restoreSession({ sessionId, at: now() });
      ports.publish(restored);
      return restored.session;
    },
    'sessions/erase': async ({ sessionId }) => {
      if ((await store.getSession(sessionId)) !== undefined) await remove(sessionId);
      await ports.eraser.eraseSession(sessionId);
      return {};
    },
    'sessions/turns': async ({ sessionId, before, limit }) => await store.turnsBefore({ sessionId, before, limit: limit ?? turnsPerPage }),
    'runs/list': async (params) => await store.listRuns(params),
    'runs/get': async ({ runId }) => (await store.getRun(runId)) ?? missing('run'),
  };
}

function missing(what: string): never {
  throw new AppError('not_found', `There is no such ${what}.`, { reason: what, hint: `List the ${what}s and choose one of them.` });
}
