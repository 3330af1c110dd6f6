import { beforeEach, describe, expect, it, vi } from 'vitest';
import { brokenRow } from '../../../extension/commands/brokenRow.ts';
import type { CommandContext } from '../../../extension/commands/context.ts';
import { renameFocused } from '../../../extension/commands/focusedRow.ts';
import { startGateway } from '../../../extension/commands/gatewayCommands.ts';
import type { ErrorInfo } from '../../../server/protocol/errors.ts';
import { idOf } from '../../support/extension/things.ts';

const ran = vi.hoisted(() => [] as unknown[][]);
vi.mock('vscode', () => ({
  ThemeIcon: class {},
  ThemeColor: class {},
  QuickPickItemKind: { Separator: -1 },
  Position: class {
    line: number;
    constructor(line: number) {
      this.line = line;
    }
  },
  Range: class {
    start: object;
    constructor(start: object) {
      this.start = start;
    }
  },
  Uri: { file: (path: string) => ({ path }) },
  commands: { executeCommand: (...call: unknown[]) => void ran.push(call) },
}));
beforeEach(() => void (ran.length = 0));

const messagesOf = () => ({ needed: vi.fn(), answered: vi.fn() });

describe('a soul or a policy that cannot be used', () => {
  const error: ErrorInfo = { class: 'policy_invalid', message: 'The policy /state/policies/broken.yaml is not valid: line 2, unknown field "surprise".', cause: 'does_not_parse', hint: 'Remove it.', retryable: false };

  it('opens its file at the line that fails', () => {
    const row = brokenRow('broken', { ...error, details: { file: '/state/policies/broken.yaml', line: 2 } });
    expect(row).toMatchObject({ label: 'broken', detail: 'The policy broken is not valid: line 2, unknown field "surprise". Remove it.', description: 'cannot be used; Enter opens its file' });
    row.mend?.();
    expect(ran).toEqual([['vscode.open', { path: '/state/policies/broken.yaml' }, { selection: { start: { line: 1 } } }]]);
  });

  it('leads nowhere where no file is named that could be opened', () => {
    expect(brokenRow('broken', { ...error, details: { file: 'broken.yaml', line: 0 } })).not.toHaveProperty('mend');
    expect(brokenRow('broken', error)).toMatchObject({ description: 'cannot be used' });
  });
});

it('F2 on a deleted session says that it is to be restored, and restores it from there', async () => {
  const messages = messagesOf();
  const row = { kind: 'deleted', agentId: idOf(1), sessionId: idOf(10) };
  await renameFocused.run({ messages, agentsView: { focusedRow: () => Promise.resolve(row) } } as unknown as CommandContext);
  expect(messages.needed).toHaveBeenCalledWith('Restore this session to rename it.', [expect.objectContaining({ title: 'Restore Session' })]);
  const [call] = messages.needed.mock.calls as [string, { run(): unknown }[]][];
  call?.[1][0]?.run();
  expect(ran).toEqual([['logos.restoreSession', row]]);
});

it('Start Gateway says so where the gateway is running', () => {
  const [messages, reconnect] = [messagesOf(), vi.fn()];
  startGateway.run({ messages, gateway: { state: { phase: 'connected' }, reconnect } } as unknown as CommandContext);
  expect(messages.answered).toHaveBeenCalledWith('The gateway is running.', expect.anything());
  startGateway.run({ messages, gateway: { state: { phase: 'stopped' }, reconnect } } as unknown as CommandContext);
  expect([messages.answered.mock.calls.length, reconnect.mock.calls.length]).toEqual([1, 1]);
});
