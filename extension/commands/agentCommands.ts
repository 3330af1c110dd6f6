import { agentsByName } from '../topics/topicsQueries.ts';
import { labelText } from '../trees/labelText.ts';
import { checkAgentName } from './checkAgentName.ts';
import { chooseAgent } from './choose.ts';
import type { CommandDefinition } from './context.ts';
import { deleteAgentQuestion } from './lossQuestions.ts';
import { chooseModel } from './modelChoices.ts';
import { askText } from './quickSteps.ts';

/** Opens the chat with an agent, at its latest session. */
export const openAgent: CommandDefinition = {
  needsGateway: false,
  async run(context, argument) {
    const agent = await chooseAgent(context, argument, 'Open Agent', false);
    if (agent !== undefined) await context.chat.show({ type: 'show', what: 'agent', agentId: agent.id });
  },
};

/** Lets a person choose whom the chat talks to. */
export const chooseAgentForChat: CommandDefinition = {
  needsGateway: true,
  async run(context) {
    const agent = await chooseAgent(context, undefined, 'Choose Agent', false);
    if (agent !== undefined) await context.chat.show({ type: 'show', what: 'agent', agentId: agent.id });
  },
};

/** Gives an agent another name; home, sandbox and sessions stay. */
export const renameAgent: CommandDefinition = {
  needsGateway: true,
  async run(context, argument) {
    const agent = await chooseAgent(context, argument, 'Rename Agent');
    if (agent === undefined) return;
    const check = (text: string) => checkAgentName(text, agentsByName(context.feed.state), agent.id);
    const answer = await askText({ title: `Rename ${labelText(agent.name)}`, value: agent.name, placeholder: 'Name', check });
    if (answer === undefined || answer === 'back' || answer.value === agent.name) return;
    const { revision } = await context.gateway.request('agents/get', { agentId: agent.id });
    await context.gateway.request('agents/update', { agentId: agent.id, revision, name: answer.value });
  },
};

/** Deletes an agent for good, with its sessions and its sandbox, after asking. */
export const deleteAgent: CommandDefinition = {
  needsGateway: true,
  async run(context, argument) {
    const agent = await chooseAgent(context, argument, 'Delete Agent');
    if (agent === undefined) return;
    const { question, detail } = deleteAgentQuestion(agent);
    if (!(await context.messages.confirm(question, detail, 'Delete for Good', 'Keep Agent'))) return;
    await context.gateway.request('agents/delete', { agentId: agent.id });
  },
};

/** Chooses the model of an agent among what the servers offer at present. */
export const changeModel: CommandDefinition = {
  needsGateway: true,
  async run(context, argument) {
    const agent = await chooseAgent(context, argument, 'Change Model');
    if (agent === undefined) return;
    const answer = await chooseModel(context, { title: `Model of ${labelText(agent.name)}`, placeholder: 'It is used from the next turn on' }, agent.model);
    if (answer === undefined || answer === 'back') return;
    const { revision } = await context.gateway.request('agents/get', { agentId: agent.id });
    await context.gateway.request('agents/update', { agentId: agent.id, revision, model: answer.value });
  },
};
