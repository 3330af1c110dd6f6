import type { ServerKind } from '../protocol/models.ts';
import { asList, asObject, asObjects, asText, type JsonObject } from './wire/jsonFields.ts';
import type { AskServer, ProbedModel } from './probedModel.ts';

type Describe = (entries: readonly JsonObject[], ask: AskServer) => Promise<ProbedModel[]>;

/** Beyond so many models Ollama is not asked about each: those are listed by their names alone. */
const maxAskedAbout = 64;
/** So many of them are asked about at one time. */
const maxQuestions = 16;
/** A server that lists more shows the first of them. */
export const maxModels = 2000;

const describers: Readonly<Partial<Record<ServerKind, Describe>>> = { lmstudio: describeLmStudio, ollama: describeOllama, llamacpp: describeLlamaCpp };

/** Reads context and abilities of the listed models, with what each program tells beside the common list; embedding models are left out. */
export async function describeModels(kind: ServerKind, entries: readonly JsonObject[], ask: AskServer): Promise<ProbedModel[]> {
  const byName = new Map<string, ProbedModel>();
  for (const found of await (describers[kind] ?? describeListed)(entries, ask)) if (!byName.has(found.name)) byName.set(found.name, found);
  return [...byName.values()].slice(0, maxModels);
}

function model(name: string, contextTokens: number | undefined, more: { supportsTools?: boolean; isLoaded?: boolean } = {}): ProbedModel {
  const { supportsTools = true, isLoaded = false } = more;
  return { name, ...(contextTokens === undefined ? {} : { contextTokens }), supportsTools, isTiny: false, isLoaded };
}

/** From the common list alone: vLLM has `max_model_len`, llama.cpp `meta.n_ctx`, OpenRouter `context_length` and `supported_parameters`. */
function describeListed(entries: readonly JsonObject[]): Promise<ProbedModel[]> {
  const models = entries.flatMap((entry) => {
    const name = nameOf(entry);
    if (name === undefined || /embed|rerank|whisper|(^|[-/])tts\b/i.test(name)) return [];
    const context = asTokens(entry['max_model_len']) ?? asTokens(asObject(entry['meta'])?.['n_ctx']) ?? asTokens(entry['context_length']) ?? asTokens(entry['max_input_tokens']);
    const parameters = entry['supported_parameters'];
    return [model(name, context, { supportsTools: !Array.isArray(parameters) || parameters.includes('tools') })];
  });
  return Promise.resolve(models);
}

async function describeLmStudio(entries: readonly JsonObject[], ask: AskServer): Promise<ProbedModel[]> {
  const native = asObjects((await ask('GET', '/api/v1/models'))?.['models']);
  if (native.length > 0) return native.flatMap(fromLmStudio);
  const older = asObjects((await ask('GET', '/api/v0/models'))?.['data']);
  return older.length > 0 ? older.flatMap(fromOlderLmStudio) : describeListed(entries);
}

function fromLmStudio(entry: JsonObject): ProbedModel[] {
  const name = asText(entry['key']);
  if (name === undefined || entry['type'] === 'embedding') return [];
  const loaded = asObject(asList(entry['loaded_instances'])[0]);
  const supportsTools = asObject(entry['capabilities'])?.['trained_for_tool_use'] !== false;
  return [model(name, asTokens(asObject(loaded?.['config'])?.['context_length']), { supportsTools, isLoaded: loaded !== undefined })];
}

function fromOlderLmStudio(entry: JsonObject): ProbedModel[] {
  const name = nameOf(entry);
  if (name === undefined || entry['type'] === 'embeddings') return [];
  const isLoaded = entry['state'] === 'loaded';
  const capabilities = entry['capabilities'];
  return [model(name, isLoaded ? asTokens(entry['loaded_context_length']) : undefined, { supportsTools: !Array.isArray(capabilities) || capabilities.includes('tool_use'), isLoaded })];
}

async function describeOllama(entries: readonly JsonObject[], ask: AskServer): Promise<ProbedModel[]> {
  const [tags, running] = await Promise.all([ask('GET', '/api/tags'), ask('GET', '/api/ps')]);
  const listed = asObjects(tags?.['models']).flatMap((entry) => nameOf(entry) ?? []);
  const names = (listed.length > 0 ? listed : entries.flatMap((entry) => nameOf(entry) ?? []));
  const contexts = new Map(asObjects(running?.['models']).map((entry) => [nameOf(entry), asTokens(entry['context_length'])]));
  const describe = async (name: string): Promise<ProbedModel[]> => {
    const capabilities = (await ask('POST', '/api/show', { model: name }))?.['capabilities'];
    const isKnown = Array.isArray(capabilities);
    if (isKnown ? !capabilities.includes('completion') : /embed/i.test(name)) return [];
    return [model(name, contexts.get(name), { supportsTools: !isKnown || capabilities.includes('tools'), isLoaded: contexts.has(name) })];
  };
  const described: ProbedModel[] = [];
  const askedAbout = names.slice(0, maxAskedAbout);
  for (let at = 0; at < askedAbout.length; at += maxQuestions) described.push(...(await Promise.all(askedAbout.slice(at, at + maxQuestions).map(describe))).flat());
  const others = names.slice(maxAskedAbout).filter((name) => !/embed/i.test(name));
  return [...described, ...others.map((name) => model(name, contexts.get(name), { isLoaded: contexts.has(name) }))];
}

async function describeLlamaCpp(entries: readonly JsonObject[], ask: AskServer): Promise<ProbedModel[]> {
  const [models, props] = await Promise.all([describeListed(entries), ask('GET', '/props')]);
  const context = asTokens(asObject(props?.['default_generation_settings'])?.['n_ctx']);
  const supportsTools = asObject(props?.['chat_template_caps'])?.['supports_tools'] !== false;
  return models.map((found) => ({ ...found, ...(context === undefined ? {} : { contextTokens: context }), supportsTools, isLoaded: true }));
}

function nameOf(entry: JsonObject | undefined): string | undefined {
  const name = asText(entry?.['id']) ?? asText(entry?.['name']) ?? asText(entry?.['model']);
  return name === undefined || name.length > 300 ? undefined : name;
}

function asTokens(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
