import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/gateway/processes.ts';
import { startSession, useLogos } from './useLogos.ts';

/** Each leaves a file where it runs; together they are what VS Code and its git run of a folder that they trust. */
const plant = [
  'git init -q .',
  `printf '#!/bin/sh\\ntouch "$(dirname "$0")/ran-hook"\\n' > hook.sh`,
  `printf '#!/bin/sh\\ntouch "$(dirname "$0")/ran-git"\\nexec git "$@"\\n' > git.sh`,
  'chmod +x hook.sh git.sh',
  'git config core.fsmonitor ./hook.sh',
  'mkdir -p .vscode',
  `printf '{"git.path": "./git.sh", "git.autorefresh": true}' > .vscode/settings.json`,
  `printf '{"version": "2.0.0", "tasks": [{"label": "t", "type": "shell", "command": "touch ran-task", "runOptions": {"runOn": "folderOpen"}}]}' > .vscode/tasks.json`,
].join('; ');

describe("An agent's files, opened in VS Code", () => {
  const trust = { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' };
  // Nothing but the missing trust stands in the way: git is asked, whoever owns the folder, and tasks may run by themselves.
  const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' };
  const logos = useLogos({ hasTrust: true, env, settings: { ...trust, 'git.enabled': true, 'task.allowAutomaticTasks': 'on' } });

  it('run nothing of what the agent planted there: no hook, no program of its settings, no task', async () => {
    const { chat, host, workbench } = logos;
    await chat.button('Manage Trust').click({ timeout: 30_000 });
    await workbench.page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await chat.strips.getByText('Trust this workspace').waitFor({ state: 'detached' });
    await startSession(logos);
    await chat.send(`[[tool:run_command ${JSON.stringify({ command: plant })}]] [[say:Planted.]]`);
    await chat.waitForAnswer('Planted.');
    await chat.waitUntilIdle();
    const client = await host.client();
    const { items } = await client.request<{ items: { id: string; name: string }[] }>('agents/list', {});
    const { path: home = '' } = await client.request<{ path?: string }>('sandboxes/home', { agentId: items.find(({ name }) => name === 'Coder')?.id });
    const traces = (): string[] => fs.readdirSync(home).filter((name) => name.startsWith('ran-'));
    expect(fs.readdirSync(home)).toEqual(expect.arrayContaining(['.git', '.vscode', 'hook.sh', 'git.sh']));

    const opened = workbench.page.context().waitForEvent('page', { timeout: 30_000 });
    await workbench.runCommand("Logos: Open Agent's Files");
    await workbench.dialog.getByText('When VS Code asks whether you trust them, say no').waitFor();
    await workbench.dialog.getByRole('button', { name: 'Open', exact: true }).click();
    const files = await opened;
    await files.locator('.explorer-folders-view').getByText('hook.sh').waitFor({ timeout: 60_000 });
    // The view of changes asks git, where git is asked at all.
    await files.keyboard.press('Control+Shift+KeyG');
    await files.locator('.part.sidebar').getByText(/source control/i).first().waitFor();
    await files.locator('.statusbar-item').getByText('Restricted Mode').waitFor({ timeout: 30_000 });
    expect(traces()).toEqual([]);

    // What was planted is real: the same window runs it once its folder is trusted.
    await files.locator('.statusbar-item').getByText('Restricted Mode').click();
    await files.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await until(() => traces().includes('ran-task') && traces().includes('ran-hook'), 'task and hook run where they are let', 60_000);
    // A folder cannot say which git is run, trusted or not; the program is one that would.
    expect(traces()).not.toContain('ran-git');
    execFileSync(path.join(home, 'git.sh'), ['--version'], { stdio: 'ignore' });
    expect(traces()).toContain('ran-git');
    await files.close();
  });
});
