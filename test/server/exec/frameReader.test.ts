import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { FrameReader } from '../../../server/exec/frameReader.ts';

it.each(['\n', '{}\n', '{"frame":"text","text":"x"}\n'])('a worker whose lines %j come faster than they are handled has to wait', async (line) => {
  const stdout = new PassThrough({ highWaterMark: 1024 });
  const gate = Promise.withResolvers<void>();
  const reader = new FrameReader(stdout, { onFrame: () => gate.promise, onBadLine: () => undefined, onTooLong: () => undefined, onNoise: () => undefined });
  stdout.write('{"frame":"text","text":"first"}\n');
  stdout.write(line.repeat(300_000));
  await new Promise((resolve) => setImmediate(resolve));
  expect(stdout.isPaused()).toBe(true);
  reader.abandon();
});
