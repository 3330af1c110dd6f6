import type { Agent } from '../../server/protocol/agents.ts';
import { checkLabel } from './checkLabel.ts';

/** A sentence when a text cannot be the name of an agent, because of what it is or because another agent has it; `agentId` is the agent that has a name already. */
export function checkAgentName(text: string, agents: readonly Agent[], agentId?: string): string | undefined {
  const isTaken = agents.some(({ id, name }) => id !== agentId && name.toLocaleLowerCase() === text.toLocaleLowerCase());
  return checkLabel(text, 80) ?? (isTaken ? 'An agent of this name is there already.' : undefined);
}
