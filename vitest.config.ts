import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { postgres } from './test/support/postgres-server.ts';

const EXTENDED = 'test/**/*.extended.test.ts';

/** The tests of servers and deliveries. Those of `test/storage` and of nodes choose their databases themselves. */
const SUITES = [
  'test/{admin,cli,client,delivery,dialects,http,rpc}/**/*.test.ts',
  'test/browser/**/*.test.ts',
  'test/process/{breaker,endless-bodies,erasure,hostile-schemas,kill,killed-attempt}.test.ts',
  'test/process/{many-connections,ordered-kill,outage,proxy,receivers,recovery,silent-zone}.test.ts',
  'test/process/{stop,stream}.test.ts',
];

/** Those of them that are part of the standard tests: half a minute. */
const SHORT_SUITES = ['test/http/{openapi-answers,operations,system}.test.ts', 'test/rpc/library.test.ts'];

if ('missing' in postgres) process.stderr.write(`No tests on PostgreSQL: ${postgres.missing}.\n`);

const { CI } = process.env;

// Tests run real processes and sockets: on a busy machine they are slow, not wrong.
// CI shares its machine with other work, so a failed test runs once more there, and the report lists it as retried.
const common = {
  testTimeout: 30_000,
  hookTimeout: 30_000,
  pool: 'forks',
  // Files share processes, because to import the server for each of them took a third of the time. So a test leaves no
  // state in a module behind, as it leaves no process and no file.
  isolate: false,
  retry: CI === undefined ? 0 : 1,
} as const;

/** The same files, except that their databases are those of one PostgreSQL. */
const onPostgres = {
  ...common,
  // Each file has a database of its own, which is emptied with its process.
  isolate: true,
  // A statement is a round trip to the server.
  testTimeout: 120_000,
  globalSetup: ['test/support/shared-postgres.ts'],
  setupFiles: ['test/support/own-folder.ts'],
};

const onServer = (suites: readonly string[]): string[] => ('missing' in postgres ? [] : [...suites]);

/** Files that take more than a minute: one that began last would run alone at the end. */
const LONG = /\/(?:follow-readme|own-tests|pages|hostile|speed|every-dialect)\.extended/;

const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId);

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = files.filter((file) => !isLong(file));
    // oxlint-disable-next-line unicorn/no-array-sort -- the method of the sequencer.
    return [...files.filter(isLong), ...(await super.sort(others))];
  }
}

export default defineConfig({
  test: {
    // A worker waits for disks, sockets and other processes most of the time, so two cores take three.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
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
      { test: { ...onPostgres, name: 'postgres-short', include: onServer(SHORT_SUITES) } },
      {
        test: {
          ...onPostgres,
          name: 'postgres',
          include: onServer(SUITES),
          exclude: [...configDefaults.exclude, ...SHORT_SUITES],
        },
      },
    ],
  },
});
