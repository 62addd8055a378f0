import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { type BellwireError, createBellwire, readConfig } from '../../packages/server/src/index.ts';
import type { MoveEnd } from '../../packages/server/src/storage/move/move-end.ts';
import { openSqliteEnd } from '../../packages/server/src/storage/move/sqlite-end.ts';
import { openPostgresEnd } from '../../packages/server/src/storage/move/open-end.ts';
import { movedTables } from '../../packages/server/src/storage/move/moved-tables.ts';
import { type CompletedMove, runMove } from '../../packages/server/src/storage/move/run-move.ts';
import { migratePostgres, openPostgres } from '../../packages/server/src/storage/postgres/database.ts';
import { lockDatabaseFile } from '../../packages/server/src/storage/sqlite/file-lock.ts';
import { differingTables, fillDatabase, LAST_HOOK_NUMBER } from '../support/filled-database.ts';
import { postgres, startPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const ROWS = 2_500;
const keyOf = (byte: number): string => `k1:${Buffer.alloc(32, byte).toString('base64')}`;
const KEYS = keyOf(5);

interface MoveSetup {
  readonly keys?: string | null;
  readonly restart?: boolean;
  /** Called after each slice. */
  readonly onRows?: (table: string) => void;
}

const move = (
  [from, to]: readonly [string, string],
  { keys = KEYS, restart = false, onRows = () => {} }: MoveSetup = {},
): Promise<CompletedMove> =>
  runMove({
    from,
    to,
    folder: '/none',
    database_schema: null,
    encryption_keys: keys,
    restart,
    onRows,
    onCompare: () => {},
  });

const refusalOf = (moving: Promise<unknown>): Promise<BellwireError> =>
  moving.then(
    () => Promise.reject(new Error('it was moved')),
    (error: unknown) => error as BellwireError,
  );

class Interrupted extends Error {}

/** A move that ends after the first slice of a table. */
const interruptAt = async (table: string, urls: readonly [string, string]): Promise<void> => {
  const moving = move(urls, {
    onRows: (name) => {
      if (name === table) throw new Interrupted();
    },
  });
  await expect(moving).rejects.toBeInstanceOf(Interrupted);
};

const changeRow = (path: string, statement: string): void => {
  const database = new Database(path);
  expect(database.prepare(statement).run().changes).toBe(1);
  database.close();
};

const arrange = async () => {
  const folder = await createTemporaryFolder();
  const path = folder.file('from.db');
  await fillDatabase(path, ROWS, KEYS);
  return {
    folder,
    path,
    urls: [`file:${path}`, `file:${folder.file('to/to.db')}`] as const,
    target: folder.file('to/to.db'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
};

const openServer = (folder: TemporaryFolder, path: string, encryption_keys = KEYS) =>
  createBellwire(
    readConfig({
      database_url: `file:${path}`,
      encryption_keys,
      log_level: 'silent',
      sender_thread: 'false',
    }),
  );

test('every table of the schema is copied, by its primary key', async () => {
  await using from = await arrange();
  const database = new Database(from.path, { readonly: true });
  const tables = database
    .prepare(
      `select name from sqlite_master where type = 'table' and name like 'bellwire\\_%' escape '\\'
       and name not like 'bellwire_migration%' order by name`,
    )
    .pluck()
    .all();
  expect(movedTables.map(({ name }) => name).toSorted()).toEqual(tables);
  for (const { name, key } of movedTables) {
    const columns = database
      .prepare(`select name from pragma_table_info('${name}') where pk > 0 order by pk`)
      .pluck()
      .all();
    expect([name, key]).toEqual([name, columns]);
    expect(database.prepare(`select count(*) from ${name}`).pluck().get()).toBeGreaterThan(0);
  }
  database.close();
});

test('a copy has every row; repeated, the move finds that it is complete', async () => {
  await using from = await arrange();
  expect(await move(from.urls)).toMatchObject({ began: 'new', replaced: 0 });
  expect(differingTables(from.path, from.target)).toEqual([]);
  expect(await move(from.urls)).toMatchObject({ began: 'complete' });
});

test('an interrupted move continues, and until then no server starts on the target', async () => {
  await using from = await arrange();
  await interruptAt('bellwire_events', from.urls);
  expect(await refusalOf(openServer(from.folder, from.target))).toMatchObject({
    code: 'database_incomplete',
    message: expect.stringContaining('bellwire migrate'),
  });
  const tables: string[] = [];
  expect(await move(from.urls, { onRows: (table) => void tables.push(table) })).toMatchObject({
    began: 'resumed',
  });
  expect(tables).not.toContain('bellwire_workspaces');
  expect(differingTables(from.path, from.target)).toEqual([]);
});

test('a row that changed in the source after it was copied is noticed, and --restart copies it again', async () => {
  await using from = await arrange();
  await interruptAt('bellwire_events', from.urls);
  changeRow(from.path, `update bellwire_tenants set metadata = 'changed' where tenant = 'tenant-3'`);
  expect(await refusalOf(move(from.urls))).toMatchObject({
    code: 'move_failed',
    message: expect.stringContaining('The table bellwire_tenants differs'),
  });
  expect(await move(from.urls, { restart: true })).toMatchObject({ began: 'new' });
  expect(differingTables(from.path, from.target)).toEqual([]);
});

test('a row that is lost or changed in the target is noticed', async () => {
  for (const damage of [
    `delete from bellwire_api_keys where id = 'id-3'`,
    `update bellwire_api_keys set expires_at = 1 where id = 'id-3'`,
  ]) {
    await using from = await arrange();
    await interruptAt('bellwire_events', from.urls);
    changeRow(from.target, damage);
    expect(await refusalOf(move(from.urls))).toMatchObject({
      message: expect.stringContaining('The table bellwire_api_keys differs'),
    });
  }
});

/** Appends a row with a progress that cannot be stored, and returns how many rows there are then. */
const rowsAfterHalfAnAppend = async (end: MoveEnd): Promise<number> => {
  await end.migrate();
  const [table] = movedTables;
  const progress = { source: '', table: table!.name, after: [1n as never] };
  await expect(end.append(table!, [{ key: 'a', value: 'b' }], progress)).rejects.toThrow(TypeError);
  return (await end.slice(table!, null)).length;
};

test('the rows of a slice and the progress are stored together or not at all', async () => {
  await using folder = await createTemporaryFolder();
  await using file = openSqliteEnd(folder.file('to.db'));
  expect(await rowsAfterHalfAnAppend(file)).toBe(0);
});

describe('a move is refused before anything is copied', () => {
  test('if the target has other data', async () => {
    await using from = await arrange();
    await (await openServer(from.folder, from.target))[Symbol.asyncDispose]();
    expect(await refusalOf(move(from.urls))).toMatchObject({
      code: 'move_failed',
      message: expect.stringContaining('holds other data'),
    });
    // Also with --restart, which deletes only what a move has copied.
    expect(await refusalOf(move(from.urls, { restart: true }))).toMatchObject({ code: 'move_failed' });
    expect(differingTables(from.path, from.target)).toContain('bellwire_events');
  });

  test('if the unfinished move in the target is that of another database', async () => {
    await using from = await arrange();
    await using other = await arrange();
    await interruptAt('bellwire_events', from.urls);
    expect(await refusalOf(move([other.urls[0], from.urls[1]]))).toMatchObject({
      message: expect.stringContaining('unfinished move of another database'),
    });
    // Nor is an unfinished copy a source.
    expect(await refusalOf(move([from.urls[1], other.urls[1]]))).toMatchObject({
      message: expect.stringContaining('not complete'),
    });
  });

  test('if a server uses one of them', async () => {
    await using from = await arrange();
    for (const path of [from.path, from.target]) {
      await move(from.urls);
      const lock = lockDatabaseFile(path);
      expect(await refusalOf(move(from.urls))).toMatchObject({ code: 'database_in_use' });
      lock.release();
    }
  });

  test('with other keys, or without any', async () => {
    await using from = await arrange();
    expect(await refusalOf(move(from.urls, { keys: keyOf(6) }))).toMatchObject({
      code: 'wrong_encryption_key',
    });
    expect(await refusalOf(move(from.urls, { keys: null }))).toMatchObject({
      message: expect.stringContaining('BELLWIRE_ENCRYPTION_KEYS'),
    });
  });

  test('without a source, into itself, or with another kind of URL', async () => {
    await using folder = await createTemporaryFolder();
    const [one, two] = [`file:${folder.file('one.db')}`, `file:${folder.file('two.db')}`];
    expect(await refusalOf(move([one, two]))).toMatchObject({ code: 'move_failed' });
    for (const urls of [
      [one, one],
      ['one.db', two],
      [one, 'mysql://localhost/two'],
    ] as const) {
      expect(await refusalOf(move(urls))).toMatchObject({ code: 'config_invalid' });
    }
  });
});

describe.skipIf('missing' in postgres)(`to PostgreSQL and back${skipReason(postgres)}`, async () => {
  const server = 'missing' in postgres ? null : await startPostgres();
  const withDatabase = async (work: (url: string) => Promise<void>): Promise<void> => {
    await using database = await server!.createDatabase();
    await work(database.url);
  };

  test('every row is the same, and new hooks get numbers that no hook has had', () =>
    withDatabase(async (url) => {
      await using from = await arrange();
      await move([from.urls[0], url]);
      {
        await using end = await openPostgresEnd(url);
        expect(await end.lastHookNumber()).toBe(LAST_HOOK_NUMBER);
      }
      await move([url, from.urls[1]]);
      expect(differingTables(from.path, from.target)).toEqual([]);
      changeRow(
        from.target,
        `insert into bellwire_hooks (id, workspace_id, name, url, events, method, content_type, dialect, status,
          insecure_ssl, created_at, updated_at) values ('wh_new', 'ws_0', '', '', '', '', '', '', '', 0, 0, 0)`,
      );
      const database = new Database(from.target, { readonly: true });
      expect(database.prepare(`select number from bellwire_hooks where id = 'wh_new'`).pluck().get()).toBe(
        LAST_HOOK_NUMBER + 1,
      );
      database.close();
    }));

  test('U+0000, which PostgreSQL cannot store, becomes U+FFFD and is counted', () =>
    withDatabase(async (url) => {
      await using from = await arrange();
      changeRow(
        from.path,
        `update bellwire_attempts set response_body = 'a' || char(0) || 'b' where id = (select id from bellwire_attempts order by id limit 1)`,
      );
      expect(await move([from.urls[0], url])).toMatchObject({ replaced: 1 });
      await move([url, from.urls[1]]);
      expect(differingTables(from.path, from.target)).toEqual(['bellwire_attempts']);
    }));

  test('the rows of a slice and the progress are stored together or not at all', () =>
    withDatabase(async (url) => {
      await using end = await openPostgresEnd(url);
      expect(await rowsAfterHalfAnAppend(end)).toBe(0);
    }));

  test('one move at a time uses a database', () =>
    withDatabase(async (url) => {
      await using from = await arrange();
      await using _ = await openPostgresEnd(url);
      expect(await refusalOf(move([from.urls[0], url]))).toMatchObject({
        message: expect.stringContaining('Another "bellwire migrate"'),
      });
    }));

  test('a database on which a node is alive is neither copied nor completed', () =>
    withDatabase(async (url) => {
      await using from = await arrange();
      const nodes = openPostgres(url);
      const setSeen = (ago_ms: number) =>
        sql`insert into bellwire_nodes (id, seen_at)
          values ('node_1', floor(extract(epoch from clock_timestamp()) * 1000)::bigint - ${ago_ms}::bigint)
          on conflict (id) do update set seen_at = excluded.seen_at`.execute(nodes.db);
      const refused = { code: 'move_failed', message: expect.stringContaining('A server uses') as string };
      try {
        await migratePostgres(nodes);
        await setSeen(1_000);
        expect(await refusalOf(move([from.urls[0], url]))).toMatchObject(refused);
        await setSeen(20_000);
        // A node that starts while rows are copied.
        const started: Promise<unknown>[] = [];
        const onRows = (): void => {
          if (started.length === 0) started.push(setSeen(0));
        };
        const moving = move([from.urls[0], url], { onRows });
        expect(await refusalOf(moving)).toMatchObject(refused);
        await Promise.all(started);
        await setSeen(20_000);
        expect(await move([from.urls[0], url])).toMatchObject({ began: 'resumed' });
        await setSeen(1_000);
        expect(await refusalOf(move([url, from.urls[1]]))).toMatchObject(refused);
      } finally {
        await nodes.close();
      }
    }));

  test('rows of a megabyte each are read a few at a time', () =>
    withDatabase(async (url) => {
      await using from = await arrange();
      const database = new Database(from.path);
      database.exec(
        `update bellwire_events set data = printf('%.*c', 1000000, 'x') where workspace_id = 'ws_0'`,
      );
      database.close();
      await move([from.urls[0], url]);
      await using end = await openPostgresEnd(url);
      const events = movedTables.find(({ name }) => name === 'bellwire_events')!;
      const slice = await end.slice(events, null);
      expect(slice.length).toBeGreaterThan(1);
      expect(slice.length).toBeLessThan(6);
    }));

  test('a database that is unreachable is named without its password', async () => {
    await using from = await arrange();
    const error = await refusalOf(move([from.urls[0], 'postgres://user:secret@127.0.0.1:1/none']));
    expect(error).toMatchObject({ code: 'move_failed' });
    expect(error.message).toContain('127.0.0.1:1/none');
    expect(error.message).not.toContain('secret');
  });
});
