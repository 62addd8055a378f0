import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { Throttle } from '../../core/hook-throttle.ts';
import { firstIdAt } from '../../core/ids.ts';
import type { DeliveryFilter, Repositories, StoredDelivery } from '../../ports/repositories.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import { toRateLimit } from '../rows/hook-row.ts';
import type { Connections, Schema } from '../schema.ts';
import { blockedBy } from './orders.ts';
import { createDeliveryAttempts } from './delivery-attempts.ts';
import { rowsToFetch, toPage } from './page.ts';
import { inTransaction } from './in-transaction.ts';
import { skipDelivery } from './skip-delivery.ts';
import { readThrottles } from './throttles.ts';
import { eventIdOf } from './wire-ids.ts';

interface HookFields {
  readonly url: string | null;
  readonly hook_tenant: string | null;
  readonly rate_limit: string | null;
  readonly blocked_by: string | null;
}

type ShownDelivery = DeliveryRow & HookFields;

const toStoredDelivery = (
  row: ShownDelivery,
  throttle: Throttle | null,
  ahead: number | null = null,
): StoredDelivery => ({
  id: row.id,
  workspace_id: row.workspace_id,
  tenant: row.tenant,
  event_id: row.event_id,
  event_type: row.event_type,
  hook_id: row.hook_id,
  trigger: row.trigger,
  status: row.status,
  attempts: row.attempts,
  failures: row.failures,
  next_attempt_at: row.next_attempt_at,
  failure_reason: row.failure_reason,
  blocked_by: row.blocked_by,
  last_outcome: row.last_outcome,
  last_detail: row.last_detail,
  last_status: row.last_status,
  last_duration_ms: row.last_duration_ms,
  url: row.url,
  hook_tenant: row.hook_tenant,
  hook: { rate_limit: toRateLimit(row.rate_limit), throttle },
  ahead,
  created_at: row.created_at,
  updated_at: row.updated_at,
});

/** Throttles matter only for pending deliveries. */
const readThrottlesOf = async (
  db: Kysely<Schema>,
  rows: readonly DeliveryRow[],
): Promise<(row: DeliveryRow) => Throttle | null> => {
  const pending = rows.filter(({ status }) => status === 'pending');
  const throttles = await readThrottles(db, [...new Set(pending.map(({ hook_id }) => hook_id))]);
  return ({ hook_id }) => throttles.get(hook_id) ?? null;
};

/** The deliveries that are counted at most: a walk in the index of pending ones. */
const AHEAD_MAX = 10_000;

/** The number of pending deliveries of the same hook that are due before it; null if there are too many, or if it is not pending. */
const countAhead = async (db: Kysely<Schema>, row: DeliveryRow): Promise<number | null> => {
  const { hook_id, status, next_attempt_at } = row;
  if (status !== 'pending' || next_attempt_at === null) return null;
  const before = db
    .selectFrom('bellwire_deliveries')
    .select(sql.lit(1).as('one'))
    .where('hook_id', '=', hook_id)
    .where('status', '=', sql.lit('pending'))
    .where(({ eb, or, and }) =>
      or([
        eb('next_attempt_at', '<', next_attempt_at),
        and([eb('next_attempt_at', '=', next_attempt_at), eb('id', '<', row.id)]),
      ]),
    )
    .where('next_attempt_at', '<=', next_attempt_at)
    .limit(AHEAD_MAX);
  const { ahead } = await db
    .selectFrom(before.as('before'))
    .select(({ fn }) => fn.countAll<number>().as('ahead'))
    .executeTakeFirstOrThrow();
  return ahead >= AHEAD_MAX ? null : ahead;
};

const HOOK_FIELDS = [
  'bellwire_hooks.url',
  'bellwire_hooks.tenant as hook_tenant',
  'bellwire_hooks.rate_limit',
] as const;

/** Maximum time by which the id of a delivery may be ahead of its `created_at`. */
const CLOCK_SLACK_MS = 3_600_000;

/** Maximum number of rows read per page: filters without an index apply within this window. */
const WINDOW = 20_000;

