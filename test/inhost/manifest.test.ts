import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { commandsWithoutTrust, commandTable } from '../../extension/commands/commands.ts';
import { settingNames } from '../../extension/config.ts';
import { contextKeyNames } from '../../extension/contextKeys.ts';
import { views } from '../../extension/views/views.ts';

interface Manifest {
  readonly contributes: {
    readonly commands: { command: string; title: string; category: string; enablement?: string }[];
    readonly views: Record<string, { id: string }[]>;
    readonly viewsWelcome: { contents: string; when: string }[];
    readonly keybindings: { command: string; when?: string }[];
    readonly menus: Record<string, { command: string; when?: string }[]>;
    readonly configuration: { properties: Record<string, { scope: string }> };
  };
  readonly capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
}

const extension = vscode.extensions.getExtension('logos.logos');
assert.ok(extension);
const manifest = extension.packageJSON as Manifest;
const { contributes } = manifest;
const declared = contributes.commands.map(({ command }) => command).sort();
const viewIds = Object.values(contributes.views).flat().map(({ id }) => id);

describe('package.json', () => {
  before(() => extension.activate());

  it('declares every command that is registered, and registers every command that it declares', async () => {
    const registered = (await vscode.commands.getCommands(true)).filter((id) => id.startsWith('logos.') && !viewIds.some((view) => id.startsWith(`${view}.`)));
    assert.deepEqual(Object.keys(commandTable).sort(), declared);
    assert.deepEqual(registered.filter((id) => !declared.includes(id)), []);
    assert.deepEqual(declared.filter((id) => !registered.includes(id)), []);
  });

  it('declares every setting that is read, and no other, for the machine alone', () => {
    assert.deepEqual(Object.keys(contributes.configuration.properties).sort(), [...settingNames].sort());
    assert.ok(Object.values(contributes.configuration.properties).every(({ scope }) => scope === 'machine'));
    assert.deepEqual([...manifest.capabilities.untrustedWorkspaces.restrictedConfigurations].sort(), [...settingNames].sort());
  });

  it('asks in its when clauses only for keys that the extension sets, and for each of them', () => {
    const text = JSON.stringify(contributes);
    const whens = [...text.matchAll(/"(?:when|enablement)":"((?:[^"\\]|\\.)*)"/g)].map(([, when]) => when ?? '').join(' ');
    const asked = new Set([...whens.matchAll(/logos\.[a-zA-Z]+/g)].map(([key]) => key).filter((key) => !viewIds.includes(key)));
    assert.deepEqual([...asked].sort(), [...contextKeyNames].sort());
  });

  it('offers in a workspace without trust the same commands that run there', () => {
    const offered = contributes.commands.filter(({ enablement = '' }) => !enablement.split(' && ').includes('isWorkspaceTrusted')).map(({ command }) => command);
    assert.deepEqual(offered.sort(), [...commandsWithoutTrust].sort());
  });

  it('binds and lists only commands that it declares', () => {
    const used = [...contributes.keybindings, ...Object.values(contributes.menus).flat()].map(({ command }) => command);
    assert.deepEqual(used.filter((id) => !declared.includes(id)), []);
    const linked = contributes.viewsWelcome.flatMap(({ contents }) => [...contents.matchAll(/command:([\w.]+)/g)].map(([, id]) => id ?? ''));
    assert.deepEqual(linked.filter((id) => id.startsWith('logos.') && !declared.includes(id)), []);
  });

  it('has at most five key bindings, and each takes a default of VS Code only inside our views', () => {
    assert.ok(contributes.keybindings.length <= 5);
    for (const { command, when } of contributes.keybindings) assert.ok(command === 'logos.openChat' || when?.includes('focusedView == logos.'), command);
  });

  it('has the views that the code fills', () => {
    assert.deepEqual(viewIds.sort(), ['logos.agents', ...Object.values(views).map(({ id }) => id)].sort());
  });

  it('has a welcome for each way in which the gateway can be away', () => {
    const codes = ['no_node', 'no_server', 'start_failed', 'crash_budget', 'timeout', 'refused', 'protocol', 'closed'];
    for (const code of codes) assert.ok(contributes.viewsWelcome.some(({ when }) => when.includes(`'${code}'`)), code);
  });

  it('loads at most 150 KB when it is activated, without a validator or a connection', () => {
    const bundle = fs.readFileSync(path.join(extension.extensionPath, 'dist', 'extension.js'), 'utf8');
    assert.ok(Buffer.byteLength(bundle) <= 150 * 1024, `${Buffer.byteLength(bundle)} bytes`);
    assert.ok(!/ZodError|ReadableStreamMessageReader/.test(bundle));
  });
});
