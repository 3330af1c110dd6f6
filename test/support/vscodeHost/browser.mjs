// Chromium for the tests: headless, and closed to everything but loopback.
import { chromium } from 'playwright-core';
import { findBrowser } from '../../../scripts/setup/browser.mjs';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/**
 * Launches the browser.
 * @param {import('playwright-core').LaunchOptions} options
 * @returns {Promise<import('playwright-core').Browser>}
 */
export async function launchBrowser(options = {}) {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('No Chromium was found; run `node scripts/node24.cjs scripts/setup.mjs browser`.');
  return chromium.launch({ headless: true, ...options, executablePath, args: [...flags, ...(options.args ?? [])] });
}
