import type { ModelChoice } from '../../server/protocol/agents.ts';
import type { ModelServer } from '../../server/protocol/models.ts';
import { labelText } from '../trees/labelText.ts';
import type { CommandContext } from './context.ts';
import { modelRows } from './modelRows.ts';
import { separator, type Choice, type Refused, type Separator } from './quickSteps.ts';

/** Asks every model server what it offers and makes rows of it, the automatic choice first. */
export async function modelChoices({ gateway }: CommandContext): Promise<(Choice<ModelChoice> | Refused | Separator)[]> {
  const { items } = await gateway.request('models/list', {});
  const automatic: Choice<ModelChoice> = { label: 'Automatic', description: 'the first server that answers, else the tiny embedded model', value: { kind: 'auto' } };
  return [automatic, ...items.flatMap((server) => serverRows(server))];
}

function serverRows(server: ModelServer): (Choice<ModelChoice> | Refused | Separator)[] {
  const rows = modelRows(server).map(({ value, ...row }) => (value === undefined ? row : { ...row, value }));
  return rows.length === 0 ? [] : [separator(labelText(server.name, 60)), ...rows];
}
