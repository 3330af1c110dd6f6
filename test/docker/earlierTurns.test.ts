import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { EarlierTurns } from '../../docker/local/files/earlierTurns.ts';

it.each(['[CR line ends.]', '[CRLF line ends.]', '[CRLF and LF line ends.]', '[Encoding: windows-1252.]'])('What was read of a file in an earlier turn is known without the note %s', async (note) => {
  const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'logos-earlier-')));
  try {
    const file = path.join(folder, 'a.txt');
    await fs.writeFile(file, 'one\rtwo\r');
    const call = { callId: '1', tool: 'read_file', args: { path: 'a.txt' }, result: `one\rtwo\r\n${note}` };
    const earlier = new EarlierTurns([{ role: 'assistant', text: '', toolCalls: [call] }], folder);
    expect(await earlier.textOf(file)).toBe('one\rtwo\r');
  } finally {
    await fs.rm(folder, { recursive: true });
  }
});
