import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CompletedMove } from '../../packages/server/src/databases.ts';
import { countTables, differingTables, fillDatabase } from '../support/filled-database.ts';
import { postgres, startPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { type BellwireProcess, runBellwire } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment move`.
const ROWS = Number(process.env['MOVE_ROWS'] ?? 20_000);
const KILLS = Number(process.env['MOVE_KILLS'] ?? 5);
const SEED = Number(process.env['MOVE_SEED'] ?? Date.now() % 100_000);
const EXIT_MS = 30_000 + ROWS;
/** Notes of the command, one for a moment in each part of its work. */
const MOMENTS = [
  /Copying bellwire_hooks/,
  /Copying bellwire_events/,
  /Copying bellwire_deliveries/,
  /Copying bellwire_attempts/,
  /Copying bellwire_audit/,
  /Comparing/,
] as const;
const LONGEST_WORK_MS = 30 + ROWS / 200;
const KEYS = `k1:${Buffer.alloc(32, 5).toString('base64')}`;

const migrate = (
  folder: TemporaryFolder,
  [from, to]: readonly [string, string],
  ...more: readonly string[]
) =>
  runBellwire({
    folder: folder.path,
    args: ['migrate', '--from', from, '--to', to, ...more],
    env: { BELLWIRE_ENCRYPTION_KEYS: KEYS },
  });

const endOf = async (command: BellwireProcess) => ({
  ...(await command.endsWithin(EXIT_MS)),
  stderr: command.stderr(),
});

/** Kills the command at moments of its work, then lets it end. Returns its report. */
const moveWithKills = async (
  folder: TemporaryFolder,
  urls: readonly [string, string],
  roll: () => number,
) => {
  let killed = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    await using command = migrate(folder, urls);
    const moment = MOMENTS[Math.floor(((kill + roll()) / KILLS) * MOMENTS.length)];
    // A later run begins after the part of an earlier one, so the moment may have passed.
    await Promise.race([command.says(moment ?? /./, 'stderr'), command.says(/Comparing/, 'stderr')]);
    await delay(roll() * LONGEST_WORK_MS);
    command.kill('SIGKILL');
    if ((await command.endsWithin(EXIT_MS)).signal === 'SIGKILL') killed += 1;
  }
  await using last = migrate(folder, urls, '--json');
  expect(await endOf(last)).toEqual({ code: 0, signal: null, stderr: '' });
  return { killed, report: JSON.parse(last.stdout()) as CompletedMove };
};

test.skipIf('missing' in postgres)(
  `a database of ${ROWS} rows moves to PostgreSQL and back without a change, although each move is killed ${KILLS} times (MOVE_SEED=${SEED})${skipReason(postgres)}`,
  { timeout: 120_000 + ROWS },
  async () => {
    const random = createSeededRandom(SEED);
    const roll = () => random.roll();
    await using folder = await createTemporaryFolder();
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    const [first, second] = [folder.file('first.db'), folder.file('back/second.db')];
    await fillDatabase(first, ROWS, KEYS);
    const rows = countTables(first);

    const there = await moveWithKills(folder, [`file:${first}`, database.url], roll);
    const back = await moveWithKills(folder, [database.url, `file:${second}`], roll);

    for (const { killed, report } of [there, back]) {
      expect(killed).toBeGreaterThanOrEqual(KILLS - 1);
      expect(report.began).toBe('resumed');
      expect(Object.fromEntries(report.tables.map((one) => [one.table, one.rows]))).toEqual(rows);
    }
    expect(back.report.tables).toEqual(there.report.tables);
    expect(differingTables(first, second)).toEqual([]);
  },
);
