/** Which program the server pretends to be, in what it lists. */
export type Persona = 'openai' | 'lmstudio' | 'ollama' | 'llamacpp' | 'vllm';

/** A model that the server lists. */
export interface ListedModel {
  readonly id: string;
  readonly contextTokens: number;
  readonly supportsTools: boolean;
  readonly isLoaded: boolean;
  readonly isEmbedding: boolean;
}

type Answers = Readonly<Record<string, (models: readonly ListedModel[], body: string) => unknown>>;

const named = (models: readonly ListedModel[], body: string): ListedModel | undefined => models.find((model) => model.id === (JSON.parse(body || '{}') as { model?: string }).model);

/** What each persona answers, by method and path, beside chat completions. */
const personas: Readonly<Record<Persona, Answers>> = {
  openai: { 'GET /v1/models': (models) => openAiList(models) },
  vllm: {
    'GET /v1/models': (models) => openAiList(models, (model) => ({ owned_by: 'vllm', max_model_len: model.contextTokens })),
    'GET /version': () => ({ version: '0.16.0' }),
  },
  llamacpp: {
    'GET /v1/models': (models) => ({
      ...openAiList(models, (model) => ({ owned_by: 'llamacpp', meta: { n_ctx: model.contextTokens, n_ctx_train: 131_072 } })),
      models: models.map((model) => ({ name: model.id, model: model.id })),
    }),
    'GET /props': (models) => ({ default_generation_settings: { n_ctx: models[0]?.contextTokens }, total_slots: 1, chat_template_caps: { supports_tools: models[0]?.supportsTools ?? false } }),
    'GET /health': () => ({ status: 'ok' }),
  },
  ollama: {
    'GET /v1/models': (models) => openAiList(models, () => ({ owned_by: 'library' })),
    'GET /api/version': () => ({ version: '0.40.0' }),
    'GET /api/tags': (models) => ({ models: models.map((model) => ({ name: model.id, model: model.id, size: 1, details: { family: 'llama' } })) }),
    'GET /api/ps': (models) => ({ models: models.filter((model) => model.isLoaded).map((model) => ({ name: model.id, model: model.id, context_length: model.contextTokens })) }),
    'POST /api/show': (models, body) => {
      const model = named(models, body);
      const capabilities = model?.isEmbedding ? ['embedding'] : ['completion', ...(model?.supportsTools ? ['tools'] : [])];
      return { capabilities, model_info: { 'general.architecture': 'llama', 'llama.context_length': model?.contextTokens } };
    },
  },
  lmstudio: {
    'GET /v1/models': (models) => openAiList(models, () => ({ owned_by: 'organization_owner' })),
    'GET /api/v1/models': (models) => ({
      models: models.map((model) => ({
        type: model.isEmbedding ? 'embedding' : 'llm',
        key: model.id,
        display_name: model.id,
        loaded_instances: model.isLoaded ? [{ id: model.id, config: { context_length: model.contextTokens, parallel: 4 } }] : [],
        max_context_length: 131_072,
        ...(model.isEmbedding ? {} : { capabilities: { vision: false, trained_for_tool_use: model.supportsTools } }),
      })),
    }),
  },
};

function openAiList(models: readonly ListedModel[], more: (model: ListedModel) => object = () => ({})): { object: string; data: unknown[] } {
  return { object: 'list', data: models.map((model) => ({ id: model.id, object: 'model', created: 1, owned_by: 'scripted', ...more(model) })) };
}

/** The answer of a persona to a request that is not a chat completion: LM Studio says 200 to anything. */
export function answerAs(persona: Persona, request: string, models: readonly ListedModel[], body: string): { status: number; body: unknown } {
  const answer = personas[persona][request];
  if (answer !== undefined) return { status: 200, body: answer(models, body) };
  if (persona === 'lmstudio') return { status: 200, body: { error: `Unexpected endpoint or method. (${request})` } };
  return { status: 404, body: { error: { message: `There is no ${request} here.`, type: 'not_found_error', code: 404 } } };
}
