import { sql } from 'kysely';
import type { openPostgresStore } from './test-store.ts';

type Opened = ReturnType<typeof openPostgresStore>;

export interface PendingRows {
  readonly count: number;
  readonly hook_ids: readonly string[];
  /** When the last one is due; each is due a millisecond before the next one of its hook. */
  readonly due_at: number;
}

/**
 * Adds pending deliveries, spread evenly over hooks, as fast as the database can copy rows, and analyzes them as
 * autovacuum would. Their `created_at` is when they are due.
 */
export const addPending = async (
  { arrange, database: { db } }: Opened,
  { count, hook_ids, due_at }: PendingRows,
): Promise<void> => {
  for (const hook_id of hook_ids) await arrange.addBacklog(hook_id, 1, due_at);
  const of_each = count / hook_ids.length;
  const { rows } = await sql<{ readonly name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = 'bellwire_deliveries' order by ordinal_position`.execute(
    db,
  );
  const own: Readonly<Record<string, ReturnType<typeof sql>>> = {
    // Ids that are ordered by time, like those of events that were accepted one after the other.
    id: sql`'dlv_' || lpad((n * ${sql.lit(hook_ids.length)} + row_number() over (partition by n))::text, 26, '0')`,
    next_attempt_at: sql`${sql.lit(due_at - of_each)} + n`,
    created_at: sql`${sql.lit(due_at - of_each)} + n`,
  };
  const names = sql.join(rows.map(({ name }) => sql.ref(name)));
  const values = sql.join(rows.map(({ name }) => own[name] ?? sql.ref(`first.${name}`)));
  await db.transaction().execute(async (transaction) => {
    await sql`
      create temp table first on commit drop as select * from bellwire_deliveries where status = 'pending'`.execute(
      transaction,
    );
    await sql`delete from bellwire_deliveries where status = 'pending'`.execute(transaction);
    await sql`insert into bellwire_deliveries (${names}) select ${values}
      from generate_series(1, ${sql.lit(of_each)}) n, first`.execute(transaction);
  });
  await sql`vacuum analyze bellwire_deliveries`.execute(db);
};
