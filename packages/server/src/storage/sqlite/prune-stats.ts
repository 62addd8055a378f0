import { type ExpressionBuilder, sql } from 'kysely';
import { statsCounters } from '../../core/attempt-stats.ts';
import { HOUR_MS, mergedBefore, MINUTE_MS } from '../../core/stats-range.ts';
import type { Store } from '../../ports/store.ts';
import type { Schema, StatsKind } from '../schema.ts';
import { type Param, prepare, type SqliteConnection } from './prepared.ts';
import { addCounters } from './stats-writer.ts';

type Prune = Parameters<Store['pruneStats']>[0];

interface Key {
  readonly start: number;
  readonly workspace_id: string;
  readonly kind: StatsKind;
  readonly subject: string;
}

interface Range {
  readonly width: number;
  readonly before: number;
  readonly limit: number;
}

/** The number of rows that a slice has removed. */
interface PrunedStats {
  readonly deleted: number;
  /** Minutes whose counts are in their hour now. */
  readonly merged: number;
}

const REST = ['start', 'workspace_id', 'kind', 'subject'] as const;

/** The rows of a width up to a key, in the order of the primary key. */
const upTo =
  (param: Param<Key & { readonly width: number }>) =>
  ({ eb, and, refTuple, tuple }: ExpressionBuilder<Schema, 'bellwire_stats'>) =>
    and([
      eb('width', '=', param('width')),
      eb(
        refTuple(...REST),
        '<=',
        tuple(param('start'), param('workspace_id'), param('kind'), param('subject')),
      ),
    ]);

const createStatements = ({ db, raw }: SqliteConnection) => ({
  selectOldest: prepare<Range, Key>(raw, (param) =>
    db
      .selectFrom('bellwire_stats')
      .select(REST)
      .where('width', '=', param('width'))
      .where('start', '<', param('before'))
      .orderBy('start')
      .orderBy('workspace_id')
      .orderBy('kind')
      .orderBy('subject')
      .limit(param('limit')),
  ),
  addToHours: prepare<Key & { readonly width: number }>(raw, (param) =>
    db
      .insertInto('bellwire_stats')
      .columns(['width', ...REST, ...statsCounters])
      .expression((eb) =>
        eb
          .selectFrom('bellwire_stats')
          .select([
            sql<number>`${sql.lit(HOUR_MS)}`.as('width'),
            sql<number>`start / ${sql.lit(HOUR_MS)} * ${sql.lit(HOUR_MS)}`.as('start'),
            'workspace_id',
            'kind',
            'subject',
            ...statsCounters,
          ])
          .where(upTo(param)),
      )
      .onConflict((conflict) => conflict.columns(['width', ...REST]).doUpdateSet(addCounters(statsCounters))),
  ),
  remove: prepare<Key & { readonly width: number }>(raw, (param) =>
    db.deleteFrom('bellwire_stats').where(upTo(param)),
  ),
});

/**
 * Deletes counts older than `before`, and replaces the minutes of old hours by one row per hour. Call it inside the open
 * transaction. An attempt is counted in one row at any time, so a slice changes no sum.
 */
export const createPruneStats = (connection: SqliteConnection): ((prune: Prune) => PrunedStats) => {
  const { selectOldest, addToHours, remove } = createStatements(connection);
  const removeOldest = (range: Range, is_merged: boolean): number => {
    const rows = selectOldest.all(range);
    const last = rows.at(-1);
    if (last === undefined) return 0;
    const key = { width: range.width, ...last };
    if (is_merged) addToHours.run(key);
    return remove.run(key);
  };
  return ({ now, before, limit }) => {
    let deleted = 0;
    if (before !== null) {
      for (const width of [MINUTE_MS, HOUR_MS]) {
        deleted += removeOldest({ width, before, limit: limit - deleted }, false);
      }
    }
    if (deleted >= limit) return { deleted, merged: 0 };
    const old = { width: MINUTE_MS, before: mergedBefore(now), limit: limit - deleted };
    return { deleted, merged: removeOldest(old, true) };
  };
};
