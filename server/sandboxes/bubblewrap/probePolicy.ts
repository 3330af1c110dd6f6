import type { Policy } from '../../policies/policy.ts';

/** What the probe may touch: the system, read-only. Part of the engine, so that a broken policy file does not look like a broken host. */
export const probePolicy: Policy = {
  name: 'probe',
  text: '',
  hash: '',
  filesystem: { includeWorkdir: false, readOnly: ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc', '/proc'], readWrite: ['/tmp'] },
  landlock: 'best_effort',
  runAsUser: undefined,
  runAsGroup: undefined,
  networkRules: [],
  networkHosts: [],
  networkMiddlewares: [],
};
