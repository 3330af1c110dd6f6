import path from 'node:path';
import { v7 as newId } from 'uuid';
import { defaultPolicy } from './agents/agentDefaults.ts';
import { createAgentHandlers } from './agents/handlers.ts';
import { Agents } from './agents/agents.ts';
import { routeView } from './agents/agentViews.ts';
import { Opening } from './agents/opening.ts';
import { makeShippedAgents } from './agents/shippedAgents.ts';
import { createSouls } from './agents/souls.ts';
import { asAppError } from './base/appError.ts';
import { FairGate } from './base/fairGate.ts';
import { DisposableStack } from './base/disposables.ts';
import { createInferenceSockets } from './egress/inferenceSockets.ts';
import { createDispatcher } from './exec/createDispatcher.ts';
import { Activity } from './gateway/activity.ts';
import { createChatHandlers } from './gateway/chatHandlers.ts';
import { Eraser } from './gateway/eraser.ts';
import { Publisher } from './gateway/publisher.ts';
import { QueueCount } from './gateway/queueCount.ts';
import { createSessionHandlers } from './gateway/sessionHandlers.ts';
import { gatewayKilled, gatewayStopped } from './gateway/interruptions.ts';
import { OutputTicks } from './gateway/outputTicks.ts';
import { TurnRunner } from './gateway/turnRunner.ts';
import { createModelHandlers } from './inference/handlers.ts';
import { openEmbeddedModel } from './inference/embedded/openEmbeddedModel.ts';
import { openKeys } from './inference/keys.ts';
import { createModels, type Models } from './inference/models.ts';
import { builtInServers } from './inference/servers.ts';
import { createLimitHandlers } from './limits/handlers.ts';
import { Limits } from './limits/limits.ts';
import { readMachine } from './limits/machine.ts';
import { createLogHandlers } from './log/handlers.ts';
import type { Logger } from './log/logger.ts';
import { createHttpClient } from './net/http.ts';
import { createPolicyHandlers } from './policies/handlers.ts';
import { createPolicyLoader } from './policies/loadPolicy.ts';
import type { Policy } from './policies/policy.ts';
import type { PolicyFolder } from './policies/policyFiles.ts';
import { policyWords } from './policies/policyWords.ts';
import { keepUsedOwnPolicies } from './policies/usedOwnPolicies.ts';
import { endLeftovers } from './process/ownedProcesses.ts';
import type { GatewayStatus } from './protocol/gateway.ts';
import type { GatewayServices, OpenServices, ServicesContext, SessionFeedSource } from './rpc/services.ts';
import { engines } from './sandboxes/engines.ts';
import { createSandboxHandlers } from './sandboxes/handlers.ts';
import { sandboxLimitsOf, type SandboxLimits } from './sandboxes/limits.ts';
import { SandboxRegistry } from './sandboxes/registry.ts';
import { openStore, type OpenedStore } from './store/openStore.ts';
import { createTopicSources } from './topicSources.ts';

const snapshotTurns = 50;

/** The composition root: builds everything behind the wire in order; what was built is ended in reverse, also when a later part fails. */
export const openServices: OpenServices = async (context) => {
  void endWhatIsLeft(context.home, context.log.of('sandbox'));
  const stack = new DisposableStack();
  try {
    return await build(context, stack);
  } catch (error) {
    await stack.dispose().catch(() => undefined);
    throw error;
  }
};

