import { describe, expect, it } from 'vitest';
import { isInstalled } from '../../scripts/setup/dependencies.mjs';

const lock = {
  '': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/native-other': { version: '1.0.0', integrity: 'sha512-n', optional: true },
};

describe('isInstalled', () => {
  it('is content when all is there and an optional package of another platform is not', () => {
    expect(isInstalled(lock, { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } })).toBe(true);
  });

  it('wants an install when nothing, something else or other bytes are there', () => {
    expect(isInstalled(lock, undefined)).toBe(false);
    expect(isInstalled(lock, {})).toBe(false);
    expect(isInstalled(lock, { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } })).toBe(false);
    expect(isInstalled(lock, { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-b' } })).toBe(false);
  });
});
