import { type Insertable, type Kysely, sql } from 'kysely';
import { type StatsCounter, statsCounters } from '../../core/attempt-stats.ts';
import { MINUTE_MS } from '../../core/stats-range.ts';
import type { Schema } from '../schema.ts';
import type { Batch } from '../store/batch.ts';
import { columns, type Param, prepare, type Prepared, type SqliteConnection } from './prepared.ts';

const KEY = ['width', 'start', 'workspace_id', 'kind', 'subject'] as const;

type Upsert = Insertable<Schema['bellwire_stats']>;

/** Counters of an upsert that exist already are added to in SQL, so that several nodes can count concurrently. */
export const addCounters = (counters: readonly StatsCounter[]) =>
  Object.fromEntries(
    counters.map((counter) => [
      counter,
      sql<number>`${sql.ref(`bellwire_stats.${counter}`)} + excluded.${sql.ref(counter)}`,
    ]),
  );

const upsertOf = (db: Kysely<Schema>, param: Param<Upsert>, counters: readonly StatsCounter[]) =>
  db
    .insertInto('bellwire_stats')
    .values(columns(param, [...KEY, ...counters]))
    .onConflict((conflict) => conflict.columns(KEY).doUpdateSet(addCounters(counters)));

/**
 * Writes the attempts that a batch has counted, inside its transaction: one row per subject. They belong to the minute
 * of the commit, so that a batch has one bucket and a change of the clock rewrites none.
 */
export const createStatsWriter = ({ db, raw }: SqliteConnection): ((batch: Batch) => void) => {
  const prepared = new Map<string, Prepared<Upsert, never>>();
  const statementOf = (counters: readonly StatsCounter[]): Prepared<Upsert, never> => {
    const key = counters.length === 2 ? `${counters[0]} ${counters[1]}` : counters.join(' ');
    let statement = prepared.get(key);
    if (statement === undefined) {
      statement = prepare<Upsert>(raw, (param) => upsertOf(db, param, counters));
      prepared.set(key, statement);
    }
    return statement;
  };
  const all = statementOf(statsCounters);
  return ({ now, stats }) => {
    const start = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    for (const { workspace_id, kind, subject, counts } of stats.subjects) {
      const row: Upsert = { width: MINUTE_MS, start, workspace_id, kind, subject };
      // Most rows of a fan-out count one attempt, and a statement with its two counters costs less than the one with all.
      if (counts.size <= 2) {
        for (const [counter, count] of counts) row[counter] = count;
        statementOf([...counts.keys()]).run(row);
      } else {
        for (const counter of statsCounters) row[counter] = counts.get(counter) ?? 0;
        all.run(row);
      }
    }
  };
};
