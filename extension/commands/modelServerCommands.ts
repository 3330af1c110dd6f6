import type { ModelServer } from '../../server/protocol/models.ts';
import { askForKey } from '../secrets.ts';
import { labelText } from '../trees/labelText.ts';
import { checkLabel } from './checkLabel.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { askText, pickOne } from './quickSteps.ts';
import { moveModelServer } from './moveModelServer.ts';

/** Adds a model server by name, address and key; the key goes to the gateway and stays nowhere else. */
export const addModelServer: CommandDefinition = {
  needsGateway: true,
  async run(context) {
    const title = 'Add Model Server';
    const name = await askText({ title, placeholder: 'LM Studio in the study', prompt: 'What is the server called?', check: (text) => checkLabel(text, 80) });
    if (name === undefined || name === 'back') return;
    const place = await askPlace(title, name.value);
    if (place !== undefined) offerToMend(context, await context.gateway.request('models/add', { name: name.value, ...place }));
  },
};

/** Removes a model server that a person added, with its key. */
export const removeModelServer: CommandDefinition = {
  needsGateway: true,
  async run({ gateway, messages }) {
    const { items } = await gateway.request('models/servers', {});
    const added = items.filter((server) => !server.isBuiltIn);
    if (added.length === 0) return messages.needed('There is no model server that you added. Those found on this machine come and go by themselves.');
    const answer = await pickOne(
      { title: 'Remove Model Server', placeholder: 'Its key is removed with it; agents that use it need another model' },
      added.map((server) => ({ label: labelText(server.name), description: labelText(server.baseUrl), value: server.id })),
    );
    if (answer !== undefined && answer !== 'back') await gateway.request('models/remove', { serverId: answer.value });
  },
};

/** A server that was added and does not answer has a wrong address, or is not running yet: both are the person's to mend. */
function offerToMend(context: CommandContext, server: ModelServer): void {
  if (server.state === 'up') return;
  const { gateway, messages } = context;
  const attempt = (what: string, act: () => Promise<unknown>) => () => act().catch((error: unknown) => messages.failed(what, error));
  messages.needed(`${labelText(server.name)} was added, but it does not answer. ${server.error?.hint ?? ''}`.trim(), [
    { title: 'Change Address…', run: attempt('Changing the address failed.', () => changeAddress(context, server)) },
    { title: 'Remove', run: attempt('Removing the model server failed.', () => gateway.request('models/remove', { serverId: server.id })) },
  ]);
}

async function changeAddress(context: CommandContext, server: ModelServer): Promise<void> {
  const place = await askPlace(`Address of ${labelText(server.name)}`, server.name, server.baseUrl);
  if (place !== undefined) offerToMend(context, await moveModelServer(context.gateway, server, place));
}

/** Asks for an address and the key for it; undefined when the person left. */
async function askPlace(title: string, name: string, present = ''): Promise<{ readonly baseUrl: string; readonly key?: string } | undefined> {
  const prompt = 'The address of an OpenAI-compatible server';
  const address = await askText({ title, placeholder: 'http://localhost:1234/v1', prompt, value: present, check: checkAddress });
  if (address === undefined || address === 'back') return undefined;
  const secret = await askForKey(labelText(name));
  return secret === undefined ? undefined : { baseUrl: address.value, ...secret };
}

function checkAddress(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? undefined : 'Write an address that begins with http:// or https://.';
}
