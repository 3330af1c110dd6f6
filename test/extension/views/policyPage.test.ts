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
    const page = policyPage(agent, summary, undefined);
    expect(page).toContain('Policy: workspace-only (policies/workspace-only.yaml, which came with Logos)');
    expect(page).toContain('Rules\n  Reads home\n  writes in workspace only\n  no network\n');
    expect(page).not.toContain('Limits');
    expect(page).toContain('Engine: known when its sandbox has started');
  });

  it('says that a policy is the person\'s own, and what holds each limit once there is a sandbox', () => {
    const page = policyPage(agent, { ...summary, origin: 'own' }, sandbox);
    expect(page).toContain('policies/workspace-only.yaml in the state directory');
    expect(page).toMatch(/Engine: bubblewrap 0\.8\.0\n[^]*\nLimits\n {2}Memory: 2 GB \(held by cgroup\)\n$/);
  });
});
