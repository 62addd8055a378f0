import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Schema } from '../schema.ts';
import { type NamedStatement, type Session, statementName } from './session.ts';
import { storable } from './storable.ts';

/** The types that arrays of parameters have; the database converts them to those of the columns. */
export type ColumnType = 'text' | 'bigint' | 'double precision';

/** The columns of rows that are written together, with their types. */
export type Columns<R> = { readonly [K in keyof R & string]-?: ColumnType };

/** A list of rows as an array of values per column: one statement with a constant text for any number of rows. */
export const rowsOf = <R>(columns: Columns<R>): RawBuilder<unknown> => {
  const names = Object.keys(columns);
  const types = Object.values<ColumnType>(columns);
  // The parameters are bound when the statement runs.
  const arrays = types.map((type) => sql`${null}::${sql.raw(type)}[]`);
  return sql`unnest(${sql.join(arrays)}) as x(${sql.join(names.map((name) => sql.ref(name)))})`;
};

/** Writes rows of fixed columns in one round trip. */
export class RowStatement<R> {
  readonly #columns: readonly (keyof R & string)[];
  readonly #statement: NamedStatement;

  constructor(
    db: Kysely<Schema>,
    name: string,
    { columns, text }: { readonly columns: Columns<R>; readonly text: RawBuilder<unknown> },
  ) {
    this.#columns = Object.keys(columns) as (keyof R & string)[];
    const { sql: compiled } = text.compile(db);
    this.#statement = { name: statementName(name, compiled), text: compiled };
  }

  /** Returns the number of changed rows. Costs nothing without rows. */
  async run(session: Session, rows: readonly R[]): Promise<number> {
    if (rows.length === 0) return 0;
    const values = this.#columns.map((column) => rows.map((row) => storable(row[column] ?? null)));
    return session.runNamed(this.#statement, values);
  }
}

/** Inserts rows; `end` completes the statement, in which the table has the name `as`. */
export const insertRows = <R>(
  db: Kysely<Schema>,
  table: keyof Schema,
  {
    columns,
    as = 't',
    end = sql``,
  }: { readonly columns: Columns<R>; readonly as?: string; readonly end?: RawBuilder<unknown> },
): RowStatement<R> => {
  const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  const text = sql`insert into ${sql.table(table)} as ${sql.ref(as)} (${names}) select * from ${rowsOf(columns)} ${end}`;
  return new RowStatement<R>(db, `insert_${table}`, { columns, text });
};

/** Sets the other columns in the rows, of the table `t`, with the same `keys` that are `among` these. */
export const updateRows = <R>(
  db: Kysely<Schema>,
  table: keyof Schema,
  {
    columns,
    keys,
    among = sql`true`,
  }: {
    readonly columns: Columns<R>;
    readonly keys: readonly (keyof R & string)[];
    readonly among?: RawBuilder<unknown>;
  },
): RowStatement<R> => {
  const isKey = new Set<string>(keys);
  const changed = Object.keys(columns).filter((name) => !isKey.has(name));
  const sets = sql.join(changed.map((name) => sql`${sql.ref(name)} = ${sql.ref(`x.${name}`)}`));
  const same = sql.join(
    keys.map((name) => sql`${sql.ref(`t.${name}`)} = ${sql.ref(`x.${name}`)}`),
    sql` and `,
  );
  const text = sql`update ${sql.table(table)} as t set ${sets} from ${rowsOf(columns)} where ${same} and ${among}`;
  return new RowStatement<R>(db, `update_${table}`, { columns, text });
};
