// `npm run bench [-- name ...]`: runs every test/bench/*.bench.{mjs,ts}, one after another, prints one table and writes
// artifacts/bench.json. A bench prints JSON rows on stdout, one a line: {name, goal, figure, ok, floor?, note?}.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root, run, say } from './run.mjs';
import { ensureBubblewrap } from './setup/bubblewrap.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';

const folder = path.join(root, 'test', 'bench');

function benches() {
  const wanted = process.argv.slice(2);
  if (!fs.existsSync(folder)) return [];
  const files = fs.readdirSync(folder).filter((name) => /\.bench\.(mjs|ts)$/.test(name)).sort();
  return files.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
}

/** The rows in a bench's output; other lines are its own talk. */
function parseRows(output) {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      const row = JSON.parse(line);
      return typeof row.name === 'string' && 'figure' in row ? [row] : [];
    } catch {
      return [];
    }
  });
}

async function runBench(file) {
  say('bench', file);
  const { code, output } = await run(process.execPath, ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', path.join(folder, file)]);
  const rows = parseRows(output);
  if (code !== 0 || rows.length === 0) {
    process.stderr.write(`${output.slice(-3000)}\n`);
    rows.push({ name: file, goal: 'runs', figure: `ended with code ${code} and ${rows.length} rows`, ok: false });
  }
  return rows;
}

function printTable(rows) {
  const columns = ['name', 'goal', 'figure', 'floor', 'verdict', 'note'];
  const cells = rows.map((row) => columns.map((key) => String((key === 'verdict' ? (row.ok ? 'ok' : 'MISSED') : row[key]) ?? '')));
  const widths = columns.map((name, index) => Math.max(name.length, ...cells.map((row) => row[index].length)));
  const print = (row) => console.log(`| ${row.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`);
  print(columns);
  print(widths.map((width) => '-'.repeat(width)));
  cells.forEach(print);
}

try {
  await ensureDependencies();
  await ensureBubblewrap();
  await (await import('./setup/bundle.mjs')).ensureBuild();
  const rows = [];
  for (const file of benches()) rows.push(...(await runBench(file)));
  if (rows.length === 0) throw new Error('no bench was found below test/bench');
  printTable(rows);
  const machine = { cpus: os.cpus().length, model: os.cpus()[0]?.model, memoryBytes: os.totalmem(), node: process.version, platform: process.platform };
  fs.mkdirSync(path.join(root, 'artifacts'), { recursive: true });
  fs.writeFileSync(path.join(root, 'artifacts', 'bench.json'), `${JSON.stringify({ at: Date.now(), machine, rows }, null, 2)}\n`);
  if (rows.some((row) => !row.ok)) process.exitCode = 1;
} catch (error) {
  say('bench', error.message);
  process.exitCode = 1;
}
