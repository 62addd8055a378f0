import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { IdPrefix } from '../../core/ids.ts';

/** A table whose rows are in one partition for each day of an id. */
interface DayTable {
  readonly name: string;
  /** Whose id the partitions are ranges of. */
  readonly prefix: Extract<IdPrefix, 'evt' | 'dlv'>;
}

/** In the order in which the partitions of a day are dropped: an event goes last, with nothing left that belongs to it. */
export const DAY_TABLES: readonly DayTable[] = [
  { name: 'bellwire_attempts', prefix: 'dlv' },
  { name: 'bellwire_deliveries_finished', prefix: 'dlv' },
  { name: 'bellwire_request_bodies', prefix: 'evt' },
  { name: 'bellwire_event_metadata', prefix: 'evt' },
  { name: 'bellwire_events', prefix: 'evt' },
];

/** Held while the partitions of a day are created. */
const LOCK = 7_021_437_320;

const DEFINER = `language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout`;

const createDay = (schema: string): string => `
  create function ${schema}.bellwire_create_day(day text, evt_from text, evt_to text, dlv_from text, dlv_to text)
  returns void ${DEFINER} = '5s' as $$
  declare
    parent text;
    prefix text;
  begin
    if day !~ '^[0-9]{8,9}$' then raise exception '% is not a day', day; end if;
    perform pg_advisory_xact_lock(${LOCK});
    for parent, prefix in values ${DAY_TABLES.map(({ name, prefix }) => `('${name}', '${prefix}')`).join(', ')} loop
      continue when to_regclass(format('${schema}.%I', parent || '_' || day)) is not null;
      execute format('create table ${schema}.%I (like ${schema}.%I including all)', parent || '_' || day, parent);
      execute format('alter table ${schema}.%I attach partition ${schema}.%I for values from (%L) to (%L)', parent,
        parent || '_' || day, case prefix when 'evt' then evt_from else dlv_from end,
        case prefix when 'evt' then evt_to else dlv_to end);
    end loop;
  end $$`;

/** Waits only briefly for its lock: all writers of the table wait behind it. */
const dropDayTable = (schema: string): string => `
  create function ${schema}.bellwire_drop_day_table(parent text, day text) returns void ${DEFINER} = '100ms' as $$
  begin
    if day !~ '^[0-9]{8,9}$' or parent not in (${DAY_TABLES.map(({ name }) => `'${name}'`).join(', ')}) then
      raise exception '% is not a day of %', day, parent;
    end if;
    execute format('drop table if exists ${schema}.%I', parent || '_' || day);
  end $$`;

/**
 * Functions that create and drop partitions with the privileges of the role that created the tables: the role of a server
 * may have none to do so.
 */
export const createDayFunctions = async (db: Kysely<unknown>): Promise<void> => {
  const { sql: meta } = sql`${sql.table('bellwire_meta')}`.compile(db);
  const { rows } = await sql<{ schema: string }>`
    select relnamespace::regnamespace::text as schema from pg_class where oid = ${meta}::regclass`.execute(
    db,
  );
  const schema = rows[0]?.schema ?? 'public';
  for (const definition of [createDay(schema), dropDayTable(schema)]) await sql.raw(definition).execute(db);
  await sql
    .raw(
      `revoke execute on function ${schema}.bellwire_create_day, ${schema}.bellwire_drop_day_table from public`,
    )
    .execute(db);
};

/** Deliveries that have not ended: few rows that change often, so they are vacuumed often. */
const OPEN_TABLE = sql`with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000, autovacuum_vacuum_cost_delay = 0)`;

/** A delivery moves from one table to the other when its status changes. */
export const splitDeliveries = async (db: Kysely<unknown>): Promise<void> => {
  const partition = (name: string, statuses: string, end: RawBuilder<unknown>) =>
    sql`create table ${sql.table(name)} partition of ${sql.table('bellwire_deliveries')}
      for values in (${sql.raw(statuses)}) ${end}`.execute(db);
  await partition('bellwire_deliveries_open', `'pending', 'sending', 'held'`, OPEN_TABLE);
  await partition(
    'bellwire_deliveries_finished',
    `'succeeded', 'failed', 'canceled'`,
    sql`partition by range (id)`,
  );
};

/** A failed delivery keeps its place in an order. PostgreSQL cannot enforce across partitions that no other one has it. */
export const indexFailedOrders = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createIndex('bellwire_deliveries_failed_order')
    .on('bellwire_deliveries_finished')
    .columns(['hook_id', 'order_key', 'order_position'])
    .where(sql.ref('order_key'), 'is not', null)
    .execute();
};
