import type { ModelChoice } from '../protocol/agents.ts';

/** The model that an agent asks for when nothing else is said. */
export const autoModel: ModelChoice = { kind: 'auto' };
/** The policy that an agent gets when nothing else is said. */
export const defaultPolicy = 'workspace-only';
/** The runtime that is built in. */
export const builtInRuntime = 'local';
