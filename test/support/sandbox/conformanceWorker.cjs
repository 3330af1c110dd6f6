// A worker for the engine suite: prints what it was told to print, and does what the line says.
'use strict';
process.stdin.once('data', (bytes) => {
  const { act } = JSON.parse(String(bytes));
  if (act === 'echo') process.stdout.write(`${JSON.stringify({ home: process.env.HOME, cwd: process.cwd(), args: process.argv.length })}\n`, () => process.exit(3));
  if (act === 'keep') {
    require('fs').writeFileSync('kept.txt', 'kept');
    process.stdout.write('written\n', () => process.exit(0));
  }
  if (act === 'read') process.stdout.write(`${require('fs').readFileSync('kept.txt', 'utf8')}\n`, () => process.exit(0));
  if (act === 'wait') {
    process.on('SIGTERM', () => process.exit(0));
    process.stdin.on('end', () => process.stdout.write('input ended\n', () => process.exit(0)));
    process.stdout.write('waiting\n');
  }
  if (act === 'stay') {
    process.on('SIGTERM', () => undefined);
    setInterval(() => undefined, 1000);
    process.stdout.write('staying\n');
  }
});
