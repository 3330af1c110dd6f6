import type { ModelChoice } from '../../server/protocol/agents.ts';
import type { Model, ModelServer } from '../../server/protocol/models.ts';
import { labelText } from '../trees/labelText.ts';

/** What a person can do about a server that offers no model: give it another key, change it, or have it asked again. */
export interface Mend {
  readonly kind: 'mend';
  readonly how: 'key' | 'edit' | 'again';
  readonly server: ModelServer;
}

/** A row of a model; where a server offers none, of what can be done about that, with the reason. */
export interface ModelRow {
  readonly label: string;
  readonly description: string;
  readonly value: ModelChoice | Mend;
}

const mendLabels: Readonly<Record<Mend['how'], string>> = { key: 'Enter Key…', edit: 'Edit Server…', again: 'Ask Again' };

/** The rows of a model server. A built-in one that nobody started has none: it comes and goes by itself. */
export function modelRows(server: ModelServer): ModelRow[] {
  if (server.state === 'up' && server.models.length > 0) {
    return server.models.map((model) => ({ label: labelText(model.name, 80), description: modelFacts(model), value: { kind: 'model', serverId: server.id, name: model.name } }));
  }
  const isAbsent = server.isBuiltIn && (server.error === undefined || server.error.cause === 'ECONNREFUSED');
  if (isAbsent) return [];
  const how = server.error?.class === 'model_auth' ? 'key' : server.isBuiltIn || server.state === 'up' ? 'again' : 'edit';
  const reason = server.error === undefined ? 'It lists no models.' : labelText(`${server.error.message} ${server.error.hint}`, 300);
  return [{ label: mendLabels[how], description: reason, value: { kind: 'mend', how, server } }];
}

/** What a server was found to offer, in a few words: `3 models, 41 ms`, or why it offers nothing. */
export function foundWords({ state, models, latencyMs, error }: ModelServer): string {
  if (state === 'unknown') return 'not asked yet';
  if (state !== 'up') return error === undefined ? 'does not answer' : labelText(error.message, 200);
  const time = latencyMs === undefined ? '' : `, ${Math.round(latencyMs)} ms`;
  return `${models.length === 0 ? 'no models' : models.length === 1 ? '1 model' : `${models.length} models`}${time}`;
}

function modelFacts(model: Model): string {
  if (model.isTiny) return 'tiny model for trying things out; it cannot use tools';
  const context = model.contextTokens === undefined ? [] : [`${model.contextTokens.toLocaleString('en-US')} tokens`];
  return [...context, ...(model.supportsTools ? [] : ['cannot use tools'])].join(' · ');
}

/** Whether two choices are the same one. */
export function isSameChoice(one: ModelChoice, other: ModelChoice): boolean {
  return one.kind === 'model' && other.kind === 'model' ? one.serverId === other.serverId && one.name === other.name : one.kind === other.kind;
}
