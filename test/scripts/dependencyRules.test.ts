import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** A made-up tree in which each file breaks the rule of its name, or none. */
const files: Record<string, string> = {
  'server/protocol/shape.ts': "import * as z from 'zod';\nexport const shape = z.string();\n",
  'server/base/leaf.ts': "import { shape } from '../protocol/shape.ts';\nexport const leaf = shape;\n",
  'server/channels/top.ts': "import { sideways } from '../gateway/middle.ts';\nexport const top = sideways;\n",
  'server/gateway/middle.ts': "import { spawn } from 'node:child_process';\nimport { execa } from 'execa';\nimport 'undici';\nimport 'better-sqlite3';\nimport { top } from '../channels/top.ts';\nexport const sideways = [spawn, execa, top];\n",
  'server/exec/task.ts': "import { model } from '../inference/model.ts';\nexport const task = model;\n",
  'server/inference/model.ts': 'export const model = 1;\n',
  'docker/local/main.ts': "import { model } from '../../server/inference/model.ts';\nexport const worker = model;\n",
  'extension/wrong.ts': "import { model } from '../server/inference/model.ts';\nimport 'vitest';\nimport './nowhere.ts';\nexport const wrong = model;\n",
  'extension/right.ts': "import * as vscode from 'vscode';\nimport { shape } from '../server/protocol/shape.ts';\nexport const right = [vscode, shape];\n",
  'webviews/wrong.ts': "import fs from 'node:fs';\nimport { shape } from '../server/protocol/shape.ts';\nexport const wrong = [fs, shape];\n",
  'webviews/right.ts': "import type { shape } from '../server/protocol/shape.ts';\nexport type Right = typeof shape;\n",
};

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
}

describe('the dependency rules', () => {
  let folder: string;
  let violations: string[];

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-rules-'));
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
    for (const name of ['package.json', 'tsconfig.base.json', '.dependency-cruiser.cjs']) fs.copyFileSync(path.join(root, name), path.join(folder, name));
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const program = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'server', 'extension', 'webviews', 'docker'];
    const result = JSON.parse(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })) as { summary: { violations: Violation[] } };
    violations = result.summary.violations.map(({ rule, from }) => `${rule.name} ${from}`);
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  it.each([
    'base-is-a-leaf server/base/leaf.ts',
    'no-upward-gateway server/gateway/middle.ts',
    'no-sideways-exec server/exec/task.ts',
    'only-child-process server/gateway/middle.ts',
    'only-execa server/gateway/middle.ts',
    'only-undici server/gateway/middle.ts',
    'only-better-sqlite3 server/gateway/middle.ts',
    'workers-know-the-wire docker/local/main.ts',
    'extension-knows-the-protocol extension/wrong.ts',
    'no-dev-dependencies extension/wrong.ts',
    'resolvable extension/wrong.ts',
    'webviews-have-no-node webviews/wrong.ts',
    'webviews-take-types webviews/wrong.ts',
  ])('find %s', (expected) => {
    expect(violations).toContain(expected);
  });

  it('find the cycle', () => {
    expect(violations.some((text) => text.startsWith('no-cycles '))).toBe(true);
  });

  it('let right files be', () => {
    expect(violations.filter((text) => text.includes('right.ts') || text.includes('protocol/shape.ts'))).toEqual([]);
  });
});
