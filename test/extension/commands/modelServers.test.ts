import { describe, expect, it } from 'vitest';
import { modelRows } from '../../../extension/commands/modelRows.ts';
import { moveModelServer } from '../../../extension/commands/moveModelServer.ts';
import { GatewayError } from '../../../extension/server/gatewayError.ts';
import type { ModelServer } from '../../../server/protocol/models.ts';
import { FakeGatewayPort } from '../../support/extension/fakeGatewayPort.ts';

const server: ModelServer = { id: 'study', name: 'Study', kind: 'openai_compatible', baseUrl: 'http://old/v1', hasKey: true, isBuiltIn: false, state: 'up', models: [] };
const error = { class: 'model_unreachable', message: 'Study does not answer at old.', cause: 'ECONNREFUSED', hint: 'Start it.', retryable: true } as const;

describe('the rows of a model server', () => {
  it('are its models while it answers', () => {
    const models = [{ name: 'qwen3:9b', contextTokens: 8192, supportsTools: false, isTiny: false }];
    expect(modelRows({ ...server, models })).toEqual([{ label: 'qwen3:9b', description: '8,192 tokens · cannot use tools', value: { kind: 'model', serverId: 'study', name: 'qwen3:9b' } }]);
  });

  it('say why one that a person added offers none, and cannot be taken', () => {
    expect(modelRows({ ...server, state: 'down', error })).toEqual([{ label: 'No model', description: 'Study does not answer at old. Start it.' }]);
    expect(modelRows(server)).toEqual([{ label: 'No model', description: 'It lists no models.' }]);
  });

  it('are none where a built-in one was not started, and its reason where it fails otherwise', () => {
    expect(modelRows({ ...server, isBuiltIn: true, state: 'down', error })).toEqual([]);
    expect(modelRows({ ...server, isBuiltIn: true, state: 'not_installed' })).toEqual([]);
    expect(modelRows({ ...server, isBuiltIn: true, state: 'down', error: { ...error, cause: 'timeout' } })).toHaveLength(1);
  });
});

describe('another address of a model server', () => {
  it('keeps the name and takes the new address and key', async () => {
    const gateway = new FakeGatewayPort();
    await moveModelServer(gateway, server, { baseUrl: 'http://new/v1', key: 'k' });
    expect(gateway.asked).toEqual([
      { method: 'models/remove', params: { serverId: 'study' } },
      { method: 'models/add', params: { name: 'Study', baseUrl: 'http://new/v1', key: 'k' } },
    ]);
  });

  it('leaves the server where it was when the gateway refuses, and says why', async () => {
    const gateway = new FakeGatewayPort();
    gateway.answers.set('models/add', ({ baseUrl }) => {
      if (baseUrl === 'http://new/v1') throw new GatewayError({ ...error, class: 'conflict' });
    });
    await expect(moveModelServer(gateway, server, { baseUrl: 'http://new/v1' })).rejects.toMatchObject({ info: { class: 'conflict' } });
    expect(gateway.asked.at(-1)).toEqual({ method: 'models/add', params: { name: 'Study', baseUrl: 'http://old/v1' } });
  });
});
