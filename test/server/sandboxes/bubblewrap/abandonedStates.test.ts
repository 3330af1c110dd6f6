import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../../../server/log/logger.ts';
import { readProcess } from '../../../../server/process/processTable.ts';
import { sweepAbandonedStates, writeOwner } from '../../../../server/sandboxes/bubblewrap/abandonedStates.ts';
import { shortHash, type SystemPlaces } from '../../../../server/sandboxes/bubblewrap/places.ts';

const dayMs = 24 * 3_600_000;
let folder: string;
let systemRoot: string;
let own: SystemPlaces;
let said: string[];
const keep = (text: string): void => void said.push(text);
const log: Logger = { log: (_level, text) => keep(text), trace: keep, debug: keep, info: keep, warn: keep, error: keep };

beforeEach(() => {
  said = [];
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-abandoned-'));
  systemRoot = path.join(folder, 'system');
  own = newState('own');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A state directory with sandboxes, whose gateway has ended. */
function newState(name: string): SystemPlaces {
  const stateDir = path.join(folder, 'states', name);
  fs.mkdirSync(stateDir, { recursive: true });
  const places = { systemRoot, own: path.join(systemRoot, shortHash(stateDir)), stateDir };
  fs.mkdirSync(path.join(places.own, 'sandboxes', 'agent'), { recursive: true });
  fs.writeFileSync(path.join(places.own, 'sandboxes', 'agent', 'work'), 'work');
  writeOwner(places);
  change(places, (owner) => ({ ...owner, process: '4194304-1' }));
  return places;
}

function change(places: SystemPlaces, how: (owner: Record<string, unknown>) => unknown): void {
  const file = path.join(places.own, 'owner.json');
  fs.writeFileSync(file, JSON.stringify(how(JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>)));
}

const sweepTwice = async (apartMs: number): Promise<void> => {
  await sweepAbandonedStates(own, log, 1_000_000_000_000);
  await sweepAbandonedStates(own, log, 1_000_000_000_000 + apartMs);
};
const remains = (places: SystemPlaces): boolean => fs.existsSync(path.join(places.own, 'sandboxes', 'agent', 'work'));

describe('sandboxes of a state directory that was deleted', () => {
  it('go when it was found gone twice, a day apart, and the log says so', async () => {
    const gone = newState('gone');
    fs.rmSync(gone.stateDir, { recursive: true });
    await sweepTwice(dayMs);
    expect(remains(gone)).toBe(false);
    expect(said).toEqual([expect.stringContaining(`Removing ${gone.own}, the sandboxes of ${gone.stateDir}`)]);
    expect(fs.readdirSync(systemRoot)).toEqual([path.basename(own.own)]);
  });

  it('stay for the first day', async () => {
    const gone = newState('gone');
    fs.rmSync(gone.stateDir, { recursive: true });
    await sweepTwice(dayMs - 1);
    expect(remains(gone)).toBe(true);
  });

  it('count from anew when it was there again in between', async () => {
    const gone = newState('gone');
    fs.rmSync(gone.stateDir, { recursive: true });
    await sweepAbandonedStates(own, log, 1_000_000_000_000);
    fs.mkdirSync(gone.stateDir);
    await sweepAbandonedStates(own, log, 1_000_000_000_000 + dayMs);
    fs.rmSync(gone.stateDir, { recursive: true });
    await sweepAbandonedStates(own, log, 1_000_000_000_000 + 2 * dayMs);
    expect(remains(gone)).toBe(true);
  });

  it('go without following a link that an agent left', async () => {
    const gone = newState('gone');
    const kept = path.join(folder, 'kept');
    fs.mkdirSync(kept);
    fs.writeFileSync(path.join(kept, 'file'), '');
    fs.symlinkSync(kept, path.join(gone.own, 'sandboxes', 'agent', 'link'));
    fs.rmSync(gone.stateDir, { recursive: true });
    await sweepTwice(dayMs);
    expect(remains(gone)).toBe(false);
    expect(fs.existsSync(path.join(kept, 'file'))).toBe(true);
  });
});

describe('sandboxes stay', () => {
  const cases: readonly (readonly [name: string, arrange: (places: SystemPlaces) => void])[] = [
    ['while the state directory is there', () => undefined],
    ['when only a link that leads nowhere has its name', ({ stateDir }) => { fs.rmSync(stateDir, { recursive: true }); fs.symlinkSync('/nowhere', stateDir); }],
    ['while their gateway lives', (places) => { fs.rmSync(places.stateDir, { recursive: true }); change(places, (owner) => ({ ...owner, process: `${process.ppid}-${readProcess(process.ppid)?.startTicks}` })); }],
    ['when the folder around it is not the one it was, as when a disk is not mounted', ({ stateDir }) => { fs.renameSync(path.dirname(stateDir), `${path.dirname(stateDir)}-away`); fs.mkdirSync(path.dirname(stateDir)); }],
    ['when the folder around it is gone, too', ({ stateDir }) => fs.rmSync(path.dirname(stateDir), { recursive: true })],
    ['when nobody wrote whose they are', (places) => { fs.rmSync(places.stateDir, { recursive: true }); fs.rmSync(path.join(places.own, 'owner.json')); }],
    ['when what was written is not readable', (places) => { fs.rmSync(places.stateDir, { recursive: true }); fs.writeFileSync(path.join(places.own, 'owner.json'), '{'); }],
    ['when another name was written', (places) => { fs.rmSync(places.stateDir, { recursive: true }); change(places, (owner) => ({ ...owner, stateDir: `${places.stateDir}-other` })); }],
    ['when what was written is a link', (places) => { const file = path.join(places.own, 'owner.json'); fs.renameSync(file, `${file}.real`); fs.symlinkSync(`${file}.real`, file); fs.rmSync(places.stateDir, { recursive: true }); }],
  ];

  it.each(cases)('%s', async (_name, arrange) => {
    const places = newState('other');
    arrange(places);
    await sweepTwice(2 * dayMs);
    expect(remains(places)).toBe(true);
    expect(said).toEqual([]);
  });

  it('that are our own, whatever is said of them', async () => {
    fs.rmSync(own.stateDir, { recursive: true });
    await sweepTwice(2 * dayMs);
    expect(remains(own)).toBe(true);
  });

  it('behind a link in the folder of all', async () => {
    const elsewhere = newState('elsewhere');
    const outside = path.join(folder, 'outside');
    fs.renameSync(elsewhere.own, outside);
    fs.symlinkSync(outside, elsewhere.own);
    fs.rmSync(elsewhere.stateDir, { recursive: true });
    await sweepTwice(2 * dayMs);
    expect(fs.existsSync(path.join(outside, 'sandboxes', 'agent', 'work'))).toBe(true);
  });
});