async function build(context: ServicesContext, stack: DisposableStack): Promise<GatewayServices> {
  const { home, distribution, environment } = context;
  const log = context.log.of;
  const store = stack.add(await openStore({ path: path.join(home, 'logos.db'), log }));
  const machine = readMachine();
  const limits = await Limits.open({ store, machine, log: log('gateway') });
  const http = stack.add(createHttpClient());
  const embedded = stack.add(openEmbeddedModel({ home, distribution, nodePath: context.workerNodePath, log: log('inference') }));
  const keys = openKeys(path.join(home, 'keys.json'), (key) => context.log.addSecret(key));
  const models = createModels({ store, keys, http, log: log('inference'), embedded, builtInServers: environment['LOGOS_MODEL_SERVERS'] === 'none' ? [] : builtInServers });
  const policyFolders = policyFoldersOf(context);
  const policies = createPolicyLoader(policyFolders, keepUsedOwnPolicies(store));
  const registry = stack.add(openRegistry(context, limits));
  const { engine } = registry;
  const openInferenceSocket = createInferenceSockets({ log: log('egress'), http, onUnreachable: (route) => models.invalidate(route.serverId) });
  const places = openPlaces(limits);
  const dispatcher = stack.add(createDispatcher({ openInferenceSocket, loggerOf: log, startsAtOnce: machine.cores, isCrowded: () => places.waiting > 0 }));

  const publisher = new Publisher();
  const activity = new Activity();
  const souls = createSouls({ directories: [path.join(distribution, 'souls'), path.join(home, 'souls')], log: log('gateway') });
  const loadPolicy = (name: string) => policies.load(name);
  const usePolicy = (name: string) => policies.use(name);
  const agents = stack.add(
    new Agents({ store, souls, loadPolicy, usePolicy, policyWords, sandboxOf: (agent) => registry.view(agent), peekRoute: (choice) => routeView(models.peek(choice)), activity, log: log('gateway') }),
  );
  const opening = new Opening({ agents, registry, dispatcher, store });
  const publish = publisher.publish.bind(publisher);
  const runner = new TurnRunner({
    store,
    publish,
    loadAgent: (agentId) => agents.load(agentId),
    sandboxes: { engine, ensure: (agent) => registry.ensure(agent), taskStarted: (id) => registry.taskStarted(id), taskEnded: (id, error) => registry.taskEnded(id, error) },
    resolveRoute: (choice, sessionId) => models.resolve(choice, () => store.lastFullModel(sessionId)),
    places,
    ticks: new OutputTicks(),
    dispatch: (request) => dispatcher.dispatch(request),
    limits: () => limits.values,
    runtimeBuild: context.build,
    activity,
    log: log('gateway'),
    newId: () => newId(),
    now: Date.now,
  });
  stack.defer(() => runner.shutDown(gatewayStopped));
  const queue = stack.add(new QueueCount(publisher));

  keepAgentsFresh({ agents, publisher, registry, activity, models, log: log('gateway') });

  const assertEnforces = (policy: Policy): void => engine.assertEnforces(policy);
  const now = Date.now;
  await store.interruptRunning({ error: gatewayKilled, at: now() });
  await makeShippedAgents({ store, souls, newId: () => newId(), now, log: log('gateway') });
  await agents.start();
  for (const sessionId of await store.sessionsWithWork()) runner.wake(sessionId);
  // Not awaited: rows name their model as soon as a server has answered.
  models.list().catch((error: unknown) => log('inference').warn(`The model servers could not be looked at: ${asAppError(error).message}`));

  const forgetLogged = context.log.forget.bind(context.log);
  const eraser = new Eraser({ store, publish, forgetLogged, removeSandbox: (agentId) => registry.remove(agentId), refreshAgent: (agentId) => agents.refresh(agentId), log: log('store'), now });
  void eraser.resume();

  const stopAgent = async (agentId: string): Promise<void> => {
    await runner.stopAgent(agentId);
    await dispatcher.discardWarm(agentId);
  };
  return {
    handlers: {
      ...createAgentHandlers({ store, publish, agents, souls, usePolicy, assertEnforces, stopAgent, eraseAgent: (agentId) => eraser.eraseAgent(agentId), now }),
      ...createChatHandlers({ store, publish, runner, newId: () => newId(), now }),
      ...createSessionHandlers({ store, publish, runner, eraser, provision: (agentId) => void opening.provision(agentId), sessionCreated: (session) => publisher.publishSession(session), now }),
      ...createModelHandlers(models),
      ...createLimitHandlers({ limits, holderOf: (name) => registry.holderOf(name) }),
      ...createLogHandlers(context.log),
      ...createPolicyHandlers({ folders: policyFolders, loader: policies, defaultName: defaultPolicy, assertEnforces }),
      ...createSandboxHandlers({ registry, listAgents: () => store.listAgents(), getAgent: (id) => agents.record(id), loadAgent: (id) => agents.load(id), provision: (id) => opening.provision(id), stopTasks: stopAgent }),
    },
    sessionFeed: sessionFeedOf(store, publisher, opening),
    topics: createTopicSources({ agents, registry, store, publisher, models }),
    status: () => ({ runningTurns: activity.count, queuedTurns: queue.count, tasks: tasksStatus(places), store: storeStatus(store) }),
    hasWork: () => runner.activeSessions > 0,
    wake: () => registry.recheckAll(),
    dispose: () => stack.dispose(),
  };
}

