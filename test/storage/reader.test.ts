import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import DatabaseConstructor from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { expect, it } from 'vitest';
import { systemClock } from '../../packages/server/src/clock.ts';
import { BellwireError } from '../../packages/server/src/core/errors.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';
import { createReader } from '../../packages/server/src/storage/sqlite/reader.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer, until } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { openTestStoreInFile } from '../support/test-store.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { createKit } from './conformance/kit.ts';

const run = promisify(execFile);

/** READER_ROUNDS runs the long form of the tests that repeat a write and a read. */
const ROUNDS = Number(process.env['READER_ROUNDS'] ?? 20);

/** Collects the workers that this thread starts: `started` in order, `alive` without those that have ended. */
const watchWorkers = () => {
  const started: Worker[] = [];
  const alive = new Set<Worker>();
  const watch = (worker: Worker): void => {
    started.push(worker);
    alive.add(worker);
    worker.once('exit', () => alive.delete(worker));
  };
  process.on('worker', watch);
  return { started, alive, stop: () => void process.off('worker', watch) };
};

const untilEnded = (alive: ReadonlySet<Worker>, ...workers: readonly (Worker | undefined)[]) =>
  until(
    () => Promise.resolve(workers.some((worker) => worker !== undefined && alive.has(worker))),
    (has_alive) => !has_alive,
  );

/** Whether a promise has settled. */
const track = (promise: Promise<unknown>) => {
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  promise.then(end, end);
  return state;
};

/** A store in a file, and a reader of that file with a virtual clock. */
const openPair = async () => {
  const opened = await openTestStoreInFile();
  const { path } = opened;
  const clock = createVirtualClock();
  const workers = watchWorkers();
  const reader = createReader(path, { clock });
  const kit = createKit(opened);
  const { workspace_id } = await kit.pair();
  return {
    clock,
    reader,
    workers,
    path,
    writer: opened.database.db,
    accept: () => kit.stored(kit.event(workspace_id)),
    [Symbol.asyncDispose]: async () => {
      await reader.close();
      workers.stop();
      await opened[Symbol.asyncDispose]();
    },
  };
};

const countEvents = async (db: Kysely<Schema>): Promise<number> =>
  (await db.selectFrom('bellwire_events').select('id').execute()).length;

/** A read without a lock. Even `select 1` needs one, to read the schema. */
const readPragma = async (db: Kysely<Schema>) => (await sql`pragma query_only`.execute(db)).rows;

/**
 * A database that the test locks until `release`: a read of its table blocks within one call of SQLite, which cannot
 * be interrupted.
 */
const openLocked = async () => {
  const folder = await createTemporaryFolder();
  const path = folder.file('locked.db');
  const lock = new DatabaseConstructor(path);
  lock.exec('create table locked (id integer)');
  lock.exec('begin exclusive');
  const clock = createVirtualClock();
  const workers = watchWorkers();
  const reader = createReader(path, { clock });
  const release = (): void => {
    if (lock.inTransaction) lock.exec('commit');
  };
  return {
    clock,
    reader,
    workers,
    release,
    [Symbol.asyncDispose]: async () => {
      release();
      await reader.close();
      await untilEnded(workers.alive, ...workers.alive);
      workers.stop();
      lock.close();
      await folder[Symbol.asyncDispose]();
    },
  };
};

/** More measurements in a row than a worker that is not blocked is ever busy or unscheduled. */
const BLOCKED_MEASUREMENTS = 20;

/** Resolves when a worker has not returned to its event loop for many measurements: it is within SQLite. */
const untilBlocked = async (worker: Worker): Promise<void> => {
  let last = worker.performance.eventLoopUtilization();
  let busy = 0;
  const measure = (): number => {
    const now = worker.performance.eventLoopUtilization();
    const { utilization } = worker.performance.eventLoopUtilization(now, last);
    last = now;
    busy = utilization === 1 ? busy + 1 : 0;
    return busy;
  };
  await until(
    () => Promise.resolve(measure()),
    (count) => count >= BLOCKED_MEASUREMENTS,
  );
};

/** Starts a read that blocks, and resolves when it blocks. */
const startBlocked = async (locked: Awaited<ReturnType<typeof openLocked>>) => {
  const { db } = locked.reader;
  await sql`pragma busy_timeout = 600000`.execute(db);
  const settled = Promise.allSettled([sql`select * from locked`.execute(db)]);
  const worker = locked.workers.started.at(-1)!;
  await untilBlocked(worker);
  return { worker, outcome: async () => (await settled)[0] };
};

