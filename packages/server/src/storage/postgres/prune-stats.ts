import { sql } from 'kysely';
import { statsCounters } from '../../core/attempt-stats.ts';
import { HOUR_MS, mergedBefore, MINUTE_MS } from '../../core/stats-range.ts';
import type { Store } from '../../ports/store.ts';
import type { Session } from './session.ts';

interface Range {
  readonly width: number;
  readonly before: number;
  readonly limit: number;
}

const KEY = sql.raw('width, start, workspace_id, kind, subject');
const counters = sql.join(statsCounters.map((counter) => sql.ref(counter)));
const sums = sql.join(statsCounters.map((counter) => sql`sum(${sql.ref(counter)})::bigint`));
const added = sql.join(
  statsCounters.map(
    (counter) => sql`${sql.ref(counter)} = t.${sql.ref(counter)} + excluded.${sql.ref(counter)}`,
  ),
);

const oldest = ({ width, before, limit }: Range) => sql`
  select ${KEY} from ${sql.table('bellwire_stats')} where width = ${width} and start < ${before}
  order by ${KEY} limit ${limit}`;

/** Deletes the oldest counts of a width. Returns the number of rows. */
const remove = (session: Session, range: Range): Promise<number> =>
  session.run(sql`delete from ${sql.table('bellwire_stats')} where (${KEY}) in (${oldest(range)})`);

/** Replaces the oldest minutes by the hours that they belong to. Returns the number of minutes. */
const merge = async (session: Session, range: Range): Promise<number> => {
  const merged = await session.get<{ readonly minutes: number }>(sql<{ readonly minutes: number }>`
    with gone as (delete from ${sql.table('bellwire_stats')} where (${KEY}) in (${oldest(range)}) returning *),
      hours as (insert into ${sql.table('bellwire_stats')} as t (${KEY}, ${counters})
        select ${HOUR_MS}::bigint, start / ${HOUR_MS}::bigint * ${HOUR_MS}::bigint as hour, workspace_id, kind, subject,
          ${sums} from gone group by hour, workspace_id, kind, subject
        on conflict (${KEY}) do update set ${added})
    select count(*) as minutes from gone`);
  return merged?.minutes ?? 0;
};

/**
 * Deletes counts older than `before`, and replaces the minutes of old hours by one row per hour, inside the open
 * transaction. Returns the number of rows that it has removed.
 */
export const pruneStats = async (
  session: Session,
  { now, before, limit }: Parameters<Store['pruneStats']>[0],
): Promise<number> => {
  let deleted = 0;
  if (before !== null) {
    for (const width of [MINUTE_MS, HOUR_MS]) {
      deleted += await remove(session, { width, before, limit: limit - deleted });
    }
  }
  if (deleted >= limit) return deleted;
  const old = { width: MINUTE_MS, before: mergedBefore(now), limit: limit - deleted };
  return deleted + (await merge(session, old));
};
