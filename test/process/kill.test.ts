import { copyFileSync, existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type CountingReceiver, deliveryKey, startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, lostOf, overlappingHooks, typesOf, untilDrained } from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { processesIn } from '../support/processes-in.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { databaseOf, type ServerProcess, startServer } from '../support/server-process.ts';
import { openBeside, storage } from '../support/storage.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment D1`.
const KILLS = Number(process.env['CRASH_KILLS'] ?? 3);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 100_000);
const EVENTS_PER_SECOND = 500;
const LONGEST_LIFE_MS = 1_500;
/** The default of `hook_concurrency`: what one hook can have received that is not yet recorded. */
const SLOTS_OF_A_HOOK = 8;
const MAX_FAILURES = 2;
const EXIT_MS = 20_000;

const subscriptions = overlappingHooks(20);
const isFlaky = (hook: string): boolean => Number(hook.slice(1)) % 4 === 0;

/** Every fourth hook fails a delivery up to twice, or answers slowly. */
const startFlakyReceiver = (roll: () => number): Promise<CountingReceiver> => {
  const failures = new Map<string, number>();
  return startCountingReceiver((hook, event_id) => {
    const key = `${hook} ${event_id}`;
    const failed = failures.get(key) ?? 0;
    const kind = roll();
    if (!isFlaky(hook) || kind > 0.5) return { status: 200 };
    if (kind > 0.3 || failed === MAX_FAILURES) return { status: 200, delay_ms: 100 };
    failures.set(key, failed + 1);
    return { status: 500 };
  });
};

/** Checks a copy of the files of the dead process with SQLite's integrity check. The server of PostgreSQL lives on. */
const integrityOf = (folder: TemporaryFolder, nth: number): unknown => {
  if (storage === 'PostgreSQL') return 'ok';
  const copy = folder.file(`after-kill-${nth}.db`);
  for (const suffix of ['', '-wal']) {
    const original = folder.file(`.bellwire/bellwire.db${suffix}`);
    if (existsSync(original)) copyFileSync(original, copy + suffix);
  }
  const database = new Database(copy);
  try {
    return database.pragma('integrity_check', { simple: true });
  } finally {
    database.close();
  }
};

interface Attempt {
  readonly hook_id: string;
  readonly event_id: string;
  readonly outcome: string;
  readonly started_at: number;
  readonly next_started_at: number | null;
}

const attemptsIn = async (database_url: string): Promise<readonly Attempt[]> => {
  await using beside = openBeside(database_url);
  const { rows } = await sql<Attempt>`
    select a.hook_id, d.event_id, a.outcome, a.started_at, n.started_at as next_started_at
    from bellwire_attempts a
    join bellwire_deliveries d on d.id = a.delivery_id
    left join bellwire_attempts n on n.delivery_id = a.delivery_id and n.number = a.number + 1
    order by a.delivery_id, a.number`.execute(beside.db);
  return rows;
};

/** A reception that was answered with 2xx and repeated nevertheless. */
interface Repeated {
  readonly hook: string;
  /** The start of its attempt if that is recorded as interrupted, or else null. */
  readonly interrupted_at: number | null;
}

/** Finds the recorded attempt of each repeated reception. */
const explainDuplicates = (
  receiver: CountingReceiver,
  hook_ids: ReadonlyMap<string, string>,
  attempts: readonly Attempt[],
): readonly Repeated[] => {
  const byDelivery = Map.groupBy(attempts, ({ event_id, hook_id }) => deliveryKey(event_id, hook_id));
  return [...receiver.duplicates().values()].flatMap((receptions) =>
    receptions.slice(0, -1).map(({ event_id, hook, at }) => {
      const own = byDelivery.get(deliveryKey(event_id, hook_ids.get(hook)!)) ?? [];
      const attempt = own.findLast(({ started_at }) => started_at <= at);
      return { hook, interrupted_at: attempt?.outcome === 'interrupted' ? attempt.started_at : null };
    }),
  );
};

