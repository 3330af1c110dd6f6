import type { ModelServer } from '../../server/protocol/models.ts';
import { askForKey } from '../secrets.ts';
import { labelText } from '../trees/labelText.ts';
import { checkLabel } from './checkLabel.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { assumedWords, checkAddress, readAddress, type ModelAddress } from './modelAddress.ts';
import { foundWords } from './modelRows.ts';
import { askText, pickOne, type Choice } from './quickSteps.ts';

const checkName = (text: string): string | undefined => checkLabel(text, 80);

/** Adds a model server by name, address and key, and says what was found there. The key goes to the gateway and stays nowhere else. */
export const addModelServer: CommandDefinition = {
  needsGateway: true,
  run: async (context) => void (await addServer(context)),
};

/** The same for who goes on with the server; undefined when the person left. */
export async function addServer(context: CommandContext): Promise<ModelServer | undefined> {
  const title = 'Add Model Server';
  // The question stands there at once; what is taken is only needed to answer a name early.
  const listed = takenServers(context);
  let taken: readonly ModelServer[] = [];
  void listed.then((servers) => (taken = servers));
  const check = (text: string) => checkName(text) ?? checkFreeName(text, taken);
  const name = await askText({ title, placeholder: 'LM Studio in the study', prompt: 'What is the server called?', check });
  if (name === undefined || name === 'back') return undefined;
  const address = await askAddress(title, await listed);
  if (address === undefined) return undefined;
  const secret = await askForKey(labelText(name.value));
  if (secret === undefined) return undefined;
  const server = await context.gateway.request('models/add', { name: name.value, baseUrl: address.baseUrl, ...secret });
  sayFound(context, server, assumedWords(address));
  return server;
}

/** Changes name, address or key of a model server, or removes it. */
export const editModelServer: CommandDefinition = {
  needsGateway: true,
  async run(context) {
    const { items } = await context.gateway.request('models/servers', {});
    const rows = items.filter(({ kind }) => kind !== 'embedded').map((server): Choice<ModelServer> => ({ label: labelText(server.name), description: labelText(server.baseUrl), detail: foundWords(server), value: server }));
    const answer = await pickOne({ title: 'Edit Model Server', placeholder: 'Which server?' }, rows);
    if (answer !== undefined && answer !== 'back') await editServer(context, answer.value);
  },
};

/** Asks for the key of a model server: of the one that an agent uses, of one that is named, else of one that a person chooses. */
export const enterKey: CommandDefinition = {
  needsGateway: true,
  async run(context, argument) {
    const server = await serverOf(context, argument);
    if (server !== undefined) await changeKey(context, server);
  },
};

/** Removes a model server that a person added, with its key. */
export const removeModelServer: CommandDefinition = {
  needsGateway: true,
  async run(context) {
    const { gateway, messages } = context;
    const added = await addedServers(context);
    if (added.length === 0) return messages.needed('There is no model server that you added. Those found on this machine come and go by themselves.');
    const answer = await pickOne(
      { title: 'Remove Model Server', placeholder: 'Its key is removed with it; agents that use it need another model' },
      added.map((server) => ({ label: labelText(server.name), description: labelText(server.baseUrl), value: server.id })),
    );
    if (answer !== undefined && answer !== 'back') await gateway.request('models/remove', { serverId: answer.value });
  },
};

/** The servers that a person added; only among them names and addresses are taken. */
async function addedServers({ gateway }: CommandContext): Promise<ModelServer[]> {
  const { items } = await gateway.request('models/servers', {});
  return items.filter(({ isBuiltIn }) => !isBuiltIn);
}

/** As above, to answer early; the gateway decides, also where it cannot say now. */
const takenServers = (context: CommandContext): Promise<ModelServer[]> => addedServers(context).catch(() => []);

function checkFreeName(text: string, taken: readonly ModelServer[]): string | undefined {
  return taken.some(({ name }) => name === text) ? 'There is a model server with this name already; change it with Edit Model Server, or write another name.' : undefined;
}

type Edit = (context: CommandContext, server: ModelServer) => Promise<unknown>;

/** Lets a person change what is theirs of a model server; of a built-in one that is only the key. */
export async function editServer(context: CommandContext, server: ModelServer): Promise<void> {
  const own: Choice<Edit>[] = [
    { label: 'Name', description: labelText(server.name), value: changeName },
    { label: 'Address', description: labelText(server.baseUrl), value: changeAddress },
  ];
  const keyRows: Choice<Edit>[] = [
    { label: server.hasKey ? 'Enter another key' : 'Enter a key', description: server.hasKey ? 'it has one' : 'it has none', value: changeKey },
    ...(server.hasKey ? [{ label: 'Forget its key', value: forgetKey }] : []),
  ];
  const remove: Choice<Edit> = { label: 'Remove', description: 'with its key; agents that use it need another model', value: ({ gateway }) => gateway.request('models/remove', { serverId: server.id }) };
  const answer = await pickOne({ title: labelText(server.name), placeholder: foundWords(server) }, server.isBuiltIn ? keyRows : [...own, ...keyRows, remove]);
  if (answer !== undefined && answer !== 'back') await answer.value(context, server);
}

