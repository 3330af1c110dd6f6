import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../scripts/paths.mjs';
import { ensureEmbeddedModel } from '../../scripts/setup/embeddedModel.mjs';
import { expectEventually, useLogos } from './useLogos.ts';

const components = cacheFolder('components');
const isThere = fs.existsSync(components) && fs.readdirSync(components).some((name) => name.startsWith('embedded-model-'));
const skip = isThere ? undefined : 'the embedded model is not installed; `npm test` installs it';

describe('With no model server at all', () => {
  const logos = useLogos({ skip, withoutModel: true, prepare: ensureEmbeddedModel });

  it('the embedded model answers, is called a tiny model, and has no tools', async (context) => {
    if (skip !== undefined) context.skip(skip);
    const { chat, workbench } = logos;
    await chat.frame.locator('.greeting').getByText('a tiny model for trying things out; it cannot use tools').waitFor({ timeout: 30_000 });
    await expectEventually(async () => (await workbench.treeRows('Agents'))[0]?.startsWith('Assistant, Not started, SmolLM2'), true);
    await chat.send('Say hello.');
    await chat.lastTurn.getByText(/^[\d,]+ in · [\d,]+ out · /).waitFor({ timeout: 120_000 });
    expect((await chat.answer.innerText()).trim().length).toBeGreaterThan(2);
    expect(await chat.tool.count()).toBe(0);
    await chat.lastTurn.getByText('SmolLM2 135M is a tiny model for trying things out; it cannot use tools.').waitFor();
    expect(await chat.status.getByText('SmolLM2 135M').getAttribute('title')).toContain('tiny model for trying things out');
  });
});
