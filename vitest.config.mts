import { defineConfig } from 'vitest/config';

/** The suites. Names match the folders below `test/`; e2e runs apart, one file after another. */
const suites = {
  unit: ['test/{server,webviews,extension,docker,scripts}/**/*.test.ts'],
  contract: ['test/contracts/**/*.test.ts'],
  conformance: ['test/conformance/**/*.test.ts'],
  security: ['test/security/**/*.test.ts'],
  fault: ['test/faults/**/*.test.ts'],
  e2e: ['test/e2e/**/*.test.ts'],
};

const realProcesses = { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false };

export default defineConfig({
  test: {
    projects: Object.entries(suites).map(([name, include]) => ({
      test: {
        name,
        include,
        environment: 'node',
        pool: 'forks',
        // What is waited for comes late on a busy machine; a second, the default, is a clock.
        expect: { poll: { timeout: 10_000 } },
        // Sources run as they are under Node; it would remark on each of them that package.json names no module type.
        env: { NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON' },
        ...(name === 'unit' ? { testTimeout: 15_000, maxWorkers: '100%' } : realProcesses),
        ...(name === 'e2e' || name === 'fault' ? { testTimeout: 300_000, hookTimeout: 180_000 } : {}),
      },
    })),
  },
});
