// Prepares this machine: `node scripts/node24.cjs scripts/setup.mjs [all]`. Each step does nothing when its work is done.
import { ensureBrowser } from './setup/browser.mjs';
import { ensureBubblewrap } from './setup/bubblewrap.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEmbeddedModel } from './setup/embeddedModel.mjs';
import { say } from './run.mjs';

const steps = {
  dependencies: ensureDependencies,
  build: async () => (await import('./setup/bundle.mjs')).ensureBuild(),
  bubblewrap: ensureBubblewrap,
  browser: ensureBrowser,
  host: async () => (await import('./vscodeHost/install.mjs')).ensureVsCodeHost(),
  model: () => ensureEmbeddedModel(),
};

const wanted = process.argv.slice(2);
try {
  for (const name of wanted.length > 0 && wanted[0] !== 'all' ? wanted : Object.keys(steps)) {
    const step = steps[name];
    if (!step) throw new Error(`there is no step ${name}; the steps are ${Object.keys(steps).join(', ')}`);
    const answer = await step();
    if (answer) say(name, typeof answer === 'string' ? answer : JSON.stringify(answer));
  }
} catch (error) {
  say('set-up', error.message);
  process.exitCode = 1;
}
