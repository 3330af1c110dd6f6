import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { build } from '../../scripts/build.mjs';
import { ensureBuild } from '../../scripts/setup/bundle.mjs';

describe('The build that npm start opens', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-bundle-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('is one for production, also where a newer one for development lies, and has nothing in it that only developers want', async () => {
    const dist = path.join(folder, 'dist');
    await build({ dist, say: () => undefined });
    expect(fs.readFileSync(path.join(dist, 'webviews/chat.js'), 'utf8')).toContain('Lit is in dev mode');
    await ensureBuild({ isProduction: true, dist });
    const { isProduction, build: made } = JSON.parse(fs.readFileSync(path.join(dist, 'build.json'), 'utf8')) as { isProduction: boolean; build: string };
    expect(isProduction).toBe(true);
    expect(fs.readFileSync(path.join(dist, 'webviews/chat.js'), 'utf8')).not.toContain('Lit is in dev mode');
    expect(fs.readdirSync(dist, { recursive: true }).filter((name) => String(name).endsWith('.map'))).toEqual([]);
    await ensureBuild({ isProduction: true, dist });
    expect(fs.readFileSync(path.join(dist, 'build.json'), 'utf8')).toContain(made);
  });
});
