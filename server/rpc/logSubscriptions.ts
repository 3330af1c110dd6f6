import { isAtLeast } from '../log/levels.ts';
import type { LogEntry } from '../protocol/logs.ts';
import type { Handler } from './handlers.ts';
import type { LogFeed } from './services.ts';
import { SharedFrame } from './sharedFrame.ts';

/** Serves `logs/subscribe`; a subscriber that is behind misses lines and is told how many. */
export function createLogSubscribe(log: LogFeed): Handler<'logs/subscribe'> {
  const frames = new WeakMap<LogEntry, SharedFrame>();
  const frameOf = (entry: LogEntry): SharedFrame => {
    const known = frames.get(entry) ?? new SharedFrame('logs/entry', { entry });
    frames.set(entry, known);
    return known;
  };
  return ({ subscriptionId, level = 'trace', sources }, context) => {
    const subscription = context.subscriptions.open(subscriptionId);
    let missed = 0;
    const send = (entry: LogEntry): void => {
      if (!isAtLeast(entry.level, level) || sources?.includes(entry.source) === false) return;
      if (subscription.writer.isBehind) missed++;
      else frameOf(entry).sendTo(subscription.writer, subscription.id);
    };
    const tellMissed = (): void => {
      if (missed === 0 || subscription.isEnded) return;
      const entry: LogEntry = { at: Date.now(), level: 'warn', source: 'rpc', text: `${missed} lines were left out, because they were not read in time.` };
      missed = 0;
      new SharedFrame('logs/entry', { entry }).sendTo(subscription.writer, subscription.id);
    };
    context.afterReply(() => {
      subscription.own(log.onEntry(send));
      subscription.own(subscription.writer.onDrain(tellMissed));
    });
    return Promise.resolve({});
  };
}
