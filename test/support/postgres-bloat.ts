import type { Pool } from 'pg';

/** The table of open deliveries, which can be a partition. */
const OPEN = `coalesce(to_regclass('bellwire_deliveries_open'), to_regclass('bellwire_deliveries'))`;

export interface Bloat {
  /** As autovacuum counts them. */
  readonly dead: number;
  /** Of the table and its indexes. */
  readonly bytes: number;
  readonly vacuums: number;
}

/** The dead rows and the size of the table of open deliveries, with all of its partitions. */
const readBloat = async (pool: Pool): Promise<Bloat> => {
  const { rows } = await pool.query<Bloat>(`
    select coalesce(sum(pg_stat_get_dead_tuples(relid)), 0)::bigint as dead,
      coalesce(sum(pg_total_relation_size(relid)), 0)::bigint as bytes,
      coalesce(sum(pg_stat_get_autovacuum_count(relid)), 0)::bigint as vacuums
    from (select relid::oid from pg_partition_tree(${OPEN}) union select ${OPEN}) parts(relid)`);
  return rows[0]!;
};

/** The size of a copy of the table that has the visible rows only, with new indexes. */
export const liveBytes = async (pool: Pool): Promise<number> => {
  const { rows: names } = await pool.query<{ readonly name: string }>(`select ${OPEN}::text as name`);
  await pool.query(`create table live_copy (like ${names[0]!.name} including all)`);
  await pool.query(`insert into live_copy select * from ${names[0]!.name}`);
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
