import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog, type Log } from '../../../server/log/createLog.ts';
import { createLogHandlers } from '../../../server/log/handlers.ts';
import { LogEntry } from '../../../server/protocol/logs.ts';
import { filesWith } from '../../support/store/filesWith.ts';

let directory: string;
let log: Log;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'logos-log-'));
  log = createLog({ directory: path.join(directory, 'logs'), level: 'debug' });
});
afterEach(async () => {
  await log.dispose();
  rmSync(directory, { recursive: true, force: true });
});

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
async function written(): Promise<LogEntry[]> {
  await log.dispose();
  return linesOf(log.path).map((line) => LogEntry.parse(JSON.parse(line)));
}

/** Writes a file that was set aside. */
function writeOld(age: number, entries: readonly LogEntry[]): void {
  mkdirSync(path.dirname(log.path), { recursive: true });
  writeFileSync(`${log.path}.${age}`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

describe('The log', () => {
  it('writes one line of JSON per entry, in order, into a file for its owner alone', async () => {
    const store = log.of('store');
    store.trace('below the level');
    store.debug('one', { sessionId: '00000000-0000-0000-0000-000000000001', data: { count: 2 } });
    log.of('exec').warn('two');
    const entries = await written();
    expect(entries.map(({ level, source, text, data }) => [level, source, text, data])).toEqual([
      ['debug', 'store', 'one', { count: 2 }],
      ['warn', 'exec', 'two', undefined],
    ]);
    expect(entries).toEqual(log.tail());
    expect([statSync(log.path).mode & 0o777, statSync(path.dirname(log.path)).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('is on disk at once after an error', async () => {
    log.of('rpc').info('before');
    log.of('rpc').error('now');
    await expect.poll(() => linesOf(log.path).length, { timeout: 10_000 }).toBe(2);
  });

  it('forgets what it said about sessions and agents, in memory and in every file, and goes on after the rest', async () => {
    const [one, two, agent] = ['1', '2', '3'].map((digit) => `00000000-0000-0000-0000-00000000000${digit}`) as [string, string, string];
    writeOld(2, [{ at: 1, level: 'info', source: 'worker', text: 'old secret', sessionId: one }, { at: 2, level: 'info', source: 'worker', text: 'old' }]);
    writeFileSync(`${log.path}.3.new`, '{"text":"old secret"}\n');
    log.of('worker').info('secret', { sessionId: one });
    log.of('worker').info('secret of an agent', { agentId: agent });
    log.of('worker').info('other', { sessionId: two });
    await log.forget({ sessionIds: new Set([one]), agentIds: new Set([agent]) });
    log.of('worker').info('after');
    expect((await written()).map(({ text }) => text)).toEqual(['other', 'after']);
    expect(log.tail().map(({ text }) => text)).toEqual(['other', 'after']);
    expect(linesOf(`${log.path}.2`)).toHaveLength(1);
    expect(filesWith(directory, 'secret')).toEqual([]);
    expect(statSync(log.path).mode & 0o777).toBe(0o600);
  });

  it('tells its listeners each entry until they leave, whatever another listener does', () => {
    const seen: string[] = [];
    log.onEntry(() => {
      throw new Error('No.');
    });
    const listening = log.onEntry(({ text }) => seen.push(text));
    log.of('rpc').info('one');
    void listening.dispose();
    log.of('rpc').info('two');
    expect(seen).toEqual(['one']);
  });

  it('gives its tail by level and source, oldest first, and keeps the last 2,000', async () => {
    for (let count = 0; count < 4_500; count++)
      log.of(count % 2 === 0 ? 'exec' : 'rpc').log(count % 5 === 0 ? 'error' : 'info', String(count));
    expect(log.tail({ limit: 5_000 })).toHaveLength(2_000);
    expect(log.tail({ limit: 3, level: 'warn', sources: ['rpc'] }).map(({ text }) => text)).toEqual([
      '4475',
      '4485',
      '4495',
    ]);
    const answer = await createLogHandlers(log)['logs/tail']({ limit: 1 });
    expect([answer.items.map(({ text }) => text), answer.path]).toEqual([['4499'], log.path]);
  });

  it('sets its file aside when it is long and keeps three of them', async () => {
    const text = 'x'.repeat(7_000);
    for (let round = 0; round < 26; round++) {
      for (let count = 0; count < 140; count++) log.of('worker').info(text, { data: { round } });
      // An error is written at once, and everything before it.
      log.of('worker').error(`end of round ${round}`);
      await expect.poll(() => linesOf(log.path).at(-1), { timeout: 10_000 }).toContain(`end of round ${round}`);
    }
    await log.dispose();
    const folder = path.dirname(log.path);
    expect(readdirSync(folder).sort()).toEqual(['gateway.log', 'gateway.log.1', 'gateway.log.2', 'gateway.log.3']);
    for (const name of readdirSync(folder))
      expect(statSync(path.join(folder, name)).size).toBeLessThanOrEqual(5_000_000);
    const rounds = ['.3', '.2', '.1', '']
      .flatMap((suffix) => linesOf(log.path + suffix))
      .flatMap((line) => (LogEntry.parse(JSON.parse(line)).data?.['round'] as number | undefined) ?? []);
    expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
    expect(rounds.at(-1)).toBe(25);
  });

  it('does not fail its writers when the disk refuses', async () => {
    rmSync(path.dirname(log.path), { recursive: true, force: true });
    writeFileSync(path.dirname(log.path), 'a file where the folder should be');
    log.of('rpc').error('lost');
    log.of('rpc').info('lost too');
    await log.dispose();
    rmSync(path.dirname(log.path));
    log.of('rpc').error('kept');
    const texts = (await written()).map(({ text }) => text);
    expect(texts).toContain('kept');
    expect(texts).toContain('2 lines could not be written to the log.');
    expect(log.tail().map(({ text }) => text)).toEqual(['lost', 'lost too', 'kept']);
  });
});

describe('No secret reaches the log', () => {
  const secret = 'correct-horse-battery';
  it.each([
    ['a bearer', 'Authorization: Bearer abc.def-123', 'abc.def-123'],
    ['a provider key', 'using sk-proj-abcdefgh12345678 now', 'sk-proj-abcdefgh12345678'],
    ['a token of a code host', 'ghp_abcdefghijklmnop1234', 'ghp_abcdefghijklmnop1234'],
    ['a signed token', 'eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2lnbmF0dXJl', 'eyJzdWIiOiIx'],
    ['a password in an address', 'GET https://me:hunter2222@host/v1', 'hunter2222'],
    ['a key in a query', 'GET https://host/v1?api_key=qwertyuiop&x=1', 'qwertyuiop'],
    ['a quoted key', '{"apiKey":"qwertyuiop"}', 'qwertyuiop'],
    ['a registered value', `it said ${secret}!`, secret],
  ])('as %s', async (_what, text, hidden) => {
    log.addSecret(secret);
    log.of('inference').info(text, { data: { nested: [{ text }], [text]: 1 } });
    const [entry] = await written();
    expect(JSON.stringify([entry, log.tail()])).not.toContain(hidden);
    expect(readFileSync(log.path, 'utf8')).not.toContain(hidden);
    expect(entry?.text).toContain('[redacted]');
  });

  it('under a key that names one, while counts and flags stay', async () => {
    const data = {
      apiKey: 'a',
      headers: { Authorization: 'b', 'x-api-key': 'c', Cookie: ['d'] },
      access_token: 'e',
      clientSecret: { f: 'f' },
      password: 1234,
      hasKey: true,
      inputTokens: 7,
      keyboard: 'g',
    };
    log.of('inference').info('call', { data });
    const r = '[redacted]';
    expect((await written())[0]?.data).toEqual({
      apiKey: r,
      headers: { Authorization: r, 'x-api-key': r, Cookie: r },
      access_token: r,
      clientSecret: r,
      password: r,
      hasKey: true,
      inputTokens: 7,
      keyboard: 'g',
    });
  });
});

describe('A line of the log', () => {
  it('costs no more than its length, whatever shape it has', () => {
    // Each would keep a pattern busy for minutes if it were tried whole at each of its places.
    for (const piece of ['a.', 'eyJ-', 'sk-', 'token ', 'Bearer ', 'x', 'a://b'])
      log.of('worker').info(piece.repeat(200_000), { data: { piece: piece.repeat(200_000) } });
    let nested: unknown = 'leaf';
    for (let depth = 0; depth < 5; depth++) nested = Array.from({ length: 100 }, () => nested);
    log.of('worker').info('many', { data: { nested } });
    expect(log.tail()).toHaveLength(8);
  });

  it('obeys no terminal and stays one line under 16 KiB, whatever is written', async () => {
    const anything = fc.record({
      text: fc.string({ unit: 'binary', maxLength: 60 }),
      data: fc.dictionary(fc.string({ unit: 'binary', maxLength: 5 }), fc.anything(), { maxKeys: 5 }),
    });
    fc.assert(
      fc.property(anything, ({ text, data }) => log.of('worker').info(`${text}\u001b]0;title\u0007`, { data })),
    );
    log
      .of('worker')
      .info('\u0085\u009b31m'.repeat(50_000), {
        data: { text: '\u001b'.repeat(100_000), many: Array.from({ length: 200 }, () => 'y'.repeat(3_000)) },
      });
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    log
      .of('worker')
      .info('cycle', { data: { cyclic, error: new Error('why', { cause: new Error('deeper') }), big: 10n } });
    await log.dispose();
    for (const line of linesOf(log.path)) {
      expect(Buffer.byteLength(line)).toBeLessThan(16 * 1024);
      // eslint-disable-next-line no-control-regex
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      LogEntry.parse(JSON.parse(line));
    }
    expect(linesOf(log.path)).toHaveLength(102);
    expect(log.tail().at(-1)?.data).toMatchObject({
      big: '10',
      error: { message: 'why', cause: { message: 'deeper' } },
    });
  });
});
