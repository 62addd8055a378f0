import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { timeOfId } from '../../core/ids.ts';
import type { PostgresDatabase, PostgresTables } from '../postgres/database.ts';
import type { Schema } from '../schema.ts';
import { type Key, type MoveEnd, type Progress, type Row, SLICE } from './move-end.ts';
import { type MovedTable, movedTables, PROGRESS_KEY, UNMOVED_META } from './moved-tables.ts';

interface Column {
  readonly name: string;
  /** As PostgreSQL writes it, such as `bigint`. */
  readonly type: string;
}

/** A table with its columns in alphabetical order. */
interface Described extends MovedTable {
  readonly columns: readonly Column[];
}

/** The text of a table's name for `regclass`. */
const qualifiedName = (schema: string | null, name: string): string =>
  schema === null ? `"${name}"` : `"${schema}"."${name}"`;

const refs = (names: readonly string[]): RawBuilder<unknown> => sql.join(names.map((name) => sql.ref(name)));

const describeTable = async ({ db, schema }: PostgresTables, table: MovedTable): Promise<Described> => {
  const { rows } = await sql<Column>`
    select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
    where attrelid = ${qualifiedName(schema, table.name)}::regclass and attnum > 0 and not attisdropped`.execute(
    db,
  );
  return { ...table, columns: rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
};

/** Rows after a key, until their texts exceed the size of a slice: a column can have a megabyte. */
const selectSlice = async (
  db: Kysely<Schema>,
  { name, key, columns }: Described,
  after: Key | null,
): Promise<readonly Row[]> => {
  const names = columns.map((column) => column.name);
  const texts = columns.filter(({ type }) => type === 'text').map((column) => column.name);
  const bytes = sql.join(
    texts.map((text) => sql`coalesce(octet_length(${sql.ref(text)}), 0)`),
    sql` + `,
  );
  const begin = after === null ? sql`true` : sql`(${refs(key)}) > (${sql.join(after)})`;
  const kept = name === 'bellwire_meta' ? sql`key not in (${sql.join(UNMOVED_META)})` : sql`true`;
  const { rows } = await sql<Row>`
    select ${refs(names)} from (
      select ${refs(names)}, sum(${texts.length === 0 ? sql`0` : bytes})
        over (order by ${refs(key)} rows between unbounded preceding and 1 preceding) as bytes_before
      from (select * from ${sql.table(name)} where ${begin} and ${kept} order by ${refs(key)} limit ${sql.lit(SLICE.rows)}) as next
    ) as sized
    where coalesce(bytes_before, 0) < ${sql.lit(SLICE.bytes)} order by ${refs(key)}`.execute(db);
  return rows;
};

const insertRows = async (
  trx: Transaction<Schema>,
  { name, columns }: Described,
  rows: readonly Row[],
): Promise<void> => {
  if (rows.length === 0) return;
  const arrays = columns.map(
    (column) => sql`${rows.map((row) => row[column.name] ?? null)}::${sql.raw(column.type)}[]`,
  );
  await sql`
    insert into ${sql.table(name)} (${refs(columns.map((column) => column.name))})
    select * from unnest(${sql.join(arrays)})`.execute(trx);
};

/** The times of the ids that choose the partitions of a row. */
const timesOf = ({ id, event_id, delivery_id }: Row): readonly number[] =>
  [id, event_id, delivery_id].flatMap((value) =>
    typeof value === 'string' && /^(?:evt|dlv)_/.test(value) ? timeOfId(value) : [],
  );

/** The uses of idempotency keys, which only PostgreSQL has in a table of their own. */
const takeKeys = async (trx: Transaction<Schema>, events: readonly Row[]): Promise<void> => {
  const keyed = events.filter(({ idempotency_key }) => idempotency_key !== null);
  if (keyed.length === 0) return;
  const text = (name: string) => sql`${keyed.map((row) => row[name] ?? '')}::text[]`;
  await sql`insert into ${sql.table('bellwire_idempotency_keys')} (workspace_id, idempotency_key, tenant, event_id)
    select * from unnest(${text('workspace_id')}, ${text('idempotency_key')}, ${text('tenant')}, ${text('id')})`.execute(
    trx,
  );
};

const saveProgress = async (trx: Transaction<Schema>, progress: Progress): Promise<void> => {
  const value = JSON.stringify(progress);
  await trx
    .insertInto('bellwire_meta')
    .values({ key: PROGRESS_KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
};

const NUL = '\u0000';

/** PostgreSQL cannot store U+0000 in a text. As in the bodies that it stores itself, U+FFFD replaces it. */
const withoutNul = (row: Row): Row => {
  const values = Object.entries(row);
  if (!values.some(([, value]) => typeof value === 'string' && value.includes(NUL))) return row;
  return Object.fromEntries(
    values.map(([column, value]) => [
      column,
      typeof value === 'string' ? value.replaceAll(NUL, '\uFFFD') : value,
    ]),
  );
};

const clear = async (db: Kysely<Schema>): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    for (const { name } of movedTables.toReversed()) {
      const kept = name === 'bellwire_meta' ? sql`key = ${PROGRESS_KEY}` : sql`false`;
      await sql`delete from ${sql.table(name)} where not (${kept})`.execute(trx);
    }
  });
};

const hooksSequence = (schema: string | null): RawBuilder<unknown> =>
  sql`pg_get_serial_sequence(${qualifiedName(schema, 'bellwire_hooks')}, 'number')::regclass`;

const hookNumbers = ({ db, schema }: PostgresTables) => ({
  lastHookNumber: async (): Promise<number> => {
    const { rows } = await sql<{ last: number | null }>`
      select pg_sequence_last_value(${hooksSequence(schema)}) as last`.execute(db);
    return rows[0]?.last ?? 0;
  },
  continueAfter: async (number: number): Promise<void> => {
    const next = number === 0 ? sql`1, false` : sql`${number}::bigint, true`;
    await sql`select setval(${hooksSequence(schema)}, ${next})`.execute(db);
  },
});

/** The rows of a PostgreSQL database, for a move. */
export const postgresRows = (
  tables: PostgresTables & Pick<PostgresDatabase, 'days'>,
): Omit<MoveEnd, 'name' | 'db' | 'isMigrated' | 'migrate' | 'assertAlone' | typeof Symbol.asyncDispose> => {
  const { db, days } = tables;
  const described = new Map<string, Promise<Described>>();
  const describeOnce = (table: MovedTable): Promise<Described> => {
    const found = described.get(table.name) ?? describeTable(tables, table);
    described.set(table.name, found);
    return found;
  };
  return {
    columnsOf: async (table) => (await describeOnce(table)).columns.map(({ name }) => name),
    slice: async (table, after) => selectSlice(db, await describeOnce(table), after),
    fit: withoutNul,
    append: async (table, rows, progress) => {
      const into = await describeOnce(table);
      await days.create(rows.flatMap(timesOf));
      await db.transaction().execute(async (trx) => {
        await insertRows(trx, into, rows);
        if (table.name === 'bellwire_events') await takeKeys(trx, rows);
        await saveProgress(trx, progress);
      });
    },
    clear: () => clear(db),
    ...hookNumbers(tables),
  };
};
