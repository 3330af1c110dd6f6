import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../server/base/appError.ts';
import { AnswerBuilder, answerLimits } from '../../../server/gateway/answerBuilder.ts';
import type { Message } from '../../../server/protocol/messages.ts';
import type { SessionEvent } from '../../../server/protocol/sessions.ts';
import { applyToMessage } from '../../../server/protocol/transcript.ts';

const empty: Message = { id: '00000000-0000-7000-8000-000000000001', role: 'assistant', parts: [], origin: { kind: 'agent', name: '' }, createdAt: 1 };

function build(): { builder: AnswerBuilder; events: SessionEvent[] } {
  const events: SessionEvent[] = [];
  return { events, builder: new AnswerBuilder({ message: empty, emit: (event) => events.push(event), now: () => 5 }) };
}

const kinds = (message: Message): string[] => message.parts.map((part) => part.kind);

describe('the answer builder', () => {
  it('makes one part of text that follows text, and a new one after thinking or a tool', () => {
    const { builder } = build();
    builder.accept({ frame: 'thinking', text: 'hm' });
    builder.accept({ frame: 'text', text: 'a' });
    builder.accept({ frame: 'text', text: 'b' });
    builder.accept({ frame: 'tool_start', callId: 'c', tool: 'run_command', title: 'ls', args: { command: 'ls' } });
    builder.accept({ frame: 'tool_end', callId: 'c', state: 'done', durationMs: 3, output: 'x' });
    builder.accept({ frame: 'text', text: 'c' });
    builder.finish('failed');
    expect(kinds(builder.message)).toEqual(['thinking', 'text', 'tool', 'text']);
    expect(builder.message.parts[1]).toMatchObject({ text: 'ab' });
  });

  it('emits events from which any reader folds the same message', () => {
    const frame = fc.oneof(
      fc.record({ frame: fc.constant('text' as const), text: fc.string() }),
      fc.record({ frame: fc.constant('thinking' as const), text: fc.string() }),
      fc.record({ frame: fc.constant('tool_start' as const), callId: fc.constantFrom('c1', 'c2'), tool: fc.constant('t'), title: fc.string(), args: fc.constant({}) }),
      fc.record({ frame: fc.constant('tool_output' as const), callId: fc.constantFrom('c1', 'c2', 'never started'), text: fc.string() }),
      fc.record({ frame: fc.constant('tool_end' as const), callId: fc.constantFrom('c1', 'c2'), state: fc.constantFrom('done' as const, 'failed' as const), durationMs: fc.nat(9), output: fc.string() }),
    );
    fc.assert(
      fc.property(fc.array(frame), (frames) => {
        const { builder, events } = build();
        for (const each of frames) builder.accept(each);
        builder.finish('stopped');
        expect(events.reduce((message, event) => applyToMessage(message, event, 5), empty)).toEqual(builder.message);
        expect(builder.message.parts.every((part) => part.kind !== 'tool' || part.state !== 'running')).toBe(true);
      }),
    );
  });

  it('shows the result of a tool that streamed nothing', () => {
    const { builder } = build();
    builder.accept({ frame: 'tool_start', callId: 'c', tool: 'read_file', title: 'a.txt', args: {} });
    builder.accept({ frame: 'tool_end', callId: 'c', state: 'done', durationMs: 1, output: 'content' });
    expect(builder.message.parts[0]).toMatchObject({ output: 'content', state: 'done' });
  });

  it('marks a tool that still runs when the turn ends', () => {
    const { builder } = build();
    builder.accept({ frame: 'tool_start', callId: 'c', tool: 'run_command', title: 'sleep', args: {} });
    builder.finish('stopped');
    expect(builder.message.parts[0]).toMatchObject({ state: 'stopped' });
  });

  it('ends a worker that sends more than an answer may hold', () => {
    const { builder } = build();
    const flood = (): void => {
      for (let sent = 0; sent <= answerLimits.bytes; sent += 1_000_000) builder.accept({ frame: 'text', text: 'x'.repeat(1_000_000) });
    };
    expect(flood).toThrow(AppError);
  });

  it('counts an answer as it is stored and sent, in which a control character takes six bytes and a sign of Chinese three', () => {
    for (const [sign, bytes] of [['\u0001', 6], ['\u4e2d', 3]] as const) {
      const { builder } = build();
      builder.accept({ frame: 'text', text: sign.repeat(Math.floor(answerLimits.bytes / bytes) - 10) });
      expect(() => builder.accept({ frame: 'text', text: sign.repeat(20) })).toThrow(AppError);
    }
  });

  it('ends a worker that sends more parts than an answer may hold', () => {
    const { builder } = build();
    const flood = (): void => {
      for (let part = 0; part <= answerLimits.parts; part += 1) builder.accept({ frame: part % 2 === 0 ? 'text' : 'thinking', text: 'x' });
    };
    expect(flood).toThrow(AppError);
  });
});
