import { describe, expect, it } from 'vitest';
import { freezeStamp, hashOf, type StampParts } from '../../../server/gateway/stamp.ts';

const parts: StampParts = {
  agent: { id: '00000000-0000-7000-8000-000000000001', name: 'Coder' },
  soul: { slug: 'general', version: '1', text: 'Be brief.' },
  toolset: { tools: ['read_file', 'edit_file'] },
  runtime: { name: 'local', build: 'b1' },
  model: { serverId: 's', serverName: 'S', baseUrl: 'http://127.0.0.1:1/v1', name: 'm', contextTokens: 4096, supportsTools: true, isTiny: false, params: { temperature: 0, top_p: 1 } },
  policy: { name: 'workspace-only', text: 'version: 1', words: 'Writes in workspace only', hash: hashOf('version: 1') },
};

describe('a frozen STAMP', () => {
  it('has the same hash whatever the order of its keys and tools', () => {
    const reordered: StampParts = { ...parts, toolset: { tools: ['edit_file', 'read_file'] }, model: { ...parts.model, params: { top_p: 1, temperature: 0 } } };
    expect(freezeStamp(reordered).hash).toBe(freezeStamp(parts).hash);
  });

  it.each([
    ['soul', { ...parts, soul: { ...parts.soul, text: 'Be long.' } }],
    ['toolset', { ...parts, toolset: { tools: [] } }],
    ['runtime', { ...parts, runtime: { ...parts.runtime, build: 'b2' } }],
    ['model', { ...parts, model: { ...parts.model, params: { temperature: 1 } } }],
    ['policy', { ...parts, policy: { ...parts.policy, hash: hashOf('other') } }],
  ] satisfies [string, StampParts][])('changes its hash with the %s', (_name, changed) => {
    expect(freezeStamp(changed).hash).not.toBe(freezeStamp(parts).hash);
  });
});
