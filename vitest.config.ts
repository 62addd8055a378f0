import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/shared-folder.ts'],
    // Real processes and sockets: a machine that is busy with other things is slow, not wrong.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
  },
});
