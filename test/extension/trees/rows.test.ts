import { describe, expect, it } from 'vitest';
import { escapeMarkdown, labelText } from '../../../extension/trees/labelText.ts';
import { agentRow, sessionRow, whenWords } from '../../../extension/trees/rows.ts';
import { agentOf, sessionOf } from '../../support/extension/things.ts';

describe('a label', () => {
  it('shows no control, bidirectional or invisible character', () => {
    expect(labelText('a\u202eb\nc\u200bd\u0007e\u2066f')).toBe('a b c d e f');
  });

  it('is cut at forty characters without halving one', () => {
    expect(labelText('😀'.repeat(41))).toBe(`${'😀'.repeat(39)}…`);
    expect(labelText('x'.repeat(40))).toBe('x'.repeat(40));
  });

  it('stays what it is in Markdown', () => {
    expect(escapeMarkdown('**b** [x](command:y) <i> $(z) & a b')).toBe('\\*\\*b\\*\\* \\[x\\]\\(command:y\\) &lt;i&gt; \\$\\(z\\) &amp; a b');
  });
});

describe('the row of an agent', () => {
  it('shows the model alone when it is ready', () => {
    expect(agentRow(agentOf(1), true)).toMatchObject({ description: 'qwen3:9b', icon: { codicon: 'circle-filled', color: 'charts.green' }, contextValue: 'agent.ready' });
  });

  it.each([
    ['needs_you', 'Needs you', 'bell-dot'],
    ['starting', 'Starting sandbox', 'loading~spin'],
    ['no_sandbox', 'Not started', 'circle-large'],
    ['failed', 'Failed', 'error'],
    ['interrupted', 'Interrupted', 'debug-disconnect'],
  ] as const)('begins with the word of the state %s', (state, word, codicon) => {
    expect(agentRow(agentOf(1, { state }), true)).toMatchObject({ description: `${word} · qwen3:9b`, icon: { codicon } });
  });

  it('says what it works at', () => {
    expect(agentRow(agentOf(1, { state: 'working', stateWord: 'Thinking' }), true)).toMatchObject({ description: 'Thinking · qwen3:9b', spoken: 'Agent 1, Thinking, qwen3:9b' });
  });

  it('never looks ready while the gateway is away', () => {
    expect(agentRow(agentOf(1), false)).toMatchObject({ description: 'Last known · qwen3:9b', icon: { codicon: 'history' }, contextValue: 'agent.stale' });
  });

  it('bears a state that it does not know', () => {
    expect(agentRow({ ...agentOf(1), state: 'new' as 'ready' }, true)).toMatchObject({ description: 'Unknown · qwen3:9b' });
  });
});

describe('the row of a session', () => {
  const now = new Date(2026, 4, 6, 15, 0).getTime();

  it('shows no icon at rest, and time and messages', () => {
    const row = sessionRow(sessionOf(1, 1, { title: 'Trip', updatedAt: new Date(2026, 4, 6, 14, 2).getTime(), messageCount: 12 }), now, true);
    expect(row).toMatchObject({ label: 'Trip', description: '14:02 · 12 messages', spoken: 'Trip, 14:02, 12 messages' });
    expect(row.icon).toBeUndefined();
  });

  it('shows the state when it is not at rest', () => {
    expect(sessionRow(sessionOf(1, 1, { state: 'failed' }), now, true).icon?.codicon).toBe('error');
  });

  it('has a name before its first message', () => {
    expect(sessionRow(sessionOf(1, 1, { title: '' }), now, true).label).toBe('New session');
  });

  it('knows yesterday by the calendar, not by hours', () => {
    expect(whenWords(new Date(2026, 4, 5, 23, 59).getTime(), new Date(2026, 4, 6, 0, 1).getTime())).toBe('Yesterday');
    expect(whenWords(new Date(2026, 4, 6, 0, 0).getTime(), now)).toBe('00:00');
  });
});
