import type { ModelChoice } from '../../server/protocol/agents.ts';
import type { Soul } from '../../server/protocol/souls.ts';
import { newId } from '../ids.ts';
import { agentsByName } from '../topics/topicsQueries.ts';
import { labelText } from '../trees/labelText.ts';
import { brokenRow } from './brokenRow.ts';
import { checkAgentName } from './checkAgentName.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { generalFirst } from './generalFirst.ts';
import { chooseModel } from './modelChoices.ts';
import { policyChoices } from './policyChoices.ts';
import { askText, pickOne, type Answer, type Choice } from './quickSteps.ts';

interface Draft {
  name?: string;
  soul?: string;
  model?: ModelChoice;
  policy?: string;
}

type Step = (context: CommandContext, draft: Draft, step: number) => Promise<'next' | 'back' | 'left'>;

const TITLE = 'New Agent';

function take<T>(answer: Answer<T>, keep: (value: T) => void): 'next' | 'back' | 'left' {
  if (answer === undefined) return 'left';
  if (answer === 'back') return 'back';
  keep(answer.value);
  return 'next';
}

const askName: Step = async ({ feed }, draft, step) => {
  const check = (text: string) => checkAgentName(text, agentsByName(feed.state));
  const answer = await askText({ title: TITLE, step, totalSteps: steps.length, prompt: 'What is the agent called?', placeholder: 'Name', value: draft.name ?? '', check });
  return take(answer, (name) => (draft.name = name));
};

function soulRow({ name, status, summary, slug }: Soul): Choice<string> {
  return { label: labelText(name, 60), description: status === 'stable' ? '' : status, detail: labelText(summary, 160), value: slug };
}

const askSoul: Step = async ({ gateway }, draft, step) => {
  const souls = gateway.request('souls/list', {}).then(({ items, broken }) => [...generalFirst(items).map(soulRow), ...broken.map(({ slug, error }) => brokenRow(slug, error))]);
  return take(await pickOne({ title: TITLE, step, totalSteps: steps.length, placeholder: 'What is it for? Choose a soul' }, souls), (soul) => (draft.soul = soul));
};

const askModel: Step = async (context, draft, step) =>
  take(await chooseModel(context, { title: TITLE, step, totalSteps: steps.length, placeholder: 'Which model answers?' }, draft.model), (model) => (draft.model = model));

const askPolicy: Step = async (context, draft, step) =>
  take(await pickOne({ title: TITLE, step, totalSteps: steps.length, placeholder: 'What may it touch? Choose a policy' }, policyChoices(context)), (policy) => (draft.policy = policy));

const steps: readonly Step[] = [askName, askSoul, askModel, askPolicy];

async function collect(context: CommandContext): Promise<Draft | undefined> {
  const draft: Draft = {};
  for (let at = 0; at < steps.length; ) {
    const outcome = await steps[at]?.(context, draft, at + 1);
    if (outcome === 'left' || outcome === undefined) return undefined;
    at = outcome === 'next' ? at + 1 : Math.max(0, at - 1);
  }
  return draft;
}

/** Makes an agent in four native steps: name, soul, model, policy. */
export const newAgent: CommandDefinition = {
  needsGateway: true,
  async run(context) {
    const { name, soul, model, policy } = (await collect(context)) ?? {};
    if (name === undefined || soul === undefined || model === undefined || policy === undefined) return;
    const agent = await context.gateway.request('agents/create', { agentId: newId(), name, soul, model, policy });
    await context.chat.show({ type: 'show', what: 'newSession', agentId: agent.id });
  },
};
