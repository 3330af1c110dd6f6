import { AppError } from '../base/appError.ts';
import type { Model, ModelServer } from '../protocol/models.ts';
import type { ProbedModel } from './probedModel.ts';
import { defaultRouteTimeouts, type ModelRoute } from './route.ts';
import { assumedContextTokens, type KnownServer } from './servers.ts';

/** The model of that name, or without a name the one to take: one that is loaded before one that is not, else the first of the list. */
export function chooseModel(models: readonly ProbedModel[], name?: string): ProbedModel | undefined {
  if (name !== undefined) return models.find((model) => model.name === name);
  return models.find((model) => model.isLoaded) ?? models[0];
}

/** Makes the route to a model of a server; `key` reads the key at each call. */
export function routeTo(server: KnownServer, model: Model | undefined, { socketPath, key }: { socketPath?: string | undefined; key: () => Promise<string | undefined> }): ModelRoute {
  return {
    serverId: server.id,
    serverName: server.name,
    baseUrl: server.baseUrl,
    ...(socketPath === undefined ? {} : { socketPath }),
    model: model?.name ?? server.name,
    contextTokens: model?.contextTokens ?? assumedContextTokens[server.kind],
    supportsTools: model?.supportsTools ?? false,
    isTiny: model?.isTiny ?? false,
    think: 'auto',
    params: {},
    timeouts: defaultRouteTimeouts,
    authorization: async () => {
      const value = await key();
      return value === undefined ? undefined : `Bearer ${value}`;
    },
  };
}

/** No server answers with a model and the embedded one is not installed. */
export function noModelError(servers: readonly ModelServer[]): AppError {
  const tried = servers.filter((server) => server.kind !== 'embedded').map((server) => ({ name: server.name, baseUrl: server.baseUrl, cause: server.error?.cause ?? 'no_models' }));
  const empty = servers.find((server) => server.state === 'up' && server.models.length === 0);
  if (empty !== undefined) {
    return new AppError('model_not_found', `${empty.name} answers but has no model.`, { reason: 'no_models', hint: `Get a model in ${empty.name}, then retry.`, details: { tried } });
  }
  return new AppError('model_unreachable', 'No model server answers.', {
    reason: 'no_server',
    hint: 'Start LM Studio, Ollama, llama.cpp or vLLM, add a server by its address, or run `npm start` to install the tiny embedded model.',
    details: { tried },
  });
}
