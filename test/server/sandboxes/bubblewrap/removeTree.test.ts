import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../../server/sandboxes/bubblewrap/removeTree.ts';

describe('removing what a task left', () => {
  let base: string;
  let folder: string;

  beforeEach(() => {
    base = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-remove-'));
    folder = path.join(base, 'home');
    fs.mkdirSync(folder);
  });
  afterEach(() => void execFileSync('/bin/rm', ['-rf', base]));

  const shell = (script: string): void => void execFileSync('/bin/bash', ['-c', script], { cwd: folder });

  it('removes a tree that is deeper than a path can be long', async () => {
    shell('name=$(printf "d%.0s" {1..200}); for i in {1..60}; do mkdir $name && cd -P $name || exit 1; done; touch end');
    await removeTree(folder);
    expect(fs.readdirSync(base)).toEqual([]);
  });

  it('removes folders that nobody may read, whose names are no text', async () => {
    shell("name=$(printf '\\377\\376'); mkdir -p $name/$name; touch $name/$name/file; chmod 0 $name/$name $name; true");
    await removeTree(folder);
    expect(fs.readdirSync(base)).toEqual([]);
  });

  it('removes links and leaves alone what they point to', async () => {
    const kept = path.join(base, 'kept');
    fs.mkdirSync(kept, { mode: 0o555 });
    shell('name=$(printf "d%.0s" {1..200}); ln -s ../kept link; for i in {1..60}; do mkdir $name && cd -P $name && ln -s ../.. up || exit 1; done');
    await removeTree(folder);
    expect(fs.readdirSync(base)).toEqual(['kept']);
    expect(fs.statSync(kept).mode & 0o777).toBe(0o555);
  });
});
