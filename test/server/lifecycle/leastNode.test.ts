import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseNode } from '../../../extension/server/nodeChoice.ts';
import { choosePlainNode } from '../../../server/lifecycle/nodeRuntime.ts';

const root = path.join(import.meta.dirname, '../../..');
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
const least = manifest.engines.node.replace('>=', '');
const [major = 0, minor = 0] = least.split('.').map(Number);

describe(`Node ${least}, the least that the manifest names,`, () => {
  it.each([[`${least}.0`, true], [`${major}.${minor - 1}.9`, false], [`${major + 1}.0.0`, true]])('decides for the gateway and for the extension whether %s will do: %s', async (version, isEnough) => {
    const gateway = await choosePlainNode({ environment: {}, userHome: '/nowhere', execPath: '/host', versions: { node: version } });
    expect(gateway !== undefined).toBe(isEnough);
    expect(chooseNode(undefined, { execPath: '/host', versions: { node: version } }).path === '/host').toBe(isEnough);
  });

  it('is the one that every text and every build target names', () => {
    const files = ['package.json', ...fs.globSync(['server/**/*.{ts,cjs}', 'extension/**/*.ts', 'scripts/**/*.mjs'], { cwd: root })];
    const named = files.flatMap((file) => [...fs.readFileSync(path.join(root, file), 'utf8').matchAll(/\b(\d\d\.\d+) or newer|'node(\d\d\.\d+)'/g)].map((match) => [file, match[1] ?? match[2]]));
    expect(named.filter(([, version]) => version !== least)).toEqual([]);
    expect(named.map(([file]) => file)).toEqual(expect.arrayContaining(['package.json', 'server/lifecycle/commandLine.ts', 'server/nodeGuard.cjs', 'server/sandboxes/bubblewrap/host.ts', 'scripts/bundles.mjs']));
  });
});
