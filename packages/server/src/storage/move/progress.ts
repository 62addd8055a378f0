import { sql, type Kysely } from 'kysely';
import { BellwireError } from '../../core/errors.ts';
import type { Schema } from '../schema.ts';
import type { MoveEnd, Progress } from './move-end.ts';
import { movedTables, PROGRESS_KEY, UNMOVED_META } from './moved-tables.ts';
import { RowSum } from './row-sum.ts';

/** The progress of a move into this database; null if there is none, or if it is complete. */
export const readProgress = async (db: Kysely<Schema>): Promise<Progress | null> => {
  const row = await db
    .selectFrom('bellwire_meta')
    .select('value')
    .where('key', '=', PROGRESS_KEY)
    .executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.value) as Progress);
};

/** Ends a move: from now on, a server may use the database. */
export const removeProgress = async (db: Kysely<Schema>): Promise<void> => {
  await db.deleteFrom('bellwire_meta').where('key', '=', PROGRESS_KEY).execute();
};

/** @throws BellwireError `database_incomplete` while a move into this database is not complete. */
export const refuseUnfinishedMove = async (db: Kysely<Schema>): Promise<void> => {
  if ((await readProgress(db)) === null) return;
  throw new BellwireError(
    'database_incomplete',
    'A move into this database is not complete. Start the same "bellwire migrate" command again: it continues where it ended.',
  );
};

/** Identifies a database: its rows of `bellwire_meta` contain random texts that were generated when it was new. */
export const identityOf = async ({ db }: MoveEnd): Promise<string> => {
  const rows = await db
    .selectFrom('bellwire_meta')
    .select(['key', 'value'])
    .where('key', 'not in', [...UNMOVED_META])
    .execute();
  const sum = new RowSum(['key', 'value']);
  for (const row of rows) sum.add(row);
  return sum.checksum;
};

export const countRows = async (
  db: Kysely<Schema>,
  name: (typeof movedTables)[number]['name'],
): Promise<number> => {
  const kept = name === 'bellwire_meta' ? sql`key not in (${sql.join(UNMOVED_META)})` : sql`1 = 1`;
  const { rows } = await sql<{ rows: number | string }>`
    select count(*) as rows from ${sql.table(name)} where ${kept}`.execute(db);
  return Number(rows[0]?.rows);
};

/** Whether no table has a row. */
export const isEmpty = async ({ db }: MoveEnd): Promise<boolean> => {
  for (const { name } of movedTables) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(db);
    if (rows.length > 0) return false;
  }
  return true;
};
