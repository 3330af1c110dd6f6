import type { PolicySummary } from '../../server/protocol/policies.ts';
import { labelText } from '../trees/labelText.ts';
import { brokenRow } from './brokenRow.ts';
import type { CommandContext } from './context.ts';
import { separator, type Choice, type Refused, type Separator } from './quickSteps.ts';

type Row = Choice<string> | Refused | Separator;

const MAX_DETAIL = 300;

/** Asks the gateway which policies there are and makes rows of them: the default one, a person's own, those that came with Logos. One that cannot be used says why and cannot be taken. */
export async function policyChoices({ gateway }: CommandContext): Promise<Row[]> {
  const { items } = await gateway.request('policies/list', {});
  const first = items.filter(({ isDefault }) => isDefault);
  const others = (origin: PolicySummary['origin']) => items.filter((policy) => policy.origin === origin && !policy.isDefault);
  return [...first.map(rowOf), ...group('Your own', others('own')), ...group('From Logos', others('shipped'))];
}

function group(title: string, policies: readonly PolicySummary[]): Row[] {
  return policies.length === 0 ? [] : [separator(title), ...policies.map(rowOf)];
}

function rowOf({ name, origin, isDefault, words = '', description, error }: PolicySummary): Choice<string> | Refused {
  if (error !== undefined) return brokenRow(name, error);
  const label = labelText(name, 60);
  const own = origin === 'own' && description !== undefined ? `${words}. ${description}` : words;
  const facts = [...(isDefault ? ['Default'] : []), ...(isDefault && origin === 'own' ? ['your own'] : [])];
  return { label, description: facts.join(', '), detail: labelText(own, MAX_DETAIL), value: name };
}
