import { describe, expect, it } from 'vitest';
import { policyPage } from '../../../extension/views/policyPage.ts';
import type { PolicySummary } from '../../../server/protocol/policies.ts';
import type { Sandbox } from '../../../server/protocol/sandboxes.ts';
import { agentOf, idOf } from '../../support/extension/things.ts';

const agent = agentOf(1, { name: 'Coder' });
const summary: PolicySummary = { name: 'workspace-only', origin: 'shipped', isDefault: true };
const sandbox = { agentId: idOf(1), engine: 'bubblewrap', apiVersion: 'bubblewrap 0.8.0', limits: [{ name: 'memoryBytes', value: 2 ** 31, enforcedBy: 'cgroup' }] } as unknown as Sandbox;

describe('the page of a policy', () => {
  it('names the file and each rule, and no limits before the first start', () => {
    const page = policyPage({ agent, summary, explained: undefined, sandbox: undefined });
    expect(page).toContain('Policy: workspace-only (policies/workspace-only.yaml, which came with Logos)');
    expect(page).toContain('Rules\n  Reads home\n  writes in workspace only\n  no network\n');
    expect(page).not.toContain('Limits');
    expect(page).toContain('Engine: known when its sandbox has started');
  });

  it('says that a policy is the person\'s own, and what holds each limit once there is a sandbox', () => {
    const page = policyPage({ agent, summary: { ...summary, origin: 'own' }, explained: undefined, sandbox });
    expect(page).toContain('policies/workspace-only.yaml in the state directory');
    expect(page).toMatch(/Engine: bubblewrap 0\.8\.0\n[^]*\nLimits\n {2}Memory: 2 GB \(held by cgroup\)\n$/);
  });

  it('shows each rule beside the line of the file that it comes from, and what is allowed nowhere', () => {
    const rules = [
      { section: 'files', words: 'reads /usr', line: 6, text: '- /usr' },
      { section: 'files', words: 'reads its workspace', line: 12, text: '- /sandbox' },
      { section: 'process', words: 'runs as the user sandbox', line: 9, text: 'run_as_user: sandbox' },
    ] as const;
    const page = policyPage({ agent, summary, explained: { name: 'workspace-only', words: '', hash: '', rules: [...rules] }, sandbox: undefined });
    expect(page).toContain('Files\n  reads /usr                workspace-only.yaml:6   - /usr\n  reads its workspace       workspace-only.yaml:12  - /sandbox\n');
    expect(page).toContain('  writes nothing\n\nNetwork\n  no network; its model alone, through the gateway\n\nRuns as\n');
  });

  it('says why the rules cannot be read', () => {
    const error = { class: 'policy_invalid', message: 'Line 3 is broken.', cause: 'does_not_parse', hint: 'Correct it.', retryable: false } as const;
    expect(policyPage({ agent, summary, explained: error, sandbox: undefined })).toContain('Rules\n  Line 3 is broken. Correct it.\n');
  });
});
