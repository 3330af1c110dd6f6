// `npm run check`, the quick loop: types, lint, dependency rules, walls, the protocol document, unit tests.
import fs from 'node:fs';
import path from 'node:path';
import { inParallel, root, run, say } from './run.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';

/** The folders with a tsconfig.json of their own, and '.' for the tools. */
const typed = ['server/protocol', 'server', 'docker', 'extension', 'webviews', 'test', '.'];
const product = ['server', 'extension', 'webviews', 'docker'];

const bin = (name) => path.join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

/** Whether a folder has a TypeScript file; `tsc` calls an empty folder an error. */
function hasSources(folder) {
  if (folder === '.') return true;
  return fs.readdirSync(path.join(root, folder), { recursive: true }).some((name) => String(name).endsWith('.ts'));
}

async function checkRules() {
  const args = ['--config', '.dependency-cruiser.cjs', ...product.filter(hasSources)];
  const answer = await run(bin('depcruise'), args);
  // With a TypeScript that it does not know, the tool reads nothing and is content: that is a failure here.
  const modules = Number(/([0-9]+) modules/.exec(answer.output)?.[1] ?? 0);
  return modules > 0 ? answer : { code: 1, output: `${answer.output}\nno module was read, so no rule was checked` };
}

const script = (file, ...args) => run(process.execPath, [path.join(root, 'scripts', file), ...args]);

/** The steps by name; the slow ones stand first. */
const steps = {
  unit: () => run(bin('vitest'), ['run', '--project', 'unit', '--reporter=dot', '--passWithNoTests']),
  lint: () => run(bin('oxlint'), ['--type-aware', ...product.filter(hasSources), 'scripts', 'test']),
  rules: checkRules,
  ...Object.fromEntries(typed.filter(hasSources).map((folder) => [`types ${folder}`, () => run(bin('tsc'), ['-p', folder])])),
  walls: () => script('walls.mjs'),
  protocol: () => script('protocol.mjs', '--check'),
};

/**
 * Runs the steps two at a time and prints a line for each.
 * @param {{without?: string[]}} options names of steps that are left out
 * @returns {Promise<string[]>} the names of the failed steps
 */
export async function check({ without = [] } = {}) {
  await (await import('./setup/bundle.mjs')).ensureBuild();
  const failed = [];
  const tasks = Object.entries(steps).filter(([name]) => !without.includes(name));
  await inParallel(
    tasks.map(([name, step]) => async () => {
      const startedAt = Date.now();
      const { code, output } = await step().catch((error) => ({ code: 1, output: error.message }));
      say('check', `${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${Date.now() - startedAt} ms)`);
      if (code === 0) return;
      failed.push(name);
      process.stderr.write(`${output.trim()}\n`);
    }),
    2,
  );
  return failed;
}

if (process.argv[1] === import.meta.filename) {
  try {
    await ensureDependencies();
    const failed = await check();
    say('check', failed.length === 0 ? 'all steps passed' : `failed: ${failed.join(', ')}`);
    process.exitCode = failed.length === 0 ? 0 : 1;
  } catch (error) {
    say('check', error.message);
    process.exitCode = 1;
  }
}
