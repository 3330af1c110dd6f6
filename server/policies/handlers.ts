import type { HandlersOf } from '../rpc/handlers.ts';
import { listPolicies, type PolicyListPorts } from './listPolicies.ts';

/** Answers `policies/*`. */
export function createPolicyHandlers(ports: PolicyListPorts): HandlersOf<'policies/list'> {
  return { 'policies/list': async () => ({ items: await listPolicies(ports) }) };
}
