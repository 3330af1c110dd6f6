import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DisposableStore } from '../../../extension/disposableStore.ts';
import { parseGatewayPointer } from '../../../extension/server/gatewayPointer.ts';
import { asGatewayError } from '../../../extension/server/gatewayError.ts';
import { chooseNode } from '../../../extension/server/nodeChoice.ts';
import { stateFolder } from '../../../extension/server/stateFolder.ts';
import { GatewayPointer } from '../../../server/protocol/initialize.ts';
import { idOf } from '../../support/extension/things.ts';

const pointer = { pid: 1, startId: idOf(1), socket: '/run/x.sock', build: 'b', protocol: 1, token: 't' };

describe('the state directory', () => {
  it('is the setting before the environment before the convention', () => {
    expect(stateFolder('/a', { LOGOS_HOME: '/b' }, 'linux')).toBe('/a');
    expect(stateFolder(' ', { LOGOS_HOME: '/b' }, 'linux')).toBe('/b');
    expect(stateFolder(undefined, { XDG_STATE_HOME: '/c' }, 'linux')).toBe('/c/logos');
    expect(stateFolder(undefined, {}, 'linux')).toBe(path.join(os.homedir(), '.local/state/logos'));
    expect(stateFolder(undefined, {}, 'darwin')).toBe(path.join(os.homedir(), 'Library/Application Support/Logos'));
  });

  it('may begin with the home of the user', () => {
    expect(stateFolder('~/x', {}, 'linux')).toBe(path.join(os.homedir(), 'x'));
  });
});

describe('the Node that starts the gateway', () => {
  const host = (node: string, electron?: string) => ({ execPath: '/host', versions: { node, electron } });

  it('is the extension host\'s own when that is new enough', () => {
    expect(chooseNode(undefined, host('22.19.0'))).toEqual({ path: '/host', env: {} });
    expect(chooseNode('', host('24.1.0'))).toEqual({ path: '/host', env: {} });
  });

  it('is Electron told to be Node on a desktop', () => {
    expect(chooseNode(undefined, host('22.22.1', '39.8.7'))).toEqual({ path: '/host', env: { ELECTRON_RUN_AS_NODE: '1' } });
  });

  it('is the one of the PATH when the host is too old, and the setting before all', () => {
    expect(chooseNode(undefined, host('22.18.9'))).toEqual({ path: 'node', env: {} });
    expect(chooseNode('/mine', host('24.0.0'))).toEqual({ path: '/mine', env: {} });
  });
});

describe('the pointer file', () => {
  it('is read as the contract says', () => {
    expect(parseGatewayPointer({ ...pointer, more: 1 })).toEqual(GatewayPointer.parse(pointer));
  });

  it.each([null, [], 'x', { ...pointer, pid: 0 }, { ...pointer, token: undefined }, { ...pointer, socket: 'relative.sock' }])('is refused when it is %j', (value) => {
    expect(parseGatewayPointer(value)).toBeUndefined();
  });
});

describe('an error', () => {
  it('that is not of the contract becomes internal with a next step', () => {
    expect(asGatewayError('odd').info).toMatchObject({ class: 'internal', message: 'odd', hint: 'Retry, or send the log with your report.' });
  });
});

describe('a store of disposables', () => {
  it('ends in reverse order, bears one that throws, and ends at once what comes too late', () => {
    const ended: number[] = [];
    const errors: unknown[] = [];
    const store = new DisposableStore((error) => errors.push(error));
    for (const number of [1, 2]) store.defer(() => ended.push(number));
    store.defer(() => {
      throw new Error('no');
    });
    store.dispose();
    store.dispose();
    store.defer(() => ended.push(3));
    expect([ended, errors.length, store.size]).toEqual([[2, 1, 3], 1, 0]);
  });
});
