'use strict';
// dist/server.js: every Node of ten years can parse this file, and one that is too old for the gateway says which it needs instead of a trace.
const least = [22, 19];
const version = process.versions.node;
const parts = version.split('.');
const major = Number(parts[0]);

if (major > least[0] || (major === least[0] && Number(parts[1]) >= least[1])) {
  // Found beside this file only once both are in dist/.
  require(__dirname + '/serverMain.js');
} else {
  const message = 'Logos needs Node 22.19 or newer, and ' + process.execPath + ' is Node ' + version + '.';
  const hint = 'Install Node 24, or start this with the one that `npm start` has installed below ~/.cache/logos-node.';
  process.exitCode = 1;
  if (process.argv[2] === '--ensure') {
    // Whoever asks so reads one line of JSON.
    process.stdout.write(JSON.stringify({ error: { class: 'internal', message: message, cause: 'node_too_old', hint: hint, retryable: false } }) + '\n');
  } else {
    process.stderr.write(message + ' ' + hint + '\n');
  }
}