function policyFoldersOf({ home, distribution }: ServicesContext): readonly PolicyFolder[] {
  return [
    { path: path.join(home, 'policies'), origin: 'own' },
    { path: path.join(distribution, 'policies'), origin: 'shipped' },
  ];
}

/** Sandboxes are made anew when a limit of theirs was set. */
function openRegistry({ home, distribution, workerNodePath, log }: ServicesContext, limits: Limits): SandboxRegistry {
  const sandboxLimits = (): SandboxLimits => sandboxLimitsOf(limits.values);
  const workerPath = path.join(distribution, 'worker.js');
  const engine = engines.bubblewrap({ stateDir: home, nodePath: workerNodePath, workerPath, limits: sandboxLimits, log: log.of('sandbox') });
  const registry = new SandboxRegistry({ engine, log: log.of('sandbox'), now: Date.now });
  limits.onChanged((name) => (name in sandboxLimits() ? registry.recheckAll() : undefined));
  return registry;
}

/** Not awaited: what a dead gateway left hinders nothing, and each process of this one is told from it. */
async function endWhatIsLeft(home: string, log: Logger): Promise<void> {
  try {
    const count = await endLeftovers(home);
    if (count > 0) log.warn(`Ended ${count} processes that an earlier gateway had left.`);
  } catch (error) {
    log.warn(`Processes of an earlier gateway could not be looked for: ${String(error)}`);
  }
}

/** Whatever an agent's row is made from tells that it is to be made again. */
function keepAgentsFresh(parts: { agents: Agents; publisher: Publisher; registry: SandboxRegistry; activity: Activity; models: Models; log: Logger }): void {
  const { agents, publisher, registry, activity, models, log } = parts;
  publisher.onStored((stored) => agents.noteStored(stored));
  publisher.onSession((session) => agents.noteSession(session));
  registry.onChanged(({ id }) => agents.refresh(id));
  activity.changed.on((agentId) => agents.refresh(agentId));
  models.onChange(() => void agents.refreshAll().catch((error: unknown) => log.warn(`Agents could not be refreshed: ${asAppError(error).message}`)));
}

function sessionFeedOf(store: OpenedStore, publisher: Publisher, opening: Opening): SessionFeedSource {
  return {
    snapshot: (sessionId) => store.snapshot({ sessionId, limit: snapshotTurns }),
    eventsAfter: (sessionId, after, limit) => store.eventsAfter({ sessionId, after, limit }),
    onStored: (listener) => publisher.onStored(listener),
    onOpened: (sessionId) => opening.open(sessionId),
  };
}

/** The places for tasks that run at once; a limit that was raised lets in who waits. */
function openPlaces(limits: Limits): FairGate {
  const places = new FairGate(() => limits.values.tasks);
  limits.onChanged(() => places.refill());
  return places;
}

function tasksStatus({ taken, waiting, most }: FairGate): GatewayStatus['tasks'] {
  return { running: taken, waiting, most };
}

function storeStatus({ failure, recoveredFrom }: OpenedStore): GatewayStatus['store'] {
  const notice = recoveredFrom === undefined ? {} : { notice: `The database could not be read and was moved to ${recoveredFrom}; a fresh one is in its place.` };
  return failure === undefined ? { state: 'ok', ...notice } : { state: 'failed', error: failure, ...notice };
}