const killRepeatedly = async (folder: TemporaryFolder) => {
  const { roll } = createSeededRandom(SEED);
  await using receiver = await startFlakyReceiver(roll);
  let server: ServerProcess | null = null;
  await using load = startEventLoad({
    url: () => server?.url ?? null,
    per_second: EVENTS_PER_SECOND,
    types: typesOf(subscriptions),
  });
  const options = { folder: folder.path, env: { BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,2s,2s' } };
  const kills: number[] = [];
  const integrity: unknown[] = [];
  let hook_ids: ReadonlyMap<string, string> = new Map();

  for (let nth = 0; nth < KILLS; nth += 1) {
    await using victim = await startServer(options);
    if (nth === 0) hook_ids = await createHooks(victim, receiver, subscriptions);
    server = victim;
    await new Promise((resolve) => setTimeout(resolve, roll() * LONGEST_LIFE_MS));
    server = null;
    victim.kill('SIGKILL');
    await victim.endsWithin(EXIT_MS);
    kills.push(Date.now());
    integrity.push(integrityOf(folder, nth));
  }
  await load.stop();
  await using last = await startServer(options);
  await untilDrained(last);
  last.kill('SIGTERM');
  expect(await last.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });
  const attempts = await attemptsIn(await databaseOf(folder.path));
  const duplicates = explainDuplicates(receiver, hook_ids, attempts);
  const interruptions = attempts.filter(({ outcome }) => outcome === 'interrupted');
  return { load, receiver, kills, integrity, duplicates, interruptions };
};

/** The maximum number of duplicates of one hook for one kill. */
const maxAtOnce = (duplicates: readonly Repeated[], kills: readonly number[]): number => {
  const ofKill = ({ hook, interrupted_at }: Repeated): string =>
    `${hook} ${kills.findIndex((kill) => kill >= (interrupted_at ?? 0))}`;
  const groups = Map.groupBy(duplicates, ofKill);
  return Math.max(0, ...[...groups.values()].map(({ length }) => length));
};

test(
  `kill -9, ${KILLS} times under load: no acknowledged event is lost, every duplicate is explained`,
  { timeout: 180_000 + KILLS * 8_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    const { load, receiver, kills, integrity, duplicates, interruptions } = await killRepeatedly(folder);
    const lost = lostOf(load.acked, receiver, subscriptions);
    const unexplained = duplicates.filter(({ interrupted_at }) => interrupted_at === null);
    console.log(
      `kill -9: seed ${SEED}, ${KILLS} kills, ${load.sent()} sent, ${load.acked.length} acked, ` +
        `${receiver.receptions.length} requests received, ${lost.length} lost, ${duplicates.length} duplicates ` +
        `(at most ${maxAtOnce(duplicates, kills)} per hook and kill), ${unexplained.length} unexplained, ${interruptions.length} interrupted`,
    );

    // Without these the rest would hold for a server that does nothing.
    expect(load.acked.length).toBeGreaterThan(KILLS * 5);
    expect(interruptions.length).toBeGreaterThan(0);

    expect(lost).toEqual([]);
    expect(integrity).toEqual(kills.map(() => 'ok'));

    const acked_ids = new Map(load.acked.map(({ n, event_id }) => [n, event_id]));
    const ids = new Map<number, string>();
    const strangers = receiver.receptions.filter(({ n, event_id, hook }) => {
      const id = acked_ids.get(n) ?? ids.get(n) ?? event_id;
      ids.set(n, id);
      const type = typesOf(subscriptions)[n % subscriptions.size]!;
      return n < 1 || n > load.sent() || id !== event_id || !subscriptions.get(hook)?.includes(type);
    });
    expect(strangers).toEqual([]);

    expect(unexplained).toEqual([]);
    expect(maxAtOnce(duplicates, kills)).toBeLessThanOrEqual(SLOTS_OF_A_HOOK);
    const straddlesNoKill = interruptions.filter(
      ({ started_at, next_started_at }) =>
        !kills.some((kill) => started_at <= kill && (next_started_at === null || kill <= next_started_at)),
    );
    expect(straddlesNoKill).toEqual([]);
    expect(processesIn(folder.path)).toEqual([]);
  },
);
