import { gzipSync } from 'node:zlib';
import { done, event, raw, said, type Row } from './row.ts';

const hello = said('Hel') + said('lo 🙂') + said('', 'stop') + done;
const heard = { text: 'Hello 🙂', finish: 'stop' } as const;
const usage = event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } });

/** How the bytes of events are framed. */
export const framingRows: readonly Row[] = [
  { name: 'normal', what: 'a stream with usage and [DONE]', script: raw(said('Hel') + said('lo 🙂') + said('', 'stop') + usage + done), expect: { ...heard, usage: { inputTokens: 5, outputTokens: 2 } } },
  { name: 'comments', what: 'comment lines between events', script: raw(`: OPENROUTER PROCESSING\n\n:\n\n${said('Hel')}: ping\n\n${said('lo 🙂')}${said('', 'stop')}${done}`), expect: heard },
  { name: 'bare-words', what: 'lines in brackets between events', script: raw(`${said('Hel')}[keepalive]\n\n[ping]\n\n${said('lo 🙂')}[ping]\n\n{ping}\n\n${said('', 'stop')}${done}`), expect: heard },
  { name: 'crlf', what: 'CRLF line ends', script: raw(hello.replaceAll('\n', '\r\n')), expect: heard },
  { name: 'cr', what: 'bare CR line ends', script: raw(hello.replaceAll('\n', '\r')), expect: heard },
  { name: 'crlf-bytes', what: 'CRLF cut between reads, byte by byte', script: raw(hello.replaceAll('\n', '\r\n'), { bytesPerWrite: 1 }), expect: heard },
  { name: 'no-space', what: 'data: with no space', script: raw(hello.replaceAll('data: ', 'data:')), expect: heard },
  { name: 'bom', what: 'a byte order mark first', script: raw(`\uFEFF${hello}`), expect: heard },
  {
    name: 'multi-line',
    what: 'one event over several data lines',
    script: raw(`data: {"choices":[{"index":0,\ndata: "delta":{"content":"Hello 🙂"},\ndata: "finish_reason":"stop"}]}\n\n${done}`),
    expect: heard,
  },
  { name: 'fields', what: 'event, id and retry fields around a chunk', script: raw(`event: message\nid: 7\nretry: 100\n${said('Hello 🙂')}id: 8\n${said('', 'stop')}${done}`), expect: heard },
  { name: 'byte-by-byte', what: 'every byte in its own write', script: raw(hello, { bytesPerWrite: 1 }), expect: heard },
  { name: 'cut-emoji', what: 'a four-byte character cut between reads', script: { steps: [{ base64: Buffer.from(hello).subarray(0, 100).toString('base64') }, { waitMs: 5 }, { base64: Buffer.from(hello).subarray(100).toString('base64') }], bytesPerWrite: 3 }, expect: heard },
  {
    name: 'cut-surrogates',
    what: 'a surrogate pair cut between two chunks',
    script: raw(`data: {"choices":[{"index":0,"delta":{"content":"Hello \\ud83d"}}]}\n\ndata: {"choices":[{"index":0,"delta":{"content":"\\ude42"},"finish_reason":"stop"}]}\n\n${done}`),
    expect: heard,
  },
  { name: 'cut-json', what: 'the JSON of one event cut across reads', script: raw(hello, { bytesPerWrite: 17 }), expect: heard },
  { name: 'done-unterminated', what: 'no blank line after [DONE]', script: raw(hello.trimEnd()), expect: heard },
  { name: 'last-unterminated', what: 'the last content event has no blank line', script: raw((said('Hel') + said('lo 🙂', 'stop')).trimEnd()), expect: heard },
  { name: 'cut-event', what: 'the end inside an event', script: raw(`${said('Hello 🙂')}data: {"id":"c1","obj`), expect: { text: 'Hello 🙂', error: { class: 'model_crashed', cause: 'truncated' } } },
  { name: 'large-event', what: 'one event of 3 MB', script: raw(said('x'.repeat(3_000_000), 'stop') + done), expect: { text: 'x'.repeat(3_000_000), finish: 'stop' } },
  { name: 'too-large-event', what: 'one event of more than 8 MiB', script: raw(said('Hi') + said('x'.repeat(9_000_000), 'stop') + done), expect: { text: 'Hi', error: { class: 'model_error', cause: 'event_too_large' } } },
  { name: 'one-malformed', what: 'one malformed event among good ones', script: raw(`${said('Hel')}data: {"choices":[{"delta\n\n${said('lo 🙂', 'stop')}${done}`), expect: heard },
  {
    name: 'three-malformed',
    what: 'three malformed events',
    script: raw(`${said('Hi')}data: {no\n\ndata: oops\n\ndata: [1,\n\n${said(' ghost', 'stop')}${done}`),
    expect: { text: 'Hi', error: { class: 'model_error', cause: 'malformed_stream' } },
  },
  {
    name: 'gzip',
    what: 'a compressed stream that was not asked for',
    script: { headers: { 'content-encoding': 'gzip' }, steps: [{ base64: gzipSync(hello).toString('base64') }] },
    expect: heard,
  },
  { name: 'mislabelled', what: 'a stream labelled application/json', script: raw(hello, { headers: { 'content-type': 'application/json' } }), expect: heard },
  { name: 'ghost', what: 'events after [DONE]', script: raw(hello + said(' ghost')), expect: heard },
  { name: 'lingering', what: 'the socket stays open after [DONE]', script: { steps: [{ raw: hello }, { hang: true }] }, expect: heard },
];