it('events are accepted while a read runs', async () => {
  await using pair = await openPair();
  expect(await countEvents(pair.reader.db)).toBe(0);
  const read = sql`
    with recursive counter(n) as (select 1 union all select n + 1 from counter where n < 2000000)
    select count(*) from counter`.execute(pair.reader.db);
  const state = track(read);
  let accepted = 0;
  for (; !state.ended; accepted += 1) {
    await pair.accept();
    // An accept awaits no I/O, so an answer of the worker needs a turn of the event loop.
    await pair.clock.settle();
  }
  await read;
  expect(accepted).toBeGreaterThan(10);
  expect(await countEvents(pair.reader.db)).toBe(accepted);
});

it('an overdue query does not block the next one', async () => {
  await using locked = await openLocked();
  const { reader, clock, workers } = locked;
  const { worker, outcome } = await startBlocked(locked);
  const queued = readPragma(reader.db);
  const state = track(queued);
  await clock.advance(9_999);
  expect(state.ended).toBe(false);

  await clock.advance(1);
  const overdue = await outcome();
  const message = expect.stringMatching(/10 s.*Narrow the filter/);
  expect(overdue).toMatchObject({ reason: { code: 'overloaded', status: 503, message } });
  expect(await queued).toEqual([{ query_only: 1 }]);
  expect(await readPragma(reader.db)).toEqual([{ query_only: 1 }]);
  expect(workers.started).toHaveLength(2);
  expect(workers.alive).toContain(worker);

  locked.release();
  await untilEnded(workers.alive, worker);
  expect(await readPragma(reader.db)).toEqual([{ query_only: 1 }]);
  expect(workers.started).toHaveLength(2);
  await reader.close();
});

it('the number of abandoned workers is bounded', async () => {
  await using locked = await openLocked();
  const { reader, clock, workers } = locked;
  const first = await startBlocked(locked);
  await clock.advance(10_000);
  const second = await startBlocked(locked);
  const queued = Promise.allSettled([readPragma(reader.db)]);
  await clock.advance(10_000);
  for (const { outcome } of [first, second])
    expect(await outcome()).toMatchObject({ reason: { code: 'overloaded' } });
  const refusal = { code: 'overloaded', status: 503, retry_after_s: 5 };
  expect(await queued).toMatchObject([{ reason: refusal }]);
  await expect(readPragma(reader.db)).rejects.toMatchObject(refusal);
  expect(workers.started).toEqual([first.worker, second.worker]);
  expect(workers.alive.size).toBe(2);
  expect(clock.nextTimer()).toBeNull();

  locked.release();
  await untilEnded(workers.alive, first.worker, second.worker);
  expect(await readPragma(reader.db)).toEqual([{ query_only: 1 }]);
  await reader.close();
});

it('a list sees every commit before its start', async () => {
  await using receiver = await startReceiver();
  await using server = await startServer({ started: false });
  await server.addHook(`${receiver.origin}/in`);
  for (let n = 0; n < ROUNDS; n += 1) {
    const { body: event } = await server.api('POST /v1/events', { type: `type.${n}`, data: {} });
    const events = await server.api('GET /v1/events?limit=1');
    expect(events.body.data.map(({ id }) => id)).toEqual([event.id]);
    const deliveries = await server.api(`GET /v1/deliveries?event_id=${event.id}`);
    expect(deliveries.body.data).toHaveLength(1);
  }
});

it('a read after a write to the same database sees that write', async () => {
  await using pair = await openPair();
  for (let n = 1; n <= ROUNDS; n += 1) {
    await pair.accept();
    expect(await countEvents(pair.reader.db)).toBe(n);
  }
});

it('the reader cannot write', async () => {
  await using pair = await openPair();
  const { reader, writer } = pair;
  await pair.accept();
  const attempts = [
    reader.db.deleteFrom('bellwire_events').execute(),
    reader.db.deleteFrom('bellwire_events').returning('id').execute(),
    reader.db.insertInto('bellwire_meta').values({ key: 'a', value: 'b' }).execute(),
    sql`begin`.execute(reader.db),
    sql`vacuum`.execute(reader.db),
    sql`pragma user_version = 7`.execute(reader.db),
    sql`create temp table mine (id integer)`.execute(reader.db),
  ];
  for (const attempt of attempts) await expect(attempt).rejects.toThrow(/read-only|readonly/);
  await expect(reader.db.transaction().execute(() => Promise.resolve())).rejects.toThrow(
    /reader does not support transactions/,
  );
  expect(await countEvents(writer)).toBe(1);
  expect(await countEvents(reader.db)).toBe(1);
  expect((await sql`pragma user_version`.execute(writer)).rows).toEqual([{ user_version: 0 }]);
});

it('the worker starts with the first read and ends when idle', async () => {
  await using pair = await openPair();
  const { reader, clock, workers } = pair;
  await pair.accept();
  expect(workers.started).toHaveLength(0);
  await countEvents(reader.db);
  const [worker] = workers.started;
  for (const _ of [1, 2]) {
    await clock.advance(59_999);
    await countEvents(reader.db);
  }
  expect(workers.started).toEqual([worker]);
  await clock.advance(60_000);
  await untilEnded(workers.alive, worker);
  expect(clock.nextTimer()).toBeNull();

  expect(await countEvents(reader.db)).toBe(1);
  expect(workers.started).toHaveLength(2);
});

