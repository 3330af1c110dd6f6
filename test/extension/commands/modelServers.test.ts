import { describe, expect, it } from 'vitest';
import { foundWords, isSameChoice, modelRows } from '../../../extension/commands/modelRows.ts';
import type { ModelServer } from '../../../server/protocol/models.ts';

const server: ModelServer = { id: 'study', name: 'Study', kind: 'openai_compatible', baseUrl: 'http://old/v1', hasKey: true, isBuiltIn: false, state: 'up', models: [] };
const error = { class: 'model_unreachable', message: 'Study does not answer at old.', cause: 'ECONNREFUSED', hint: 'Start it.', retryable: true } as const;
const refused = { ...error, class: 'model_auth', cause: 'status' } as const;

describe('the rows of a model server', () => {
  it('are its models while it answers', () => {
    const models = [{ name: 'qwen3:9b', contextTokens: 8192, supportsTools: false, isTiny: false }];
    expect(modelRows({ ...server, models })).toEqual([{ label: 'qwen3:9b', description: '8,192 tokens · cannot use tools', value: { kind: 'model', serverId: 'study', name: 'qwen3:9b' } }]);
  });

  it.each([
    ['Enter Key…', 'key', { state: 'down', error: refused }],
    ['Enter Key…', 'key', { state: 'down', error: refused, isBuiltIn: true }],
    ['Edit Server…', 'edit', { state: 'down', error }],
    ['Ask Again', 'again', { state: 'down', error: { ...error, cause: 'timeout' }, isBuiltIn: true }],
  ] as const)('offer %s with the reason where there is no model, so that no row does nothing', (label, how, more) => {
    const down: ModelServer = { ...server, ...more };
    expect(modelRows(down)).toEqual([{ label, description: 'Study does not answer at old. Start it.', value: { kind: 'mend', how, server: down } }]);
  });

  it('offer to ask one again that answers and lists no models', () => {
    expect(modelRows(server)).toEqual([{ label: 'Ask Again', description: 'It lists no models.', value: { kind: 'mend', how: 'again', server } }]);
  });

  it('are none where a built-in one was not started, and its reason where it fails otherwise', () => {
    expect(modelRows({ ...server, isBuiltIn: true, state: 'down', error })).toEqual([]);
    expect(modelRows({ ...server, isBuiltIn: true, state: 'not_installed' })).toEqual([]);
    expect(modelRows({ ...server, isBuiltIn: true, state: 'down', error: { ...error, cause: 'timeout' } })).toHaveLength(1);
  });
});

describe('what a model server was found to offer', () => {
  it('is said with the time that it took, or with the reason why it is nothing', () => {
    const model = { name: 'a', supportsTools: true, isTiny: false };
    expect(foundWords({ ...server, models: [model, model, model], latencyMs: 41.4 })).toBe('3 models, 41 ms');
    expect(foundWords({ ...server, models: [model], latencyMs: 1 })).toBe('1 model, 1 ms');
    expect(foundWords(server)).toBe('no models');
    expect(foundWords({ ...server, state: 'down', error })).toBe('Study does not answer at old.');
    expect(foundWords({ ...server, state: 'unknown' })).toBe('not asked yet');
  });

  it('is the present choice when server and model are the same', () => {
    const choice = { kind: 'model', serverId: 'study', name: 'a' } as const;
    expect([isSameChoice(choice, { ...choice }), isSameChoice(choice, { ...choice, name: 'b' }), isSameChoice(choice, { kind: 'auto' }), isSameChoice({ kind: 'auto' }, { kind: 'auto' })]).toEqual([true, false, false, true]);
  });
});
