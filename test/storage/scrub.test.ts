import { copyFileSync } from 'node:fs';
import DatabaseConstructor from 'better-sqlite3';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { systemClock } from '../../packages/server/src/clock.ts';
import type { Store } from '../../packages/server/src/ports/store.ts';
import { createReader } from '../../packages/server/src/storage/sqlite/reader.ts';
import { ScrubPasses } from '../../packages/server/src/storage/sqlite/scrub-passes.ts';
import { createMarkedEvents } from '../support/marked-events.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { openTestStore, openTestStoreInFile } from '../support/test-store.ts';
import { createKit, DAY_MS, NOW } from './conformance/kit.ts';

// The full form is `pnpm experiment scrub`.
const EVENTS = Number(process.env['SCRUB_EVENTS'] ?? 4_000);
const NEVER = { now: NOW, every_ms: Number.MAX_SAFE_INTEGER };

/** Scrubs until the requested pass is complete; `between` runs after each slice. */
const scrubAll = async (store: Store, between = (): void => {}): Promise<number> => {
  const pass = await store.requestScrub();
  for (;;) {
    const { completed, has_more } = await store.scrub(NEVER);
    if (completed >= pass) return completed;
    if (!has_more) throw new Error('the scrub is blocked');
    between();
  }
};

it('a pass removes every copy of deleted rows from the file and the log, and keeps the others', async () => {
  await using opened = await openTestStoreInFile();
  const marked = await createMarkedEvents(opened);
  await marked.load(EVENTS);
  marked.erase();
  opened.database.raw.pragma('wal_checkpoint(TRUNCATE)');
  // Deleting alone leaves copies: without them, this test could not fail.
  expect(marked.copies('deleted').file).toBeGreaterThan(0);
  const kept = marked.keptRows();
  expect(kept[0]).toHaveLength(EVENTS / 2);
  // The writer has the pages in its cache, with the copies, and writes them again after the pass.
  marked.touchAll();
  await scrubAll(opened.store);
  expect(marked.copies('deleted')).toEqual({ file: 0, log: 0 });
  marked.touchAll();
  opened.database.raw.pragma('wal_checkpoint(TRUNCATE)');
  expect(marked.copies('deleted')).toEqual({ file: 0, log: 0 });
  expect(marked.copies('kept').file).toBeGreaterThan(EVENTS / 2);
  expect(marked.keptRows()).toEqual(kept);
  expect(marked.integrity()).toBe('ok');
});

const contentOf = (path: string) => {
  const database = new DatabaseConstructor(path);
  const rows = database.prepare('select count(*) from model').pluck().get();
  const content = { integrity: database.pragma('integrity_check', { simple: true }), rows };
  database.close();
  return content;
};

it('a pass changes nothing else: random writes and reads between its slices, in a file that stays intact', async () => {
  await using opened = await openTestStoreInFile();
  const { raw } = opened.database;
  raw.exec(
    'create table model (id text primary key, at integer, body text) without rowid; create index model_at on model (at)',
  );
  const random = createSeededRandom(11);
  const model = new Map<string, string>();
  const put = raw.prepare(
    'insert into model values (?, ?, ?) on conflict do update set body = excluded.body, at = excluded.at',
  );
  const churn = raw.transaction((count: number) => {
    for (let step = 0; step < count; step += 1) {
      const id = `row-${Math.floor(random.roll() * 20_000)}`;
      if (random.roll() < 0.4 && model.delete(id)) raw.prepare('delete from model where id = ?').run(id);
      else {
        const body = `${id}.`.repeat(Math.floor(random.roll() ** 4 * 900) + 1);
        model.set(id, body);
        put.run(id, Math.floor(random.roll() * 1_000), body);
      }
    }
  });
  churn(20_000);
  const reader = createReader(opened.path, { clock: systemClock });
  const passes = new ScrubPasses(opened.database);
  const read = () =>
    sql<{ rows: number }>`select count(*) as rows from model where body like id || '.%'`.execute(reader.db);
  let slices = 0;
  for (let completed = 0; completed < 4;) {
    await passes.request();
    const reading = read();
    ({ completed } = await passes.run(NEVER));
    churn(200);
    slices += 1;
    if (slices % 8 === 0) {
      // As after a crash at this moment.
      const copy = opened.folder.file(`copy-${slices}.db`);
      for (const end of ['', '-wal']) copyFileSync(`${opened.path}${end}`, `${copy}${end}`);
      expect(contentOf(copy)).toEqual({ integrity: 'ok', rows: model.size });
    }
    expect((await reading).rows[0]!.rows).toBeGreaterThan(0);
  }
  await reader.close();
  expect(slices).toBeGreaterThan(16);
  expect(new Map(raw.prepare<[], [string, string]>('select id, body from model').raw().all())).toEqual(model);
  expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
});

