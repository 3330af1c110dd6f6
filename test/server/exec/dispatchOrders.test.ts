import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDispatcherBench } from './dispatcherBench.ts';
import { settle } from './manualClock.ts';

const happenings = ['accepted', 'text', 'result', 'stdoutEnd', 'stderrEnd', 'exit', 'stop', 'wait'] as const;

describe('a task whose happenings come in any order', () => {
  it('always ends, once, with what was said before it was stopped, and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...happenings), { maxLength: 12 }), fc.boolean(), async (order, isObedient) => {
        const bench = createDispatcherBench();
        const task = await bench.dispatch();
        const { process } = task;
        if (!isObedient) process.onTerminate = () => undefined;
        let isClosed = false;
        let expected: 'result' | 'stopped' | undefined;
        let hasAccepted = false;
        let isOver = false;
        void task.end.then(() => (isOver = true));
        for (const happening of order) {
          if (isOver) break;
          if (happening === 'accepted' && !isClosed) task.accept();
          if (happening === 'text' && !isClosed) process.frame({ frame: 'text', text: 'x' });
          if (happening === 'result' && !isClosed) process.frame({ frame: 'result', outcome: 'completed', text: 'x', iterations: 1 });
          hasAccepted ||= happening === 'accepted' && !isClosed;
          if (happening === 'result' && hasAccepted && !isClosed) expected ??= 'result';
          if (happening === 'stdoutEnd') process.stdout.end();
          if (happening === 'stderrEnd') process.stderr.end();
          if (happening === 'exit') process.exit();
          if (happening === 'stop') {
            task.stop.abort();
            expected ??= 'stopped';
          }
          isClosed ||= process.stdout.writableEnded;
          if (happening === 'wait') await bench.clock.advance(100);
          else await settle();
        }
        // Whoever was neither stopped nor has ended could go on for ever.
        if (expected !== 'stopped') process.finish();
        await bench.clock.advance(60_000);
        const end = await task.end;
        if (!order.includes('exit')) expect(end.outcome).toBe(expected ?? 'error');
        if (expected === 'result') expect(end.outcome).toBe('result');
        expect(bench.engine.openDirectories).toBe(0);
        expect(bench.clock.pending).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