it('an open reader does not keep its program alive', async () => {
  await using pair = await openPair();
  const reader_url = new URL('../../packages/server/src/storage/sqlite/reader.ts', import.meta.url);
  const clock_url = new URL('../../packages/server/src/clock.ts', import.meta.url);
  const program = `
    import { createReader } from '${reader_url.href}';
    import { systemClock } from '${clock_url.href}';
    const { db } = createReader(process.argv[1], { clock: systemClock });
    console.log((await db.selectFrom('bellwire_events').selectAll().execute()).length);`;
  await pair.accept();
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program, pair.path], {
    timeout: 20_000,
  });
  expect(stdout).toBe('1\n');
});

it('close rejects reads at once and waits for the worker', async () => {
  await using locked = await openLocked();
  const { reader, workers } = locked;
  const { worker, outcome } = await startBlocked(locked);
  const queued = Promise.allSettled([readPragma(reader.db)]);
  const closing = reader.close();
  const state = track(closing);
  expect(await outcome()).toMatchObject({ reason: { code: 'shutting_down' } });
  expect(await queued).toMatchObject([{ reason: { code: 'shutting_down' } }]);
  await expect(readPragma(reader.db)).rejects.toMatchObject({ code: 'shutting_down' });
  await locked.clock.settle();
  expect(state.ended).toBe(false);

  locked.release();
  await closing;
  expect(workers.alive).not.toContain(worker);
  expect(workers.started).toEqual([worker]);
  expect(locked.clock.nextTimer()).toBeNull();
});

it('close waits for an abandoned worker, for 5 s at most', async () => {
  await using locked = await openLocked();
  const { reader, clock, workers } = locked;
  const { worker } = await startBlocked(locked);
  await clock.advance(10_000);
  const closing = reader.close();
  const state = track(closing);
  await clock.advance(4_999);
  expect(state.ended).toBe(false);
  await clock.advance(1);
  await closing;
  expect(workers.alive).toContain(worker);
});

it('a server that has read leaves no write-ahead log when it stops', async () => {
  await using server = await startServer();
  expect((await server.api('GET /v1/deliveries')).status).toBe(200);
  expect(existsSync(`${server.database_path}-wal`)).toBe(true);
  await server.bellwire.stop();
  expect(existsSync(`${server.database_path}-wal`)).toBe(false);
});

it('a read whose worker dies is rejected as storage_failed, and the next read starts another worker', async () => {
  await using locked = await openLocked();
  const { reader, workers } = locked;
  const { worker, outcome } = await startBlocked(locked);
  const queued = Promise.allSettled([readPragma(reader.db)]);
  void worker.terminate();
  locked.release();
  const lost = { code: 'storage_failed', status: 503, cause: { message: expect.stringContaining('code 1') } };
  expect(await outcome()).toMatchObject({ reason: lost });
  expect(await queued).toMatchObject([{ reason: lost }]);
  expect(await readPragma(reader.db)).toEqual([{ query_only: 1 }]);
  expect(workers.started).toHaveLength(2);
  await reader.close();
});

it('a database that cannot be opened is storage_failed, and an invalid statement is not', async () => {
  await using folder = await createTemporaryFolder();
  const reader = createReader(folder.file('missing.db'), { clock: systemClock });
  const missing = { code: 'storage_failed', message: expect.stringContaining('SQLITE_CANTOPEN') };
  await expect(countEvents(reader.db)).rejects.toMatchObject(missing);
  expect(existsSync(folder.file('missing.db'))).toBe(false);
  await reader.close();

  await using pair = await openPair();
  const wrong = sql`select id from nowhere`.execute(pair.reader.db);
  await expect(wrong).rejects.toThrow('no such table: nowhere');
  await expect(wrong).rejects.not.toBeInstanceOf(BellwireError);
});

it('reads beyond the length of the queue are refused at once', async () => {
  await using pair = await openPair();
  const reads = Array.from({ length: 300 }, () => countEvents(pair.reader.db));
  const settled = await Promise.allSettled(reads);
  const refused = settled.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(300 - 257);
  for (const one of refused) expect(one).toMatchObject({ reason: { code: 'overloaded', status: 503 } });
});

it('the reader returns rows as the connection of the writer does', async () => {
  await using pair = await openPair();
  await pair.accept();
  const everyType = sql`
    select *, null as missing, 1.5 as fraction, ${2 ** 53 - 1} as large, ${'ü \u0000 😀'} as text, x'00ff' as bytes
    from bellwire_events`;
  const { rows } = await everyType.execute(pair.writer);
  expect(rows).toHaveLength(1);
  expect((await everyType.execute(pair.reader.db)).rows).toEqual(rows);
});
