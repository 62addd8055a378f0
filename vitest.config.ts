import { configDefaults, defineConfig } from 'vitest/config';

const EXTENDED = 'test/**/*.extended.test.ts';

const { CI } = process.env;

// Tests run real processes and sockets: on a busy machine they are slow, not wrong.
// CI shares its machine with other work, so a failed test runs once more there, and the report lists it as retried.
const common = {
  testTimeout: 30_000,
  hookTimeout: 30_000,
  pool: 'forks',
  retry: CI === undefined ? 0 : 1,
} as const;

export default defineConfig({
  test: {
    // A worker waits for disks and sockets most of the time, so two cores take two.
    maxWorkers: 2,
    globalSetup: ['test/support/shared-folder.ts'],
    projects: [
      {
        test: {
          ...common,
          name: 'standard',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, EXTENDED],
        },
      },
      { test: { ...common, name: 'extended', include: [EXTENDED] } },
    ],
  },
});
