import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnsentMessages } from '../../../extension/views/unsentMessages.ts';
import type { UnsentMessage } from '../../../webviews/shared/relayMessages.ts';
import { idOf } from '../../support/extension/things.ts';

const messageOf = (number: number, more: Partial<UnsentMessage> = {}): UnsentMessage => ({ messageId: idOf(number), sessionId: idOf(100), agentId: idOf(200), text: `text ${number}`, createdAt: 1_000 + number, isFirst: false, ...more });

describe('unsent messages', () => {
  let folder: string;
  let logged: string[];
  const openWindow = () => new UnsentMessages(folder, (sentence) => void logged.push(sentence));

  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(os.tmpdir(), 'lg-unsent-')), 'unsent');
    logged = [];
  });
  afterEach(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

  it('are there again for the next window, the oldest first', async () => {
    const first = openWindow();
    first.keep(messageOf(2));
    first.keep(messageOf(1));
    await first.settled();
    expect(openWindow().list()).toEqual({ messages: [messageOf(1), messageOf(2)], goneIds: [] });
  });

  it('of a session that is deleted for good leave their files, also those that another window wrote, and no others', async () => {
    const first = openWindow();
    first.keep(messageOf(1));
    first.keep(messageOf(2, { sessionId: idOf(101), text: 'stays' }));
    await first.settled();
    const second = openWindow();
    second.dropSession(idOf(100));
    await second.settled();
    expect(readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8')).join('')).toMatch(/^(?!.*text 1).*stays/);
    expect(openWindow().list().messages.map(({ text }) => text)).toEqual(['stays']);
  });

  it('are there again when the process that wrote them was killed right after the write', () => {
    const module = path.resolve(import.meta.dirname, '../../../extension/views/unsentMessages.ts');
    const code = `const { UnsentMessages } = await import(${JSON.stringify(module)});
      const unsent = new UnsentMessages(${JSON.stringify(folder)}, console.error);
      unsent.keep(${JSON.stringify(messageOf(1))});
      await unsent.settled();
      process.kill(process.pid, 'SIGKILL');`;
    expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', code])).toThrow();
    expect(openWindow().list().messages).toEqual([messageOf(1)]);
  });

  it.skipIf(process.platform === 'win32')('lie in files that nobody else may read, and never half written', async () => {
    const unsent = openWindow();
    unsent.keep(messageOf(1));
    await unsent.settled();
    const [name = '', ...others] = readdirSync(folder);
    expect([statSync(folder).mode & 0o777, statSync(path.join(folder, name)).mode & 0o777, others]).toEqual([0o700, 0o600, []]);
  });

  it('are gone for every window once one has dropped them, and no late word brings them back', async () => {
    const [first, second] = [openWindow(), openWindow()];
    first.keep(messageOf(1));
    await first.settled();
    expect(second.list().messages).toHaveLength(1);
    first.drop(idOf(1));
    await first.settled();
    second.keep(messageOf(1));
    expect(second.list()).toEqual({ messages: [], goneIds: [idOf(1)] });
    expect(readFileSync(path.join(folder, `${idOf(1)}.json`), 'utf8')).toBe('');
  });

  it('that were dropped before they were written leave no text on the disk', async () => {
    const unsent = openWindow();
    unsent.keep(messageOf(1));
    unsent.drop(idOf(1));
    await unsent.settled();
    expect(readdirSync(folder).map((name) => statSync(path.join(folder, name)).size)).toEqual([0]);
  });

  it('are not taken from a file that holds something else, which is left alone and said', () => {
    openWindow().list();
    writeFileSync(path.join(folder, `${idOf(1)}.json`), JSON.stringify(messageOf(2)));
    writeFileSync(path.join(folder, `${idOf(3)}.json`), '{"messageId":');
    writeFileSync(path.join(folder, 'notes.txt'), 'x');
    expect(openWindow().list()).toEqual({ messages: [], goneIds: [] });
    expect(logged).toHaveLength(2);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('are all there however wrong the files beside them are', async () => {
    const unsent = openWindow();
    unsent.keep(messageOf(8));
    unsent.drop(idOf(9));
    await unsent.settled();
    mkdirSync(path.join(folder, `${idOf(1)}.json`));
    symlinkSync('nowhere', path.join(folder, `${idOf(2)}.json`));
    writeFileSync(path.join(folder, `${idOf(3)}.json`), '{');
    truncateSync(path.join(folder, `${idOf(3)}.json`), 2 ** 40);
    expect(openWindow().list()).toEqual({ messages: [messageOf(8)], goneIds: [idOf(9)] });
    expect(logged).toHaveLength(2);
  });

  it('may be dropped by two windows at once', async () => {
    const [first, second] = [openWindow(), openWindow()];
    for (let number = 1; number <= 100; number += 1) for (const unsent of [first, second]) unsent.drop(idOf(number));
    await Promise.all([first.settled(), second.settled()]);
    expect(logged).toEqual([]);
    expect(readdirSync(folder)).toHaveLength(100);
  });

  it('leave of the empty files the latest, whatever their ids are', () => {
    openWindow().list();
    for (let number = 1; number <= 510; number += 1) {
      const file = path.join(folder, `${idOf(number)}.json`);
      writeFileSync(file, '');
      utimesSync(file, 10_000 - number, 10_000 - number);
    }
    openWindow().list();
    expect(readdirSync(folder).sort().at(-1)).toBe(`${idOf(500)}.json`);
  });

  it('are kept up to a number that no person reaches', async () => {
    const unsent = openWindow();
    for (let number = 1; number <= 201; number += 1) unsent.keep(messageOf(number));
    expect(unsent.list().messages).toHaveLength(200);
    expect(logged).toEqual(['There are too many unsent messages; one more is kept by its page alone.']);
    await unsent.settled();
  });

  it('leave at most five hundred empty files behind', async () => {
    openWindow().list();
    for (let number = 1; number <= 520; number += 1) writeFileSync(path.join(folder, `${idOf(number)}.json`), '');
    openWindow().list();
    const left = readdirSync(folder).sort();
    expect([left.length, left[0]]).toEqual([500, `${idOf(21)}.json`]);
  });

  it('say so when the disk does not take them', async () => {
    writeFileSync(folder, 'a file in the place of the folder');
    const unsent = openWindow();
    unsent.keep(messageOf(1));
    await unsent.settled();
    expect(logged[0]).toMatch(/^An unsent message could not be kept in /);
    expect(unsent.list().messages).toHaveLength(1);
  });
});
