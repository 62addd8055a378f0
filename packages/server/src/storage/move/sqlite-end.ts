import type { Statement } from 'better-sqlite3';
import { migrateToLatest } from '../migrations/migrate.ts';
import { openSqlite, type SqliteDatabase } from '../sqlite/database.ts';
import { lockDatabaseFile } from '../sqlite/file-lock.ts';
import { hasExpectedTables } from '../sqlite/check-schema.ts';
import { sqliteSchema } from '../sqlite/schema-dialect.ts';
import { type Key, type MoveEnd, type Progress, type Row, SLICE, type Value } from './move-end.ts';
import { type MovedTable, movedTables, PROGRESS_KEY, UNMOVED_META } from './moved-tables.ts';

const quote = (name: string): string => `"${name}"`;
const list = (names: readonly string[]): string => names.map(quote).join(', ');
const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ');

/** Bytes of a row, to within a constant factor. */
const sizeOf = (row: Row): number =>
  Object.values(row).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);

const selectFrom = ({ name, key }: MovedTable, columns: readonly string[], is_first: boolean): string => {
  const conditions = [
    ...(is_first ? [] : [`(${list(key)}) > (${marks(key.length)})`]),
    ...(name === 'bellwire_meta' ? [`key not in (${UNMOVED_META.map((one) => `'${one}'`).join(', ')})`] : []),
  ];
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  return `select ${list(columns)} from ${quote(name)}${where} order by ${list(key)} limit ${SLICE.rows}`;
};

/** The statements of one move. They are prepared when they are first used, because a new file has no tables yet. */
const createRows = ({ raw, write }: SqliteDatabase) => {
  const prepared = new Map<string, Statement<unknown[], Row>>();
  const statement = (text: string): Statement<unknown[], Row> => {
    const found = prepared.get(text) ?? raw.prepare<unknown[], Row>(text);
    prepared.set(text, found);
    return found;
  };
  const columnsOf = ({ name }: MovedTable): readonly string[] =>
    raw
      .prepare<[], { name: string }>(`select name from pragma_table_info('${name}')`)
      .all()
      .map((column) => column.name)
      .toSorted();
  const slice = (table: MovedTable, after: Key | null): readonly Row[] => {
    const rows: Row[] = [];
    let bytes = 0;
    const select = statement(selectFrom(table, columnsOf(table), after === null));
    for (const row of select.iterate(...(after ?? []))) {
      rows.push(row);
      bytes += sizeOf(row);
      if (bytes >= SLICE.bytes) break;
    }
    return rows;
  };
  const append = (table: MovedTable, rows: readonly Row[], progress: Progress): Promise<void> => {
    const columns = columnsOf(table);
    const insert = statement(
      `insert into ${quote(table.name)} (${list(columns)}) values (${marks(columns.length)})`,
    );
    const note = statement(
      'insert into bellwire_meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
    );
    const work = (): void => {
      for (const row of rows) insert.run(...columns.map((column): Value => row[column] ?? null));
      note.run(PROGRESS_KEY, JSON.stringify(progress));
    };
    return write('other', work, () => undefined);
  };
  return { columnsOf, slice, append };
};

const clear = ({ raw, write }: SqliteDatabase): Promise<void> =>
  write(
    'other',
    () => {
      for (const { name } of movedTables.toReversed()) {
        const kept = name === 'bellwire_meta' ? ` where key <> '${PROGRESS_KEY}'` : '';
        raw.exec(`delete from ${quote(name)}${kept}`);
      }
      raw.exec(`delete from sqlite_sequence where name = 'bellwire_hooks'`);
    },
    () => undefined,
  );

const hookNumbers = ({ raw, write }: SqliteDatabase) => ({
  lastHookNumber: async (): Promise<number> =>
    raw.prepare<[], number>(`select seq from sqlite_sequence where name = 'bellwire_hooks'`).pluck().get() ??
    0,
  continueAfter: (number: number): Promise<void> =>
    write(
      'other',
      () => {
        raw.exec(`delete from sqlite_sequence where name = 'bellwire_hooks'`);
        raw.prepare(`insert into sqlite_sequence (name, seq) values ('bellwire_hooks', ?)`).run(number);
      },
      () => undefined,
    ),
});

/**
 * Opens a database file for a move, and creates it if it does not exist.
 * @throws BellwireError `database_in_use`, `folder_unwritable`.
 */
export const openSqliteEnd = (path: string): MoveEnd => {
  const lock = lockDatabaseFile(path);
  try {
    const database = openSqlite(path);
    const rows = createRows(database);
    return {
      name: path,
      db: database.db,
      isMigrated: () => hasExpectedTables(database),
      migrate: async () => void (await migrateToLatest(database.db, sqliteSchema)),
      // The lock of the file keeps others out.
      assertAlone: () => Promise.resolve(),
      columnsOf: async (table) => rows.columnsOf(table),
      slice: async (table, after) => rows.slice(table, after),
      fit: (row) => row,
      append: rows.append,
      clear: () => clear(database),
      ...hookNumbers(database),
      [Symbol.asyncDispose]: async () => {
        await database.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
};
