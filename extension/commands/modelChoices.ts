import type { ModelChoice } from '../../server/protocol/agents.ts';
import type { Model, ModelServer } from '../../server/protocol/models.ts';
import { labelText } from '../trees/labelText.ts';
import type { CommandContext } from './context.ts';
import { separator, type Choice, type Separator } from './quickSteps.ts';

/** Asks every model server what it offers and makes rows of it, the automatic choice first. */
export async function modelChoices({ gateway }: CommandContext): Promise<(Choice<ModelChoice> | Separator)[]> {
  const { items } = await gateway.request('models/list', {});
  const automatic: Choice<ModelChoice> = { label: 'Automatic', description: 'the first server that answers, else the tiny embedded model', value: { kind: 'auto' } };
  return [automatic, ...items.flatMap((server) => serverRows(server))];
}

function serverRows(server: ModelServer): (Choice<ModelChoice> | Separator)[] {
  if (server.models.length === 0) return [];
  const rows = server.models.map((model): Choice<ModelChoice> => ({
    label: labelText(model.name, 80),
    description: modelFacts(model),
    value: { kind: 'model', serverId: server.id, name: model.name },
  }));
  return [separator(labelText(server.name, 60)), ...rows];
}

function modelFacts(model: Model): string {
  if (model.isTiny) return 'tiny model for trying things out; it cannot use tools';
  const context = model.contextTokens === undefined ? [] : [`${model.contextTokens.toLocaleString('en-US')} tokens`];
  return [...context, ...(model.supportsTools ? [] : ['cannot use tools'])].join(' · ');
}