it('a reader that holds the log blocks a slice without waiting, and the pass continues when it ends', async () => {
  await using opened = await openTestStoreInFile();
  const marked = await createMarkedEvents(opened);
  await marked.load(200);
  const reader = new DatabaseConstructor(opened.path, { readonly: true });
  const reading = reader.prepare('select * from bellwire_events').iterate();
  reading.next();
  marked.touchAll();
  const pass = await opened.store.requestScrub();
  expect(await opened.store.scrub(NEVER)).toEqual({ completed: pass - 1, has_more: false });
  reading.return?.();
  reader.close();
  expect(await scrubAll(opened.store)).toBeGreaterThanOrEqual(pass);
});

it('a request during a pass is answered with the number of the next one, and numbers survive a restart', async () => {
  await using opened = await openTestStoreInFile();
  const marked = await createMarkedEvents(opened);
  await marked.load(1_500);
  expect(await opened.store.requestScrub()).toBe(1);
  expect(await opened.store.scrub(NEVER)).toEqual({ completed: 0, has_more: true });
  expect(await opened.store.requestScrub()).toBe(2);
  expect(await scrubAll(opened.store)).toBe(2);
  const { store } = opened.reopen();
  expect(await store.completedScrub()).toBe(2);
  expect(await store.scrub(NEVER)).toEqual({ completed: 2, has_more: false });
  expect(await store.requestScrub()).toBe(3);
});

it('without a request, a pass begins when rows were deleted and the last pass is old enough', async () => {
  await using opened = await openTestStoreInFile();
  const { store, arrange } = opened;
  const day = (now: number) => store.scrub({ now, every_ms: DAY_MS });
  expect((await day(NOW)).completed).toBe(1);
  expect((await day(NOW + DAY_MS)).completed).toBe(1);
  await createKit(opened).stored(createKit(opened).event(await arrange.addWorkspace()));
  expect((await store.prune({ now: NOW + 1, before: NOW + 1, limit: 10 })).deleted).toBe(1);
  expect((await day(NOW + DAY_MS - 1)).completed).toBe(1);
  expect((await day(NOW + DAY_MS)).completed).toBe(2);
  expect((await opened.reopen().store.scrub({ now: NOW + DAY_MS + 1, every_ms: DAY_MS })).completed).toBe(2);
});

it('tables that were created just now have nothing to scrub until rows are deleted', async () => {
  await using opened = await openTestStoreInFile();
  const passes = new ScrubPasses(opened.database, { is_new: true });
  expect(await passes.run({ now: NOW, every_ms: DAY_MS })).toEqual({ completed: 0, has_more: false });
  passes.deleted();
  expect((await passes.run({ now: NOW, every_ms: DAY_MS })).completed).toBe(1);
});

it('a database in memory has nothing to scrub: a requested pass is complete at once', async () => {
  await using opened = await openTestStore();
  const pass = await opened.store.requestScrub();
  expect(await opened.store.scrub(NEVER)).toEqual({ completed: pass, has_more: false });
});

it('a database with auto_vacuum is refused with what to do, and not tried again for an hour', async () => {
  await using folder = await createTemporaryFolder();
  const path = folder.file('bellwire.db');
  const raw = new DatabaseConstructor(path);
  raw.exec('pragma auto_vacuum = full; create table one (id integer)');
  raw.close();
  await using opened = await openTestStore({ path });
  await opened.store.requestScrub();
  await expect(opened.store.scrub(NEVER)).rejects.toMatchObject({
    code: 'storage_failed',
    message: expect.stringContaining('auto_vacuum') as string,
  });
  expect(await opened.store.scrub(NEVER)).toEqual({ completed: 0, has_more: false });
});