interface WindowOptions {
  readonly filter: DeliveryFilter;
  readonly after: string | null;
}

type Query<T> = SelectQueryBuilder<Schema, 'bellwire_deliveries', T>;

const inWindow = <T>(query: Query<T>, workspace_id: string, { filter, after }: WindowOptions): Query<T> => {
  let window = query.where('workspace_id', '=', workspace_id).orderBy('id', 'desc').limit(WINDOW);
  if (filter.event_id !== undefined) window = window.where('event_id', '=', filter.event_id);
  if (filter.until !== undefined) {
    window = window.where('id', '<', firstIdAt('dlv', filter.until + CLOCK_SLACK_MS));
  }
  if (filter.since !== undefined) window = window.where('id', '>=', firstIdAt('dlv', filter.since));
  if (after !== null) window = window.where('id', '<', after);
  return window;
};

/**
 * A window of the workspace's rows, newest first: of all rows, or of the failed ones, which have a partial index. For
 * SQLite to use it, the status must be a literal and the ids must come from a subquery: for whole rows it prefers the
 * primary key and reads every row of the workspace.
 */
const windowOf = (db: Kysely<Schema>, workspace_id: string, options: WindowOptions) => {
  const window = inWindow(db.selectFrom('bellwire_deliveries').selectAll(), workspace_id, options);
  const { status, event_id } = options.filter;
  if (status !== 'failed' || event_id !== undefined) return window;
  const failed = db.selectFrom('bellwire_deliveries').select('id').where('status', '=', sql.lit('failed'));
  return window.where('id', 'in', inWindow(failed, workspace_id, options));
};

const matching = (db: Kysely<Schema>, workspace_id: string, options: WindowOptions) => {
  const { status, hook_id, hook_tenant, event_type, tenant, outcome, since, until } = options.filter;
  let query = db.selectFrom(windowOf(db, workspace_id, options).as('candidates'));
  if (status !== undefined) query = query.where('status', '=', status);
  if (hook_id !== undefined) query = query.where('hook_id', '=', hook_id);
  // The bound by id is only approximate: an id can be younger than its row by the duration of a commit.
  if (since !== undefined) query = query.where('created_at', '>=', since);
  if (until !== undefined) query = query.where('created_at', '<', until);
  if (outcome !== undefined) query = query.where('last_outcome', '=', outcome);
  if (event_type !== undefined) query = query.where('event_type', '=', event_type);
  if (tenant !== undefined) query = query.where('tenant', '=', tenant);
  if (hook_tenant !== undefined) {
    query = query.where((eb) =>
      eb.exists(
        eb
          .selectFrom('bellwire_hooks')
          .select('bellwire_hooks.id')
          .whereRef('bellwire_hooks.id', '=', 'candidates.hook_id')
          .where('bellwire_hooks.tenant', '=', hook_tenant),
      ),
    );
  }
  return query;
};

/** The id of the last row of a full window; null if the window reaches the end. */
const endOfWindow = async (
  db: Kysely<Schema>,
  workspace_id: string,
  options: WindowOptions,
): Promise<string | null> => {
  const last = await windowOf(db, workspace_id, options)
    .clearSelect()
    .select('id')
    .offset(WINDOW - 1)
    .limit(1)
    .executeTakeFirst();
  return last?.id ?? null;
};

type DeliveriesRepository = Repositories['deliveries'];

