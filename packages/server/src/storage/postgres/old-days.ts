import { sql } from 'kysely';
import { DAY_TABLES } from './day-tables.ts';
import { type Day, dayNamed } from './days.ts';
import { isOpen } from './open-deliveries.ts';
import type { Session } from './session.ts';
import { codeOf } from './storage-error.ts';

/**
 * The number of events, about, from which on a day is dropped as a whole. Those of a smaller day are deleted one by one,
 * exactly when they are old enough.
 */
const LARGE = 100_000;
/** The maximum age of the list of days, and the pause after a day that could not be dropped. */
const AGAIN_MS = 60_000;
/** Maximum number of events that are deleted one by one before their day is dropped, per slice. */
const EVENTS = 200;
/** SQLSTATE of a lock that was not available in time. */
const NO_LOCK = '55P03';

interface CountedDay extends Day {
  /** The number of its events, about. */
  readonly events: number;
}

const tableName = (session: Session, name: string): string => sql`${sql.table(name)}`.compile(session.db).sql;

/** The partitions of a table by their days, with their rows as of the last analysis. */
const partitionsOf = (session: Session, table: string) =>
  session.all<{ readonly name: string; readonly rows: number }>(sql<{
    readonly name: string;
    readonly rows: number;
  }>`
    select substr(c.relname, ${table.length + 2}) as name, greatest(c.reltuples, 0)::bigint as rows
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${tableName(session, table)}::regclass order by name`);

const readDays = async (session: Session): Promise<readonly CountedDay[]> =>
  (await partitionsOf(session, 'bellwire_events')).flatMap(({ name, rows }) => {
    const day = dayNamed(name);
    return day === undefined ? [] : [{ ...day, events: rows }];
  });

const inRange = (column: string, { from, to }: Day['evt']) =>
  sql<boolean>`${sql.ref(column)} >= ${from} and ${sql.ref(column)} < ${to}`;

const isFinished = sql<boolean>`status in ('succeeded', 'failed', 'canceled')`;

/** Whether no row is in the partitions of a day. */
const isEmpty = async (session: Session, { evt, dlv }: Day): Promise<boolean> => {
  const found = await session.get<{ readonly is_empty: boolean }>(sql<{ readonly is_empty: boolean }>`
    select not (exists (select 1 from ${sql.table('bellwire_events')} where ${inRange('id', evt)})
      or exists (select 1 from ${sql.table('bellwire_deliveries')} where ${isFinished} and ${inRange('id', dlv)})
      or exists (select 1 from ${sql.table('bellwire_attempts')} where ${inRange('delivery_id', dlv)})
      or exists (select 1 from ${sql.table('bellwire_request_bodies')} where ${inRange('event_id', evt)})
      or exists (select 1 from ${sql.table('bellwire_event_metadata')} where ${inRange('event_id', evt)})) as is_empty`);
  return found?.is_empty === true;
};

/**
 * Events of a day that have something outside its partitions, which would stay behind: deliveries that have not ended or
 * are of a later day, hooks that wait for their deliveries, and places in an order.
 */
const attachedEvents = async (session: Session, { evt, dlv }: Day): Promise<readonly string[]> => {
  const deliveries = sql.table('bellwire_deliveries');
  const rows = await session.all<{ readonly id: string }>(sql<{ readonly id: string }>`
    select id from (
      (select event_id as id from ${deliveries} d where ${isOpen('d')} and ${inRange('d.event_id', evt)} limit ${EVENTS})
      union (select event_id from ${sql.table('bellwire_fan_outs')} where ${inRange('event_id', evt)} limit ${EVENTS})
      union (select event_id from ${deliveries}
        where ${isFinished} and id >= ${dlv.to} and ${inRange('event_id', evt)} limit ${EVENTS})
      union (select event_id from ${deliveries}
        where ${isFinished} and ${inRange('id', dlv)} and order_key is not null limit ${EVENTS})) as attached
    order by id limit ${EVENTS}`);
  return rows.map(({ id }) => id);
};

/** Deletes up to `limit` keys and ids of events of a day, which are not in its partitions. */
const deleteNames = async (session: Session, { evt }: Day, limit: number): Promise<number> => {
  let deleted = 0;
  for (const table of ['bellwire_idempotency_keys', 'bellwire_wire_ids']) {
    deleted += await session.run(sql`
      delete from ${sql.table(table)} where ctid = any(array(
        select ctid from ${sql.table(table)} where ${inRange('event_id', evt)} limit ${limit - deleted}))`);
  }
  return deleted;
};

/** The days of events, and the removal of those that are old enough. Call it inside the open transaction. */
export class OldDays {
  #days: readonly CountedDay[] = [];
  #read_at = -Infinity;
  #blocked_at = -Infinity;

  /** Reads the days, unless that was a short time ago. */
  async read(session: Session, now: number): Promise<void> {
    if (Math.abs(now - this.#read_at) < AGAIN_MS) return;
    this.#days = await readDays(session);
    this.#read_at = now;
  }

  /** The large day of an event. */
  largeDayOf(event_id: string): Day | undefined {
    return this.#days.find(({ evt, events }) => events >= LARGE && event_id >= evt.from && event_id < evt.to);
  }

  /** The oldest day that can be dropped because it has ended before `before`; undefined if there is none for now. */
  async next(
    session: Session,
    { now, before }: { readonly now: number; readonly before: number },
  ): Promise<CountedDay | undefined> {
    if (Math.abs(now - this.#blocked_at) < AGAIN_MS) return undefined;
    for (const day of this.#days) {
      // The order of names is that of days.
      if (day.ends_at > before) return undefined;
      if (day.events >= LARGE || (await isEmpty(session, day))) return day;
    }
    return undefined;
  }

  /** Events that have to be deleted one by one before the day can be dropped. */
  readonly attachedEvents = attachedEvents;

  /** The day cannot be dropped now: events of it have not ended, or a table is in use. */
  block(now: number): void {
    this.#blocked_at = now;
  }

  /**
   * Drops one table of a day without attached events, after up to `limit` rows of other tables. Returns the number of rows,
   * about, and whether the day has more.
   */
  async drop(
    session: Session,
    day: CountedDay,
    { now, limit }: { readonly now: number; readonly limit: number },
  ): Promise<{ readonly deleted: number; readonly has_more: boolean }> {
    const names = await deleteNames(session, day, limit);
    if (names > 0) return { deleted: names, has_more: true };
    for (const { name } of DAY_TABLES) {
      const partition = (await partitionsOf(session, name)).find((one) => one.name === day.name);
      if (partition === undefined) continue;
      if (!(await this.#dropTable(session, name, day))) {
        this.block(now);
        return { deleted: 0, has_more: false };
      }
      // A day that is not large is empty, though its last analysis may have found rows.
      return { deleted: day.events >= LARGE ? partition.rows : 0, has_more: true };
    }
    this.#days = this.#days.filter(({ name }) => name !== day.name);
    return { deleted: 0, has_more: true };
  }

  /** False if the table is in use for too long. */
  async #dropTable(session: Session, table: string, { name }: Day): Promise<boolean> {
    await session.run(sql`savepoint bellwire_drop`);
    try {
      await session.run(sql`select ${sql.table('bellwire_drop_day_table')}(${table}, ${name})`);
      return true;
    } catch (error) {
      if (codeOf(error) !== NO_LOCK) throw error;
      await session.run(sql`rollback to savepoint bellwire_drop`);
      return false;
    }
  }
}
