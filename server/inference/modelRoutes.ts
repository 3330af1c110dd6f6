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

/** A model that a session was answered by before. */
export interface EarlierModel {
  readonly serverId: string;
  readonly serverName: string;
  readonly baseUrl: string;
}

/** No server answers with a model, and the session was answered by a full one: it is not handed to the tiny one unasked. */
export function earlierAwayError({ serverId, serverName, baseUrl }: EarlierModel, servers: readonly ModelServer[]): AppError {
  const server = servers.find(({ id }) => id === serverId);
  const hint = 'Start it and retry, or choose another model for the agent: a session is not handed to the tiny embedded model by itself.';
  if (server?.state === 'up') return new AppError('model_not_found', `${server.name} answers but has no model.`, { reason: 'no_models', hint: `Get a model in ${server.name}, then retry.`, details: { serverId, baseUrl } });
  // A server that answers and refuses, such as a key or for a fault of its own, is not away.
  if (server?.error !== undefined && server.error.class !== 'model_unreachable') {
    return AppError.fromInfo({ ...server.error, details: { ...server.error.details, serverId, baseUrl } });
  }
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl;
  return new AppError('model_unreachable', `${serverName} does not answer at ${host}.`, { reason: server?.error?.cause ?? 'no_server', hint, details: { serverId, baseUrl } });
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
