import { AppError } from '../base/appError.ts';
import type { ModelChoice } from '../protocol/agents.ts';
import type { EmbeddedModel } from './embedded/embeddedModel.ts';
import type { Keys } from './keys.ts';
import { chooseModel, earlierAwayError, noModelError, routeTo, type EarlierModel } from './modelRoutes.ts';
import type { ModelRoute } from './route.ts';
import type { ServerBook } from './serverBook.ts';
import { embeddedId, type KnownServer } from './servers.ts';

/** What the resolver looks into. */
export interface RouteResolverOptions {
  readonly book: ServerBook;
  readonly embedded: EmbeddedModel;
  readonly keys: Keys;
}

/** From what an agent asks for to the way to a model. */
export interface RouteResolver {
  /**
   * At once where the server answered lately. Throws `model_unreachable` and `model_not_found`, or what the server's probe found.
   * `findEarlier` gives the full model that answered before in the same session, which the tiny one does not take the place of.
   */
  resolve(choice: ModelChoice, findEarlier?: FindEarlierModel): Promise<ModelRoute>;
  /** As far as it is known without asking anyone. */
  peek(choice: ModelChoice): ModelRoute | undefined;
}

/** Looks for the full model that answered before in a session. */
export type FindEarlierModel = () => Promise<EarlierModel | undefined>;

type NamedChoice = Extract<ModelChoice, { kind: 'model' }>;

/** Makes a RouteResolver over the servers that are known at each call. */
export function createRouteResolver({ book, embedded, keys }: RouteResolverOptions): RouteResolver {
  const find = (serverId: string): KnownServer | undefined => book.servers().find(({ id }) => id === serverId);

  const routeOf = (server: KnownServer, name?: string): ModelRoute | undefined => {
    const model = chooseModel(book.modelsOf(server.id), name);
    return model === undefined ? undefined : routeTo(server, model, { key: () => keys.get(server) });
  };

  const knownRoute = (server: KnownServer | undefined, name?: string): ModelRoute | undefined =>
    server !== undefined && book.isUp(server.id) ? routeOf(server, name) : undefined;

  const knownAuto = (): ModelRoute | undefined => {
    for (const server of book.servers()) {
      const route = knownRoute(server);
      if (route !== undefined) return route;
    }
    return undefined;
  };

  function routeToEmbedded(socketPath?: string): ModelRoute {
    const { name, baseUrl, models } = embedded.view();
    return routeTo({ id: embeddedId, name, kind: 'embedded', baseUrl, isBuiltIn: true }, models[0], { socketPath, key: () => Promise.resolve(undefined) });
  }

  const startEmbedded = async (): Promise<ModelRoute> => routeToEmbedded((await embedded.start()).socketPath);

  async function resolveAuto(findEarlier: FindEarlierModel): Promise<ModelRoute> {
    const known = knownAuto();
    if (known !== undefined) {
      book.refresh();
      return known;
    }
    // A person waits: a server that was down a moment ago may have been started for this very message.
    for (const { server, probe } of book.probeAll({ skipsFresh: false })) {
      await probe;
      const route = routeOf(server);
      if (route !== undefined) return route;
    }
    const earlier = await findEarlier();
    if (earlier !== undefined) throw earlierAwayError(earlier, book.views());
    if (embedded.view().state !== 'not_installed') return startEmbedded();
    throw noModelError([...book.views(), embedded.view()]);
  }

  async function resolveNamed({ serverId, name }: NamedChoice): Promise<ModelRoute> {
    if (serverId === embeddedId) return startEmbedded();
    const server = find(serverId);
    if (server === undefined) {
      throw new AppError('model_not_found', 'The model server of this agent was removed.', { reason: 'no_such_server', hint: 'Choose another model for the agent.' });
    }
    const known = knownRoute(server, name);
    if (known !== undefined) {
      book.refresh();
      return known;
    }
    await book.probe(server);
    const route = routeOf(server, name);
    if (route !== undefined) return route;
    throw notResolved(server, name);
  }

  function notResolved(server: KnownServer, name: string): AppError {
    const { error } = book.view(server);
    if (error === undefined) {
      return new AppError('model_not_found', `${server.name} does not have the model ${name}.`, { reason: 'model_not_found', hint: 'Choose a model that the server lists, or load this one there.' });
    }
    return AppError.fromInfo(error);
  }

  return {
    resolve: (choice, findEarlier = () => Promise.resolve(undefined)) => (choice.kind === 'auto' ? resolveAuto(findEarlier) : resolveNamed(choice)),
    peek(choice) {
      if (choice.kind === 'model' && choice.serverId !== embeddedId) return knownRoute(find(choice.serverId), choice.name);
      const known = choice.kind === 'auto' ? knownAuto() : undefined;
      if (known !== undefined) return known;
      const isMeant = choice.kind === 'model' || book.isEveryDown();
      return isMeant && embedded.view().state !== 'not_installed' ? routeToEmbedded() : undefined;
    },
  };
}
