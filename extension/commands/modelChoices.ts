import * as vscode from 'vscode';
import type { ModelChoice } from '../../server/protocol/agents.ts';
import type { ModelServer } from '../../server/protocol/models.ts';
import { labelText } from '../trees/labelText.ts';
import type { CommandContext } from './context.ts';
import { isSameChoice, modelRows, type Mend } from './modelRows.ts';
import { addServer, changeKey, editServer } from './modelServerCommands.ts';
import { pickOne, separator, type Answer, type Choice, type Separator, type StepFrame } from './quickSteps.ts';

type Row = Choice<ModelChoice | Mend | 'add'> | Separator;

/** Lets a person choose among what the model servers offer at present, the present choice marked; a server can be added on the way, and one that offers none be mended. */
export async function chooseModel(context: CommandContext, frame: StepFrame, present?: ModelChoice): Promise<Answer<ModelChoice>> {
  for (;;) {
    const answer = await pickOne(frame, modelChoices(context, present));
    if (answer === undefined || answer === 'back') return answer;
    const { value } = answer;
    if (value === 'add') {
      if ((await addServer(context)) === undefined) return undefined;
    } else if (value.kind === 'mend') await mend(context, value);
    else return { value };
  }
}

/** The list is shown again after each, also when the person left it at that: the way back to the other models stays open. */
async function mend(context: CommandContext, { how, server }: Mend): Promise<void> {
  if (how === 'key') await changeKey(context, server);
  if (how === 'edit') await editServer(context, server);
}

/** Asks every model server what it offers and makes rows of it, the automatic choice first. */
async function modelChoices({ gateway }: CommandContext, present: ModelChoice | undefined): Promise<Row[]> {
  const { items } = await gateway.request('models/list', {});
  const automatic: Choice<ModelChoice> = { label: 'Automatic', description: 'the first server that answers, else the tiny embedded model', value: { kind: 'auto' } };
  const add: Choice<'add'> = { label: 'Add Server…', iconPath: new vscode.ThemeIcon('add'), value: 'add' };
  return [marked(automatic, present), ...items.flatMap((server) => serverRows(server, present)), separator(''), add];
}

function serverRows(server: ModelServer, present: ModelChoice | undefined): Row[] {
  const rows = modelRows(server).map(({ value, ...row }) => (value.kind === 'mend' ? { ...row, value, iconPath: new vscode.ThemeIcon('warning') } : marked({ ...row, value }, present)));
  return rows.length === 0 ? [] : [separator(labelText(server.name, 60)), ...rows];
}

/** The present choice says so, in a word and by its icon. */
function marked(row: Choice<ModelChoice>, present: ModelChoice | undefined): Choice<ModelChoice> {
  if (present === undefined || !isSameChoice(row.value, present)) return row;
  return { ...row, iconPath: new vscode.ThemeIcon('check'), description: ['present', row.description].filter((word) => word).join(' · ') };
}
