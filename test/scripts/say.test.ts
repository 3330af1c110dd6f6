import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeId } from '../../scripts/gatewayClient.mjs';
import { Id } from '../../server/protocol/shapes.ts';
import type { SessionEvent } from '../../server/protocol/sessions.ts';

const root = path.resolve(import.meta.dirname, '../..');
const messageId = '00000000-0000-7000-8000-0000000000bb';

/** Runs scripts/say.mjs against the fake gateway that plays these events. */
function say(events: readonly SessionEvent[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, LOGOS_SERVER: path.join(root, 'test/support/fakeGateway.mjs'), FAKE_TURN: JSON.stringify(events) };
  const child = spawn(process.execPath, [path.join(root, 'scripts/say.mjs'), 'hi'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...output })));
}

const delta = (part: 'text' | 'thinking', offset: number, text: string): SessionEvent => ({ kind: 'part.delta', messageId, partId: 'p', part, offset, text });
const completed = (text: string): SessionEvent => ({
  kind: 'message.completed',
  message: { id: messageId, role: 'assistant', parts: [{ kind: 'text', partId: 'p', text }], origin: { kind: 'agent', name: 'Fake' }, createdAt: 0 },
});

describe('say', () => {
  it('streams the answer to stdout, the thinking to stderr, and succeeds', async () => {
    const { code, stdout, stderr } = await say([
      delta('thinking', 0, 'hmm'),
      delta('text', 0, 'Grüß '),
      delta('text', 5, 'dich.'),
      completed('Grüß dich.'),
      { kind: 'turn.ended', outcome: 'completed' },
    ]);
    expect(stdout).toBe('Grüß dich.\n');
    expect(stderr).toContain('hmm');
    expect(code).toBe(0);
  });

  it('prints what was folded into the completed message', async () => {
    const { code, stdout } = await say([delta('text', 0, 'one '), completed('one two'), { kind: 'turn.ended', outcome: 'completed' }]);
    expect(stdout).toBe('one two\n');
    expect(code).toBe(0);
  });

  it('shows what a terminal would obey instead of sending it, wherever it comes from', async () => {
    const evil = '\u001b]52;c;aGk=\u0007\u001b[2J\u009b31m\u0008\r\u007f';
    const error = { class: 'model_error', cause: 'x', message: `Failed${evil}.`, hint: `Hint${evil}.`, retryable: true } as const;
    const { stdout, stderr } = await say([
      { kind: 'turn.status', phase: 'waiting', text: `Wait${evil}` },
      delta('thinking', 0, `hm${evil}`),
      { kind: 'tool.started', messageId, partId: 't', callId: 'c', tool: `run${evil}`, title: `ls${evil}`, args: {} },
      delta('text', 0, `a\tb${evil}\r\n`),
      completed(`a\tb${evil}\r\nrest${evil}`),
      { kind: 'turn.ended', outcome: 'failed', error },
    ]);
    expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n\t]/u);
    expect(stdout).toBe('a\tb\u241b]52;c;aGk=\u2407\u241b[2J\ufffd31m\u2408\u2421\nrest\u241b]52;c;aGk=\u2407\u241b[2J\ufffd31m\u2408\u2421\n');
    for (const word of ['Wait', 'hm', 'run', 'ls', 'Failed', 'Hint']) expect(stderr).toContain(`${word}\u241b]52`);
  });

  it('fails with the cause and the hint when the turn fails', async () => {
    const error = { class: 'model_unreachable', cause: 'refused', message: 'No model answers.', hint: 'Start one.', retryable: true } as const;
    const { code, stderr } = await say([{ kind: 'turn.ended', outcome: 'failed', error }]);
    expect(stderr).toContain('No model answers. Start one.');
    expect(code).toBe(1);
  });

  it('fails when a completed turn has no answer', async () => {
    expect((await say([{ kind: 'turn.ended', outcome: 'completed' }])).code).toBe(1);
  });

  it('names things by ids that the protocol accepts', () => {
    const ids = Array.from({ length: 50 }, () => makeId());
    for (const id of ids) expect(Id.safeParse(id).success).toBe(true);
    expect(new Set(ids).size).toBe(50);
  });
});
