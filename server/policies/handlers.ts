import type { HandlersOf } from '../rpc/handlers.ts';
import { explainPolicy } from './explainPolicy.ts';
import { listPolicies, type PolicyListPorts } from './listPolicies.ts';
import { policyWords } from './policyWords.ts';

/** Answers `policies/*`. */
export function createPolicyHandlers(ports: PolicyListPorts): HandlersOf<'policies/list' | 'policies/explain'> {
  return {
    'policies/list': async () => ({ items: await listPolicies(ports) }),
    'policies/explain': async ({ name }) => {
      const policy = await ports.loader.load(name);
      return { name, words: policyWords(policy), hash: policy.hash, rules: explainPolicy(policy) };
    },
  };
}
