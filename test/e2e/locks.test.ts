import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectEventually, startSession, useLogos } from './useLogos.ts';

const provisioning = 'sandbox is provisioning, chat will unlock when ready.';
const isRoot = process.getuid?.() === 0;
const skip = process.platform === 'linux' && isRoot ? undefined : 'another bubblewrap is put in place by a mount, which needs root on Linux';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lg-bwrap-'));

/** Runs VS Code in a mount namespace of its own where a file stands in the place of bubblewrap. */
function withBubblewrap(file: string): readonly string[] {
  return ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /usr/bin/bwrap && exec "$@"', file];
}

/** The real bubblewrap, which starts nothing before a file is there. */
function makeSlowBubblewrap(gate: string): string {
  fs.chmodSync(folder, 0o755);
  const real = path.join(folder, 'bwrap');
  fs.copyFileSync('/usr/bin/bwrap', real);
  const file = path.join(folder, 'slow');
  fs.writeFileSync(file, `#!/bin/sh\ncase "$1" in --version|--help) ;; *) while [ ! -e ${gate} ]; do sleep 0.05; done ;; esac\nexec ${real} "$@"\n`, { mode: 0o755 });
  return file;
}

function makeBrokenBubblewrap(): string {
  const file = path.join(folder, 'broken');
  const help = '--args --clearenv --perms --size --disable-userns --json-status-fd --ro-bind-data --seccomp --die-with-parent'.split(' ').map((option) => `  ${option} X`).join('\\n');
  fs.writeFileSync(file, `#!/bin/sh\ncase "$1" in --version) echo bubblewrap 0.8.0 ;; --help) printf '${help}\\n' ;; *) echo 'bwrap: No permissions to create new namespace' >&2; exit 1 ;; esac\n`, { mode: 0o755 });
  return file;
}

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('While the sandbox is provisioned', () => {
  const gate = path.join(folder, 'go');
  const logos = useLogos({ skip, ...(skip === undefined ? { through: withBubblewrap(makeSlowBubblewrap(gate)) } : {}) });

  it('the composer is locked and says so in these words, keeps the draft, and unlocks by itself with the answer', async (context) => {
    if (skip !== undefined) context.skip(skip);
    const { chat, workbench } = logos;
    await startSession(logos);
    await chat.send('[[say:Provisioned and answered.]]');
    await chat.strips.getByText(provisioning, { exact: true }).waitFor();
    expect(await chat.field.getAttribute('readonly')).not.toBeNull();
    await expectEventually(async () => /^Coder, (Working|Starting sandbox)/.test((await workbench.treeRows('Agents'))[1] ?? ''), true);
    expect(await chat.button('Stop').count()).toBe(1);
    fs.writeFileSync(gate, '');
    await chat.waitForAnswer('Provisioned and answered.');
    await chat.strips.getByText(provisioning).waitFor({ state: 'detached' });
    expect(await chat.field.getAttribute('readonly')).toBeNull();
    await chat.waitUntilIdle();
  });
});

describe('When the sandbox cannot be had', () => {
  const logos = useLogos({ skip, ...(skip === undefined ? { through: withBubblewrap(makeBrokenBubblewrap()) } : {}) });

  it('the composer says why and what to do, the message is kept, and nothing runs', async (context) => {
    if (skip !== undefined) context.skip(skip);
    const { chat, host, workbench } = logos;
    await startSession(logos);
    await chat.send('[[say:never said]]');
    const strip = chat.strips.getByText(/^Start the sandbox to go on\. It failed: .+/);
    await strip.waitFor();
    await expectEventually(() => chat.prompts(), ['[[say:never said]]']);
    await chat.button('Check Sandboxes').first().waitFor();
    await chat.status.getByText('Failed').waitFor();
    await expectEventually(async () => (await workbench.treeRows('Agents')).length, 2);
    expect(await host.model.chatRequests('never said')).toEqual([]);
  });
});

describe('In a workspace that is not trusted', () => {
  const logos = useLogos({ hasTrust: true, settings: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' } });

  it('past sessions can be read, nothing can be sent, and trust opens the composer', async () => {
    const { chat, host, workbench } = logos;
    await chat.strips.getByText('Trust this workspace to run agents. Reading past sessions works.').waitFor({ timeout: 30_000 });
    expect(await chat.field.getAttribute('readonly')).not.toBeNull();
    expect(await chat.field.getAttribute('placeholder')).toBe('Trust this workspace to write here');
    await chat.field.click();
    await workbench.page.keyboard.insertText('[[say:no]]');
    await workbench.page.keyboard.press('Enter');
    expect(await chat.turns.count()).toBe(0);
    expect(await host.model.chatRequests('say:no')).toEqual([]);
    await chat.button('Manage Trust').click();
    await workbench.page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await chat.strips.getByText('Trust this workspace').waitFor({ state: 'detached' });
    expect(await chat.field.getAttribute('readonly')).toBeNull();
  });
});
