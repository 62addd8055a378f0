import { type Kysely, sql } from 'kysely';
import { addStats, type StatsCounts, statsCounters } from '../../core/attempt-stats.ts';
import { HOUR_MS, MINUTE_MS, type StatsRange } from '../../core/stats-range.ts';
import type { StatsOf, StatsReader } from '../../ports/stats.ts';
import type { Connections, Schema } from '../schema.ts';
import { readBacklog } from './backlog.ts';
import { readOldestDue } from './oldest-due.ts';

const subjectOf = (of: StatsOf): string => {
  switch (of.kind) {
    case 'hook':
      return of.hook_id;
    case 'tenant':
      return of.tenant;
    case 'workspace':
      return of.workspace_id;
  }
};

/** The first or last start of the rows of a width: no step is needed beyond. */
const endOf = async (db: Kysely<Schema>, width: number, order: 'asc' | 'desc'): Promise<number | null> => {
  const row = await db
    .selectFrom('bellwire_stats')
    .select('start')
    .where('width', '=', width)
    .orderBy('start', order)
    .limit(1)
    .executeTakeFirst();
  return row?.start ?? null;
};

type Row = { readonly bucket: number } & StatsCounts;

const bigint = (value: number) => sql<number>`cast(${value} as bigint)`;

/** The rows of one subject: a step into the primary key for each minute or hour, summed by bucket. */
const readWidth = async (
  db: Kysely<Schema>,
  of: StatsOf,
  { from, to, step_ms, width }: StatsRange & { readonly width: number },
): Promise<readonly Row[]> => {
  const [first, last] = await Promise.all([endOf(db, width, 'asc'), endOf(db, width, 'desc')]);
  if (first === null || last === null) return [];
  const begin = Math.max(first, Math.ceil(from / width) * width);
  const end = Math.min(last + width, to);
  if (begin >= end) return [];
  const rows = await db
    .withRecursive('slots(slot)', (cte) =>
      cte.selectNoFrom(bigint(begin).as('slot')).unionAll(
        cte
          .selectFrom('slots')
          .select(sql<number>`slot + ${sql.lit(width)}`.as('slot'))
          .where(sql<number>`slot + ${sql.lit(width)}`, '<', bigint(end)),
      ),
    )
    .selectFrom('slots')
    // A cross join is not reordered by SQLite, which otherwise reads the rows of all subjects.
    .crossJoin('bellwire_stats')
    .where('width', '=', sql.lit(width))
    .whereRef('start', '=', 'slot')
    .where('workspace_id', '=', of.workspace_id)
    .where('kind', '=', of.kind)
    .where('subject', '=', subjectOf(of))
    .select(sql<number>`(slot - ${bigint(from)}) / ${bigint(step_ms)}`.as('bucket'))
    .select(statsCounters.map((counter) => sql<number>`cast(sum(${sql.ref(counter)}) as bigint)`.as(counter)))
    .groupBy(sql`1`)
    .execute();
  return rows;
};

/** The statistics, in SQL that runs on both databases. */
export const createStats = ({ reader }: Connections): StatsReader => ({
  counts: async (of, range) => {
    const { from, step_ms } = range;
    const buckets = new Map<number, StatsCounts>();
    for (const width of [MINUTE_MS, HOUR_MS]) {
      for (const { bucket, ...counts } of await readWidth(reader, of, { ...range, width })) {
        const start = from + bucket * step_ms;
        const known = buckets.get(start);
        buckets.set(start, known === undefined ? counts : addStats(known, counts));
      }
    }
    return buckets;
  },
  backlog: (of, now) => readBacklog(reader, of, now),
  oldestDue: (now) => readOldestDue(reader, now),
});
