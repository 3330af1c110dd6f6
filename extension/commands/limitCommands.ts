import type { Limit } from '../../server/protocol/limits.ts';
import type { CommandDefinition } from './context.ts';
import { checkLimit, limitText, rangeWords, readLimit } from './limitWords.ts';
import { askText, pickOne, type Choice } from './quickSteps.ts';

const title = 'Change Limit';

/** Sets what tasks may use from the next one on; the list is shown again after each, with the value that counts. */
export const changeLimit: CommandDefinition = {
  needsGateway: true,
  async run({ gateway }) {
    for (;;) {
      const listed = gateway.request('limits/list', {}).then(({ items }) => items.map(choiceOf));
      const chosen = await pickOne({ title, step: 1, totalSteps: 2, placeholder: 'Choose what to change; it counts for every task that begins from then on' }, listed);
      if (chosen === undefined || chosen === 'back') return;
      const limit = chosen.value;
      const answer = await askText({
        title: limit.label,
        step: 2,
        totalSteps: 2,
        value: limitText(limit.value, limit.unit),
        placeholder: `${limitText(limit.default, limit.unit)} (default)`,
        prompt: `${limit.summary} Write ${rangeWords(limit)}; empty gives back the default, ${limitText(limit.default, limit.unit)}.`,
        check: (text) => (text === '' ? undefined : checkLimit(text, limit)),
      });
      if (answer === undefined) return;
      if (answer === 'back') continue;
      await gateway.request('limits/set', { name: limit.name, value: readLimit(answer.value, limit.unit) ?? null });
    }
  },
};

function choiceOf(limit: Limit): Choice<Limit> {
  const [value, usual] = [limitText(limit.value, limit.unit), limitText(limit.default, limit.unit)];
  const description = limit.value === limit.default ? value : `${value} · default ${usual}`;
  return { label: limit.label, description, detail: limit.summary, value: limit };
}
