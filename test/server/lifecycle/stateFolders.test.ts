import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { stateFolder as ofExtension } from '../../../extension/server/stateFolder.ts';
import { stateFolder as ofScripts } from '../../../scripts/paths.mjs';
import { chooseHome } from '../../../server/lifecycle/statePaths.ts';

describe('the state directory', () => {
  it.each([
    {},
    { LOGOS_HOME: '/somewhere/else' },
    { LOGOS_HOME: 'below/here' },
    { LOGOS_HOME: '', XDG_STATE_HOME: '/state' },
    { XDG_STATE_HOME: 'not/absolute' },
    { XDG_STATE_HOME: '' },
  ])('is the same for the gateway, the extension and the scripts with %j', (environment) => {
    const home = chooseHome({ environment, platform: process.platform, userHome: os.homedir() });
    expect(ofExtension(undefined, environment)).toBe(home);
    expect(ofScripts(environment)).toBe(home);
  });
});