const createList =
  ({ reader }: Connections): DeliveriesRepository['list'] =>
  async (workspace_id, { wire_id, ...given }, page) => {
    const event_id = wire_id === undefined ? given.event_id : await eventIdOf(reader, workspace_id, wire_id);
    if (given.event_id !== undefined && given.event_id !== event_id) return { data: [], next: null };
    const options = { filter: { ...given, event_id }, after: page.after };
    const rows = await matching(reader, workspace_id, options)
      .selectAll()
      .select((eb) =>
        eb
          .selectFrom('bellwire_hooks')
          .select('url')
          .whereRef('bellwire_hooks.id', '=', 'candidates.hook_id')
          .as('url'),
      )
      .select((eb) =>
        eb
          .selectFrom('bellwire_hooks')
          .select('tenant')
          .whereRef('bellwire_hooks.id', '=', 'candidates.hook_id')
          .as('hook_tenant'),
      )
      .select((eb) =>
        eb
          .selectFrom('bellwire_hooks')
          .select('rate_limit')
          .whereRef('bellwire_hooks.id', '=', 'candidates.hook_id')
          .as('rate_limit'),
      )
      .select(blockedBy('candidates').as('blocked_by'))
      .orderBy('id', 'desc')
      .limit(rowsToFetch(page))
      .execute();
    const throttleOf = await readThrottlesOf(reader, rows);
    const found = toPage(rows, page, {
      to: (row) => toStoredDelivery(row, throttleOf(row)),
      keyOf: ({ id }) => id,
    });
    if (found.next !== null) return found;
    return { ...found, next: await endOfWindow(reader, workspace_id, options) };
  };

const namedBy = ({ reader }: Connections, column: 'id' | 'event_id', names: readonly string[]) =>
  reader
    .selectFrom('bellwire_deliveries')
    .leftJoin('bellwire_hooks', 'bellwire_hooks.id', 'bellwire_deliveries.hook_id')
    .selectAll('bellwire_deliveries')
    .select(HOOK_FIELDS)
    .select(blockedBy('bellwire_deliveries').as('blocked_by'))
    .where(`bellwire_deliveries.${column}`, 'in', names);

/**
 * Two reads, each by its own index. As one read with `or`, with an order, or with the workspace beside several events,
 * SQLite reads every row of the workspace.
 */
const createNamed =
  (connections: Connections): DeliveriesRepository['named'] =>
  async (workspace_id, { delivery_ids, event_ids, limit }) => {
    const by_id = namedBy(connections, 'id', delivery_ids).where(
      'bellwire_deliveries.workspace_id',
      '=',
      workspace_id,
    );
    const by_event = namedBy(connections, 'event_id', event_ids);
    const rows = [
      ...(delivery_ids.length === 0 ? [] : await by_id.limit(limit).execute()),
      ...(event_ids.length === 0 ? [] : await by_event.limit(limit).execute()),
    ];
    const own = rows.filter((row) => row.workspace_id === workspace_id);
    // By id: a delivery can be named twice.
    const throttleOf = await readThrottlesOf(connections.reader, own);
    const found = new Map(own.map((row) => [row.id, toStoredDelivery(row, throttleOf(row))]));
    return [...found.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  };

export const createDeliveries = (connections: Connections): DeliveriesRepository => {
  const { db, reader } = connections;
  return {
    list: createList(connections),
    named: createNamed(connections),
    countHeld: async (hook_id) => {
      const { count } = await reader
        .selectFrom('bellwire_deliveries')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('hook_id', '=', hook_id)
        .where('status', '=', sql.lit('held'))
        .executeTakeFirstOrThrow();
      return count;
    },
    hookOf: async (workspace_id, id) => {
      const row = await reader
        .selectFrom('bellwire_deliveries')
        .select('hook_id')
        .where('workspace_id', '=', workspace_id)
        .where('id', '=', id)
        .executeTakeFirst();
      return row?.hook_id ?? null;
    },
    get: async (workspace_id, id) => {
      const row = await reader
        .selectFrom('bellwire_deliveries')
        .leftJoin('bellwire_hooks', 'bellwire_hooks.id', 'bellwire_deliveries.hook_id')
        .selectAll('bellwire_deliveries')
        .select(HOOK_FIELDS)
        .select(blockedBy('bellwire_deliveries').as('blocked_by'))
        .where('bellwire_deliveries.workspace_id', '=', workspace_id)
        .where('bellwire_deliveries.id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return null;
      const throttle = (await readThrottlesOf(reader, [row]))(row);
      return toStoredDelivery(row, throttle, row.rate_limit === null ? null : await countAhead(reader, row));
    },
    skip: (workspace_id, id, now) => inTransaction(db, (trx) => skipDelivery(trx, { workspace_id, id }, now)),
    attempts: createDeliveryAttempts(connections),
  };
};
