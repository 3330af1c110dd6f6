// A worker for tests: its task is one line, the JSON text of a JavaScript body; it answers one line, what that body gave.
'use strict';
const source = [];
process.stdin.on('data', function take(chunk) {
  source.push(chunk);
  const text = Buffer.concat(source).toString('utf8');
  if (!text.includes('\n')) return;
  process.stdin.removeListener('data', take);
  const body = JSON.parse(text.slice(0, text.indexOf('\n')));
  const run = new (Object.getPrototypeOf(async () => {}).constructor)('require', 'say', body);
  const say = (line) => process.stdout.write(`${JSON.stringify({ said: line })}\n`);
  const end = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
  run(require, say).then((value) => end({ value: value ?? null }), (error) => end({ error: error.code || String(error.message) }));
});
