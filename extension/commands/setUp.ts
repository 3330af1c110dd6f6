import * as vscode from 'vscode';
import { newId } from '../ids.ts';
import { agentsByName } from '../topics/topicsQueries.ts';
import { labelText } from '../trees/labelText.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { generalFirst } from './generalFirst.ts';
import { addModelServer } from './modelServerCommands.ts';
import { newAgent } from './newAgent.ts';
import { checkSandboxes } from './gatewayCommands.ts';
import { pickOne, type Choice } from './quickSteps.ts';

/** Makes the first agent without questions; with agents there, says how each part of the set-up stands and opens the one that is chosen. */
export const setUp: CommandDefinition = {
  needsGateway: true,
  async run(context) {
    if (agentsByName(context.feed.state).length === 0) return makeFirstAgent(context);
    const answer = await pickOne({ title: 'Set Up Logos', placeholder: 'How each part stands; choose one to change it' }, parts(context));
    if (answer !== undefined && answer !== 'back') await answer.value.run(context, undefined);
  },
};

/** A stable soul, the first model that answers, the default policy. */
async function makeFirstAgent({ gateway, chat }: CommandContext): Promise<void> {
  const { items } = await gateway.request('souls/list', {});
  const [soul] = generalFirst(items);
  if (soul === undefined) throw new Error('No soul came with the gateway.');
  const agent = await gateway.request('agents/create', { agentId: newId(), name: soul.name, soul: soul.slug });
  await chat.show({ type: 'show', what: 'newSession', agentId: agent.id });
}

async function parts({ gateway, feed }: CommandContext): Promise<Choice<CommandDefinition>[]> {
  const [engine, { items: servers }] = await Promise.all([gateway.request('sandboxes/check', {}), gateway.request('models/list', {})]);
  const usable = servers.filter(({ kind, models }) => kind !== 'embedded' && models.length > 0);
  const agents = agentsByName(feed.state);
  return [
    part('Sandboxes', engine.error === undefined, engine.error === undefined ? labelText(engine.version ?? engine.engine, 80) : labelText(engine.error.message, 200), checkSandboxes),
    part('Models', usable.length > 0, usable.length === 0 ? 'only the tiny embedded model answers; choose this to add a server' : usable.map(({ name, models }) => `${models.length} on ${labelText(name, 40)}`).join(', '), addModelServer),
    part('Agents', true, agents.map(({ name }) => labelText(name, 40)).join(', '), newAgent),
  ];
}

function part(label: string, isMet: boolean, description: string, value: CommandDefinition): Choice<CommandDefinition> {
  return { label, description, iconPath: new vscode.ThemeIcon(isMet ? 'pass' : 'arrow-right'), value };
}
