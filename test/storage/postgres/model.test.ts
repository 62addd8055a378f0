import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openEmptiedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { asComparable, readEverything } from '../../support/store-contents.ts';
import { StoreSide } from '../../support/store-side.ts';
import { anyStoreStep, type StoreStep } from '../../support/store-steps.ts';
import { openPostgresStore, openTestStore } from '../../support/test-store.ts';
import { VIRTUAL_START } from '../../support/virtual-clock.ts';

/** The full form is `pnpm experiment P9`. */
const RUNS = Number(process.env['MODEL_HISTORIES'] ?? 40);

let shared: ReturnType<typeof openEmptiedPostgres> | null = null;
const counts = new Map<string, number>();

/** Events that have become old since a walk of the retention passed them may wait until the next one begins. */
const WALK_MS = 60_000;

/** Every command has its own millisecond. */
const durationOf = (step: StoreStep): number =>
  1 + (step.kind === 'advance' ? step.ms : step.kind.startsWith('prune') ? WALK_MS : 0);

/** Runs a history on both databases, with the same ids and times, and compares each answer. */
const compare = async (seed: number, steps: readonly StoreStep[]): Promise<void> => {
  shared ??= openEmptiedPostgres();
  const { url, clear } = await shared;
  const clock = { now: VIRTUAL_START };
  const options = { seed, now: () => clock.now };
  await using sqlite = await openTestStore(options);
  await using opened = openPostgresStore(url, options);
  try {
    const sides = [sqlite, opened].map((store) => new StoreSide(store, options.now));
    for (const side of sides) await side.begin();
    for (const [index, step] of steps.entries()) {
      clock.now += durationOf(step);
      // A transaction without its partition runs again, with other ids.
      await opened.database.days.createAhead(clock.now);
      const [expected, found] = [await sides[0]!.run(step), await sides[1]!.run(step)];
      const at = `step ${index + 1}, ${step.kind}`;
      expect(asComparable(found.result), at).toEqual(asComparable(expected.result));
      // PostgreSQL also reports hooks that it reads again, because another node may have changed them.
      for (const [hook, throttle] of expected.throttles) {
        expect(found.throttles.get(hook), `${at}, the throttle of ${hook}`).toEqual(throttle);
      }
    }
    const [expected, found] = [await readEverything(sqlite), await readEverything(opened)].map(asComparable);
    expect(found, 'the contents at the end').toEqual(expected);
    for (const [name, rows] of Object.entries(await readEverything(sqlite))) {
      const kind = name.replace(/ of .*/, '');
      counts.set(kind, (counts.get(kind) ?? 0) + rows.length);
    }
  } finally {
    await clear();
  }
};

describe.skipIf('missing' in postgres)(`on a server${skipReason(postgres)}`, () => {
  it(
    'after any history, PostgreSQL gives the answers of SQLite and has its contents',
    { timeout: 120_000 + RUNS * 2_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.array(anyStoreStep, { minLength: 10, maxLength: 40 }), compare),
        { numRuns: RUNS, seed: 20_260_109 },
      );
      console.log(`P9: ${RUNS} histories, rows ${JSON.stringify(Object.fromEntries(counts))}`);
    },
  );

  afterAll(async () => {
    await (await shared)?.[Symbol.asyncDispose]();
  });
});