const changeName: Edit = async (context, { id, name }) => {
  const others = (await takenServers(context)).filter((server) => server.id !== id);
  const check = (text: string) => checkName(text) ?? checkFreeName(text, others);
  const answer = await askText({ title: `Name of ${labelText(name)}`, value: name, placeholder: 'Name', check });
  if (answer !== undefined && answer !== 'back') await context.gateway.request('models/update', { serverId: id, name: answer.value });
};

/** A key stays with the host that it was given for, so another host is asked for its own. */
const changeAddress: Edit = async (context, { id, name, baseUrl: present, hasKey }) => {
  const others = (await takenServers(context)).filter((server) => server.id !== id);
  const address = await askAddress(`Address of ${labelText(name)}`, others, present);
  if (address === undefined) return;
  const { baseUrl } = address;
  const keepsKey = hasKey && new URL(baseUrl).origin === new URL(present).origin;
  const secret = keepsKey ? {} : await askForKey(labelText(name));
  if (secret !== undefined) sayFound(context, await context.gateway.request('models/update', { serverId: id, baseUrl, ...secret }), assumedWords(address));
};

/** Asks for the key of a model server and says what is found there with it. */
export const changeKey: Edit = async (context, { id, name }) => {
  const secret = await askForKey(labelText(name));
  if (secret === undefined) return;
  const server = await context.gateway.request('models/update', { serverId: id, key: secret.key ?? null });
  // The card of the refusal turns by this.
  if (server.state === 'up' && secret.key !== undefined) context.chat.tell({ type: 'key', serverName: name });
  sayFound(context, server);
};

const forgetKey: Edit = ({ gateway }, { id }) => gateway.request('models/update', { serverId: id, key: null });

/** Says what a server that was added or changed offers; one that does not answer has a wrong address or key, or is not running yet: all are the person's to mend. */
function sayFound(context: CommandContext, server: ModelServer, { fact, why } = { fact: '', why: '' }): void {
  const { messages } = context;
  const name = labelText(server.name);
  if (server.state === 'up') return messages.answered(sentences(fact, `${name} answers: ${foundWords(server)}.`, why));
  const attempt = (what: string, edit: Edit) => () => edit(context, server).catch((error: unknown) => messages.failed(what, error));
  const mend =
    server.error?.class === 'model_auth' || server.isBuiltIn
      ? { title: 'Enter Key', run: attempt('Changing the key failed.', changeKey) }
      : { title: 'Change Address…', run: attempt('Changing the address failed.', changeAddress) };
  const remove = { title: 'Remove', run: attempt('Removing the model server failed.', ({ gateway }) => gateway.request('models/remove', { serverId: server.id })) };
  messages.needed(sentences(`${name} is kept, but it cannot be used yet.`, fact, server.error?.message, server.error?.hint, why), server.isBuiltIn ? [mend] : [mend, remove]);
}

function sentences(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part).join(' ');
}

/** The server that an argument names by its own id or by an agent's, where a key can be meant at all. */
async function serverOf({ gateway, feed }: CommandContext, argument: unknown): Promise<ModelServer | undefined> {
  const { agentId, serverId } = (typeof argument === 'object' && argument !== null ? argument : {}) as Readonly<Record<string, unknown>>;
  const agent = typeof agentId === 'string' ? feed.state.agents.get(agentId) : undefined;
  const { items } = await gateway.request('models/servers', {});
  const servers = items.filter(({ kind }) => kind !== 'embedded');
  const meant = serverId ?? (agent?.model.kind === 'model' ? agent.model.serverId : agent?.route?.serverId);
  const known = servers.find(({ id }) => id === meant);
  if (known !== undefined) return known;
  const refused = servers.filter(({ error }) => error?.class === 'model_auth');
  const rows = (refused.length > 0 ? refused : servers).map((server): Choice<ModelServer> => ({ label: labelText(server.name), description: labelText(server.baseUrl), value: server }));
  const answer = await pickOne({ title: 'Enter Key', placeholder: 'Of which server?' }, rows);
  return answer === undefined || answer === 'back' ? undefined : answer.value;
}

async function askAddress(title: string, taken: readonly ModelServer[], present = ''): Promise<ModelAddress | undefined> {
  const prompt = 'The address of an OpenAI-compatible server; http:// or https:// may be left out';
  const answer = await askText({ title, placeholder: 'localhost:1234', prompt, value: present, check: (text) => checkAddress(text, taken) });
  return answer === undefined || answer === 'back' ? undefined : readAddress(answer.value);
}
