import fs from 'node:fs';
import { installSystemPackages } from './systemPackages.mjs';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The path of a Chromium for the tests (CHROMIUM says which), or undefined. */
export function findBrowser() {
  const wanted = process.env.CHROMIUM ? [process.env.CHROMIUM] : places;
  return wanted.find((file) => fs.existsSync(file));
}

/** Installs Chromium for the end-to-end tests when none is there, and answers its path. */
export async function ensureBrowser() {
  if (!findBrowser()) {
    await installSystemPackages({
      step: 'browser',
      why: 'the end-to-end tests drive Chromium and none is installed',
      names: { default: ['chromium'], 'apt-get': ['chromium'] },
    });
  }
  const file = findBrowser();
  if (!file) throw new Error('Chromium was installed but not found; set CHROMIUM to the path of its program.');
  return file;
}
