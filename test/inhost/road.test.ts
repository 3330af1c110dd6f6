import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { ScriptedGateway } from '../support/extension/scriptedGateway.ts';
import { agentOf, idOf, sessionOf, until } from '../support/extension/things.ts';

interface ExtensionModule {
  deactivate(): Promise<void>;
}
type Warning = typeof vscode.window.showWarningMessage;

describe('the extension with a gateway', () => {
  const extension = vscode.extensions.getExtension('logos.logos');
  const home = process.env['LOGOS_HOME'] ?? '';
  let gateway: ScriptedGateway;
  const asked = (method: string) => gateway.requests.filter((request) => request.method === method);
  const subscribed = (...topics: string[]) => asked('gateway/subscribe').filter(({ params }) => JSON.stringify(params['topics']) === JSON.stringify(topics));
  /** The extension itself watches these; the page of the chat needs no sessions. */
  const ofExtension = () => subscribed('agents', 'sessions', 'sandboxes').length;
  const warn = vscode.window.showWarningMessage;
  const openBox = vscode.window.createInputBox;
  const ask = vscode.window.showInputBox;

  /** Answers modal questions as a person would; gives what was asked. */
  function answerWith(answer: string | undefined): string[] {
    const questions: string[] = [];
    const stub = ((question: string) => {
      questions.push(question);
      return Promise.resolve(answer);
    }) as Warning;
    vscode.window.showWarningMessage = stub;
    return questions;
  }

  /** Types the lines into the boxes that open, one after another; a key is left empty. */
  function typeInto(lines: string[]): void {
    vscode.window.showInputBox = () => Promise.resolve('');
    vscode.window.createInputBox = () => {
      const box = openBox();
      let accept: () => unknown = () => undefined;
      const keepAccept = (listener: () => unknown): vscode.Disposable => {
        accept = listener;
        return box.onDidAccept(listener);
      };
      const showAndType = (): void => {
        box.show();
        box.value = lines.shift() ?? '';
        setImmediate(() => accept());
      };
      return new Proxy(box, {
        get: (target, key) => {
          if (key === 'onDidAccept') return keepAccept;
          if (key === 'show') return showAndType;
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
        },
        set: (target, key, value) => Reflect.set(target, key, value, target),
      });
    };
  }

  before(async () => {
    assert.ok(extension && home !== '');
    gateway = new ScriptedGateway(home);
    gateway.build = (JSON.parse(fs.readFileSync(path.join(extension.extensionPath, 'dist', 'build.json'), 'utf8')) as { build: string }).build;
    gateway.agents.set(idOf(1), agentOf(1, { name: 'Coder' }));
    gateway.sessions.set(idOf(10), sessionOf(10, 1));
    gateway.handlers.set('agents/delete', () => ({}));
    gateway.handlers.set('sessions/list', () => ({ items: [] }));
    await gateway.start();
    await extension.activate();
    await vscode.commands.executeCommand('logos.startGateway');
    await until(() => ofExtension() > 0, 'the extension subscribed');
  });
  afterEach(() => {
    vscode.window.showWarningMessage = warn;
    vscode.window.createInputBox = openBox;
    vscode.window.showInputBox = ask;
  });
  after(() => gateway.stop());

  it('connects with the token of the pointer file and follows agents, sessions and the log', () => {
    assert.ok(asked('initialize').length > 0);
    assert.ok(ofExtension() > 0);
    assert.ok(asked('logs/subscribe').length > 0);
  });

  it('opens the chat and the agents without an argument', async () => {
    await vscode.commands.executeCommand('logos.openChat');
    await until(() => subscribed('agents', 'sandboxes').length > 0, 'the page of the chat asked for its lists');
    await vscode.commands.executeCommand('logos.agents.focus');
  });

  it('deletes an agent only after a modal question that says what goes', async () => {
    const questions = answerWith(undefined);
    await vscode.commands.executeCommand('logos.deleteAgent', { agentId: idOf(1) });
    assert.deepEqual(questions, ['Delete agent Coder for good?']);
    assert.equal(asked('agents/delete').length, 0);
    answerWith('Delete for Good');
    await vscode.commands.executeCommand('logos.deleteAgent', { agentId: idOf(1) });
    assert.deepEqual(asked('agents/delete').at(-1)?.params, { agentId: idOf(1) });
  });

  it('asks before it restarts a gateway that runs turns, and leaves it alone without consent', async () => {
    gateway.handlers.set('gateway/status', () => ({ runningTurns: 2, queuedTurns: 0 }));
    const questions = answerWith(undefined);
    await vscode.commands.executeCommand('logos.restartGateway');
    assert.deepEqual(questions, ['Restart the gateway and interrupt 2 turns?']);
    assert.equal(asked('gateway/stop').length, 0);
    gateway.handlers.delete('gateway/status');
  });

  it('lets the address of a model server that does not answer be corrected from its message', async () => {
    const down = { id: 'study', kind: 'openai_compatible', hasKey: false, isBuiltIn: false, models: [], error: { hint: 'Start it.' } };
    gateway.handlers.set('models/add', ({ name, baseUrl }) => ({ ...down, name, baseUrl, state: 'down' }));
    gateway.handlers.set('models/update', ({ serverId, baseUrl }) => ({ ...down, id: serverId, name: 'Study', baseUrl, state: 'up' }));
    const messages = answerWith('Change Address…');
    typeInto(['Study', 'http://wrong/v1', 'http://right/v1']);
    await vscode.commands.executeCommand('logos.addModelServer');
    await until(() => asked('models/update').length === 1, 'moved to the other address');
    assert.deepEqual(messages, ['Study is kept, but it cannot be used yet. Start it.']);
    assert.deepEqual(asked('models/update').at(-1)?.params, { serverId: 'study', baseUrl: 'http://right/v1' });
  });

  it('restores the deleted session of a row, and deletes one for good only after a question that says so', async () => {
    gateway.handlers.set('sessions/get', () => sessionOf(11, 1, { title: 'Old', deletedAt: 5 }));
    gateway.handlers.set('sessions/restore', () => sessionOf(11, 1));
    gateway.handlers.set('sessions/erase', () => ({}));
    await vscode.commands.executeCommand('logos.restoreSession', { sessionId: idOf(11) });
    assert.deepEqual(asked('sessions/restore').at(-1)?.params, { sessionId: idOf(11) });
    const questions = answerWith(undefined);
    await vscode.commands.executeCommand('logos.eraseSession', { sessionId: idOf(11) });
    assert.deepEqual(questions, ['Delete session “Old” for good?']);
    assert.equal(asked('sessions/erase').length, 0);
    answerWith('Delete for Good');
    await vscode.commands.executeCommand('logos.eraseSession', { sessionId: idOf(11) });
    assert.deepEqual(asked('sessions/erase').at(-1)?.params, { sessionId: idOf(11) });
  });

  it('runs in a workspace without trust no command that makes something run, says why, and leads to where trust is given', async () => {
    const real = Object.getOwnPropertyDescriptor(vscode.workspace, 'isTrusted');
    Object.defineProperty(vscode.workspace, 'isTrusted', { value: false, configurable: true });
    try {
      const said = answerWith(undefined);
      const before = gateway.requests.length;
      for (const id of ['newAgent', 'addModelServer', 'openAgentFiles', 'changeModel', 'checkSandboxes', 'setUp']) await vscode.commands.executeCommand(`logos.${id}`, { agentId: idOf(1) });
      assert.deepEqual(gateway.requests.slice(before), []);
      assert.equal(said.length, 6);
      assert.equal(said[0], 'Trust this workspace first. Creating the agent needs it; reading past sessions works.');
    } finally {
      if (real !== undefined) Object.defineProperty(vscode.workspace, 'isTrusted', real);
    }
  });

  it('asks for the lists again after it missed a change, and comes back by itself after a cut', async () => {
    const before = ofExtension();
    gateway.loseChange('agents');
    gateway.change({ topic: 'agents', id: idOf(2), item: agentOf(2) });
    await until(() => ofExtension() === before + 1, 'subscribed again after the gap');
    gateway.drop();
    await until(() => ofExtension() === before + 2, 'subscribed again after the cut');
  });

  it('leaves nothing behind when it is deactivated: no connection, no command', async () => {
    const module = require(path.join(extension?.extensionPath ?? '', 'dist', 'extension.js')) as ExtensionModule;
    await module.deactivate();
    await until(() => gateway.connectionCount === 0, 'the connection is closed');
    const left = (await vscode.commands.getCommands(true)).filter((id) => /^logos\.[a-zA-Z]+$/.test(id) && !['logos.agents', 'logos.chat'].includes(id));
    assert.deepEqual(left, []);
  });
});
