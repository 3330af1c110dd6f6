import { AppError } from '../base/appError.ts';
import type { HandlersOf } from '../rpc/handlers.ts';
import type { AcceptedMessage, Store, Stored } from '../store/store.ts';
import type { TurnRunner } from './turnRunner.ts';

/** What the chat methods need. */
export interface ChatPorts {
  readonly store: Pick<Store, 'acceptMessage' | 'editQueued' | 'removeQueued' | 'holdQueue' | 'retryTurn' | 'snapshot'>;
  publish(stored: Stored): void;
  readonly runner: TurnRunner;
  readonly newId: () => string;
  readonly now: () => number;
}

type ChatMethods = 'chat/send' | 'chat/editQueued' | 'chat/removeQueued' | 'chat/sendQueued' | 'chat/stop' | 'chat/retry';

/** The methods of a conversation: every one stores first, publishes what was stored, then wakes the session. */
export function createChatHandlers(ports: ChatPorts): HandlersOf<ChatMethods> {
  const { store, runner, now } = ports;
  /** Messages on their way into the store, so that a stop that overtakes its message waits for it. */
  const arriving = new Map<string, Promise<AcceptedMessage>>();

  return {
    'chat/send': async ({ sessionId, messageId, text }, { principal, clientName }) => {
      const accepting = store.acceptMessage({ principal, sessionId, messageId, turnId: ports.newId(), text, origin: { kind: 'client', name: clientName }, at: now() });
      const next = runner.lookAhead(sessionId);
      arriving.set(messageId, accepting);
      try {
        const accepted = await accepting;
        if (accepted.isNew) ports.publish(accepted);
        runner.wake(sessionId, next);
        return { turnId: accepted.turnId, seq: accepted.seq };
      } finally {
        arriving.delete(messageId);
      }
    },
    'chat/editQueued': async ({ sessionId, messageId, text }) => {
      ports.publish(await store.editQueued({ sessionId, messageId, text, at: now() }));
      return {};
    },
    'chat/removeQueued': async ({ sessionId, messageId }) => {
      ports.publish(await store.removeQueued({ sessionId, messageId, at: now() }));
      return {};
    },
    'chat/sendQueued': async ({ sessionId }) => {
      ports.publish(await store.holdQueue({ sessionId, isHeld: false, at: now() }));
      runner.wake(sessionId);
      return {};
    },
    'chat/stop': async ({ sessionId, turnId, messageId }) => {
      if (messageId !== undefined) await arriving.get(messageId)?.catch(() => undefined);
      return { wasRunning: await stopTurn(ports, sessionId, { turnId, messageId }) };
    },
    'chat/retry': async ({ sessionId, turnId, retryId, mode }, { principal }) => {
      const retrying = store.retryTurn({ principal, sessionId, turnId, retryId, mode, at: now() });
      const next = runner.lookAhead(sessionId);
      const retried = await retrying;
      if (retried.isNew) ports.publish(retried);
      runner.wake(sessionId, next);
      return { attempt: retried.attempt, seq: retried.seq };
    },
  };
}

interface TurnName {
  readonly turnId: string | undefined;
  readonly messageId: string | undefined;
}

/** Stops a running turn, makes the next one end as soon as it starts, or takes a waiting one out of the queue. */
async function stopTurn(ports: ChatPorts, sessionId: string, name: TurnName): Promise<boolean> {
  if (ports.runner.stop(sessionId, name)) return true;
  const { queue, turns } = await ports.store.snapshot({ sessionId, limit: 1 });
  const isNamed = (turn: { id: string; message: { id: string } }): boolean => turn.id === name.turnId || turn.message.id === name.messageId;
  const position = queue.findIndex(isNamed);
  const queued = queue[position];
  if (queued === undefined) return ports.runner.stop(sessionId, name) || ports.runner.stopWhenStarted(sessionId, turns.find((turn) => isNamed(turn) && turn.state === 'running')?.id);
  if (position === 0 && ports.runner.stopWhenStarted(sessionId, queued.id)) return true;
  try {
    ports.publish(await ports.store.removeQueued({ sessionId, messageId: queued.message.id, at: ports.now() }));
    return false;
  } catch (error) {
    // It started between the look and the removal.
    if (error instanceof AppError && error.class === 'conflict') return ports.runner.stop(sessionId, name);
    throw error;
  }
}
