import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitFrame } from '../../docker/local/frameWriter.ts';
import { Frame, maxFrameBytes } from '../../server/protocol/worker.ts';

/** Characters of every width, some of which JSON writes in six. */
const longText = fc.tuple(fc.constantFrom('a', 'ü', '漢', '🙂', '\u0001', '"'), fc.integer({ min: 0, max: 1_500_000 })).map(([character, count]) => character.repeat(count));

describe('frames of any size', () => {
  it('are written in lines below the cap that parse as frames, and texts lose nothing', () => {
    fc.assert(
      fc.property(longText, fc.constantFrom('text' as const, 'thinking' as const, 'tool_output' as const), (text, kind) => {
        const frame: Frame = kind === 'tool_output' ? { frame: kind, callId: 'c', text } : { frame: kind, text };
        const lines = fitFrame(frame);
        const parsed = lines.map((line) => Frame.parse(JSON.parse(line)));
        for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxFrameBytes);
        const joined = parsed.map((part) => ('text' in part ? part.text : '')).join('');
        expect(joined === text).toBe(true);
        expect(parsed.every((part) => 'text' in part && (part.text ?? '').isWellFormed())).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('are cut and say so where one line must hold them', () => {
    fc.assert(
      fc.property(longText, (text) => {
        const frames: Frame[] = [
          { frame: 'tool_start', callId: 'c', tool: 't', title: 't', args: { content: text, more: [text] } },
          { frame: 'tool_start', callId: 'c', tool: 't', title: 't', args: { content: text }, kept: { step: 2, message: { reasoning_content: text.slice(0, 131_072) } } },
          { frame: 'tool_end', callId: 'c', state: 'done', durationMs: 1, output: text },
          { frame: 'result', outcome: 'completed', text, iterations: 1 },
        ];
        for (const frame of frames) {
          const lines = fitFrame(frame);
          expect(lines).toHaveLength(1);
          expect(Buffer.byteLength(lines[0] ?? '')).toBeLessThanOrEqual(maxFrameBytes);
          const parsed = Frame.parse(JSON.parse(lines[0] ?? ''));
          if (frame.frame === 'tool_start' && parsed.frame === 'tool_start') expect(parsed.kept?.step).toBe(frame.kept?.step);
          if (parsed.frame === 'tool_end' && parsed.output !== text) expect(parsed.truncatedBytes).toBeGreaterThan(0);
        }
      }),
      { numRuns: 10 },
    );
  });
});
