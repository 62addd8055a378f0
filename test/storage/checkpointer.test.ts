import { once } from 'node:events';
import { statSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import DatabaseConstructor from 'better-sqlite3';
import { expect, it } from 'vitest';
import {
  CHECKPOINT_FRAMES,
  Checkpointer,
  IDLE_MS,
} from '../../packages/server/src/storage/sqlite/checkpointer.ts';
import { systemClock } from '../../packages/server/src/clock.ts';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const FRAME_BYTES = 4_096 + 24;

const openPages = async () => {
  const folder = await createTemporaryFolder();
  const path = folder.file('bellwire.db');
  const database = openSqlite(path);
  database.raw.exec('create table pages (id integer primary key, body blob)');
  const insert = database.raw.prepare('insert into pages (body) values (zeroblob(40000))');
  /** Commits until about this many pages were written to the log. */
  const writePages = async (pages: number): Promise<void> => {
    for (let written = 0; written < pages; written += 10)
      await database.write(
        'flow',
        () => insert.run(),
        () => {},
      );
  };
  const logFrames = (): number => statSync(`${path}-wal`).size / FRAME_BYTES;
  return {
    ...database,
    path,
    writePages,
    logFrames,
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
};

it('the log stays bounded while commits never pause', async () => {
  await using pages = await openPages();
  await pages.writePages(CHECKPOINT_FRAMES * 5);
  expect(pages.logFrames()).toBeGreaterThan(CHECKPOINT_FRAMES / 2);
  expect(pages.logFrames()).toBeLessThan(CHECKPOINT_FRAMES * 3);
  expect(pages.raw.pragma('integrity_check', { simple: true })).toBe('ok');
});

it('a reader that needs the log stops no commit; when it ends, the log is used again from its beginning', async () => {
  await using pages = await openPages();
  await pages.writePages(100);
  const reader = new DatabaseConstructor(pages.path, { readonly: true });
  const reading = reader.prepare('select id from pages').iterate();
  reading.next();
  await pages.writePages(CHECKPOINT_FRAMES * 4);
  const long = pages.logFrames();
  expect(long).toBeGreaterThan(CHECKPOINT_FRAMES * 4);
  reading.return?.();
  reader.close();
  await pages.writePages(CHECKPOINT_FRAMES * 3);
  expect(pages.logFrames()).toBeLessThan(long + CHECKPOINT_FRAMES * 2);
  expect(pages.raw.pragma('integrity_check', { simple: true })).toBe('ok');
});

const onBroken = (error: unknown): never => {
  throw error;
};

it('the writer waits for the few pages that are left, even if it wrote many during a checkpoint', async () => {
  await using folder = await createTemporaryFolder();
  const raw = new DatabaseConstructor(folder.file('bellwire.db'));
  raw.exec('pragma journal_mode = wal; create table pages (id integer primary key, body blob)');
  const writePages = (pages: number): unknown =>
    raw.prepare('insert into pages (body) values (zeroblob(?))').run(pages * 4_096);
  const left = (): number => {
    const [of] = raw.pragma('wal_checkpoint(NOOP)') as readonly { log: number; checkpointed: number }[];
    return of!.log - of!.checkpointed;
  };
  const left_at_sync: number[] = [];
  const file = {
    sync: async () => {
      left_at_sync.push(left());
      if (left_at_sync.length === 1) writePages(CHECKPOINT_FRAMES);
    },
  };
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    const left_at_end = left();
    const result = await work();
    resolve(left_at_end);
    return result;
  };
  const checkpointer = new Checkpointer({ raw, file, clock: null, alone, onBroken });
  writePages(CHECKPOINT_FRAMES);
  for (let commit = 0; commit < 8; commit += 1) checkpointer.committed();
  expect(await ended).toBe(0);
  expect(left_at_sync).toEqual([0, 0, 0]);
  // The first commit of the log that has begun again.
  expect(left()).toBe(1);
  await checkpointer.close();
  raw.close();
});

it('after the last commit, a close leaves everything in the database file', async () => {
  await using folder = await createTemporaryFolder();
  const path = folder.file('bellwire.db');
  const database = openSqlite(path);
  await database.write(
    'flow',
    () => database.raw.exec('create table one (id integer); insert into one values (1)'),
    () => {},
  );
  await database.close();
  expect(statSync(`${path}-wal`, { throwIfNoEntry: false })).toBe(undefined);
  const copy = new DatabaseConstructor(path, { readonly: true });
  expect(copy.prepare('select count(*) from one').pluck().get()).toBe(1);
  copy.close();
});

it('its thread ends when it is idle, and the next checkpoint starts another one', async () => {
  await using folder = await createTemporaryFolder();
  const timers = new Map<number, () => void>();
  const started: Worker[] = [];
  const onWorker = (worker: Worker): void => void started.push(worker);
  process.on('worker', onWorker);
  const clock = {
    ...systemClock,
    after: (delay_ms: number, work: () => void) => {
      timers.set(delay_ms, work);
      return () => void timers.delete(delay_ms);
    },
  };
  const database = openSqlite(folder.file('bellwire.db'), { clock });
  database.raw.exec('create table one (id integer)');
  const insert = () => database.raw.exec('insert into one values (1)');
  expect(await database.withEmptyLog(insert)).toBe(database.raw);
  expect([...timers.keys()]).toEqual([IDLE_MS]);
  const [first] = started;
  const exited = once(first!, 'exit');
  timers.get(IDLE_MS)?.();
  // While the first thread is ending.
  expect(await database.withEmptyLog(insert)).toBe(database.raw);
  await exited;
  expect(started).toHaveLength(2);
  await database.close();
  process.off('worker', onWorker);
});
