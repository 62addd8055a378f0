import type { Pool } from 'pg';

const OPEN = 'bellwire_deliveries_open';

export interface Bloat {
  /** As autovacuum counts them. */
  readonly dead: number;
  /** Of the table and its indexes. */
  readonly bytes: number;
  /** By the server itself, and by a node. */
  readonly vacuums: number;
}

/** Of the table of open deliveries. */
const readBloat = async (pool: Pool): Promise<Bloat> => {
  const { rows } = await pool.query<Bloat>(`
    select pg_stat_get_dead_tuples(relid)::bigint as dead, pg_total_relation_size(relid)::bigint as bytes,
      (pg_stat_get_autovacuum_count(relid) + pg_stat_get_vacuum_count(relid))::bigint as vacuums
    from (select '${OPEN}'::regclass::oid) as opened(relid)`);
  return rows[0]!;
};

export const countOpen = async (pool: Pool): Promise<number> => {
  const { rows } = await pool.query<{ readonly open: number }>(`select count(*)::int as open from ${OPEN}`);
  return rows[0]!.open;
};

/** The size of a copy of the table that has the visible rows only, with new indexes. */
export const liveBytes = async (pool: Pool): Promise<number> => {
  await pool.query(`create table live_copy (like ${OPEN} including all)`);
  await pool.query(`insert into live_copy select * from ${OPEN}`);
  await pool.query('reindex table live_copy');
  const { rows } = await pool.query<{ readonly bytes: number }>(
    `select pg_total_relation_size('live_copy') as bytes`,
  );
  await pool.query('drop table live_copy');
  return rows[0]!.bytes;
};

/** Reads it every second until it is disposed of. */
export const watchBloat = (pool: Pool) => {
  const samples: Bloat[] = [];
  const failures: unknown[] = [];
  let reading: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    reading = reading
      .then(async () => void samples.push(await readBloat(pool)))
      .catch((error: unknown) => void failures.push(error));
  }, 1_000);
  return {
    samples: samples as readonly Bloat[],
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await reading;
      if (failures.length > 0) throw failures[0];
    },
  };
};
