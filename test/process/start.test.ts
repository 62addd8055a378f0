import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const RECORDER = fileURLToPath(new URL('../support/record-loads.mjs', import.meta.url));

/** Parts of the URLs of modules that a start does not need. Each costs milliseconds and megabytes. */
const LATER = [
  'node_modules/ajv/',
  'node_modules/json-schema-faker/',
  'node_modules/@opentelemetry/',
  'node_modules/pg/',
  'node_modules/pino-pretty/',
  'node_modules/undici/',
  'cli/src/commands/',
  'server/src/storage/move/move-database',
  'server/src/storage/postgres/store',
];

/** Of the first start of a new database. Each module takes about a third of a millisecond. */
const MODULES_MAX = 960;

/** The modules and workers from the start of a server until it is ready. */
const loadsOf = async (folder: TemporaryFolder, name: string) => {
  const file = folder.file(name);
  await using _server = await startServer({
    folder: folder.path,
    node_args: ['--import', RECORDER],
    env: { LOADS_FILE: file },
  });
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const urlsOf = (kind: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${kind} file:`)).map((line) => line.slice(kind.length + 1));
  return { modules: urlsOf('module'), workers: lines.filter((line) => line.startsWith('worker')) };
};

const countMigrations = (urls: readonly string[]): number =>
  urls.filter((url) => url.includes('0001-foundation')).length;

it('the program begins in JavaScript, so that Node does not load its TypeScript compiler', () => {
  const { bin } = JSON.parse(
    readFileSync(new URL('../../packages/cli/package.json', import.meta.url), 'utf8'),
  );
  expect(bin).toEqual({ bellwire: './src/main.js' });
});

it('a start loads nothing that is used later, and starts no threads', async () => {
  await using folder = await createTemporaryFolder();
  const first = await loadsOf(folder, 'first.txt');
  const second = await loadsOf(folder, 'second.txt');
  for (const { modules, workers } of [first, second]) {
    expect(LATER.filter((part) => modules.some((url) => url.includes(part)))).toEqual([]);
    expect(workers).toEqual([]);
  }
  expect(first.modules.length).toBeLessThan(MODULES_MAX);
  expect(countMigrations(first.modules)).toBe(1);
  // The tables exist.
  expect(countMigrations(second.modules)).toBe(0);
  expect(second.modules.length).toBeGreaterThan(300);
});
