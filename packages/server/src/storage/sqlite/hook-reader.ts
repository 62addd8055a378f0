import type { Selectable } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Subscription } from '../../core/fan-out.ts';
import type { OrderSetting } from '../../core/order.ts';
import { type Filter, storedFilter } from '../../core/filter/compile-filter.ts';
import type { Secret, SendableHook } from '../../core/hook.ts';
import type { ThrottledHook } from '../../core/hook-throttle.ts';
import type { Cipher } from '../cipher.ts';
import {
  type HookRow,
  toClientCertificate,
  toHeaders,
  toHook,
  toRateLimit,
  toSchedule,
} from '../rows/hook-row.ts';
import { type ThrottleRow, toThrottle } from '../rows/throttle-row.ts';
import type { Schema } from '../schema.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

/** The part of a hook that commits need, for fan-outs and for the effect of attempts. */
export interface IndexedHook extends Subscription, ThrottledHook, OrderSetting {
  readonly workspace_id: string;
  readonly filter: Filter | null;
  readonly max_attempts: number | null;
  readonly retry_schedule: readonly number[] | null;
  /** Whether it has counted failures, which a success resets. */
  readonly is_failing: boolean;
}

/** Synchronous reads of hooks, inside or between transactions. */
export interface HookReader {
  /** Up to `limit` hooks of a workspace whose ids follow `after`. */
  readonly page: (query: {
    readonly workspace_id: string;
    readonly after: string;
    readonly limit: number;
  }) => readonly IndexedHook[];
  /** Undefined if the hook does not exist. */
  readonly one: (id: string) => IndexedHook | undefined;
  /** Undefined if the hook does not exist, null if its secrets, headers or client certificate cannot be decrypted. */
  readonly sendable: (id: string) => SendableHook | null | undefined;
}

type SecretRow = Selectable<Schema['bellwire_secrets']>;

const INDEXED = [
  'id',
  'workspace_id',
  'tenant',
  'events',
  'filter',
  'status',
  'dialect',
  'max_attempts',
  'ordered',
  'order_key',
  'retry_schedule',
  'rate_limit',
  'consecutive_failures',
] as const satisfies readonly (keyof HookRow)[];

/** Compiled filters in memory; hooks with the same text share one. */
const FILTERS_MAX = 1_000;

const createFilters = () => {
  const filters = new LRUCache<string, Filter>({ max: FILTERS_MAX });
  return (text: string): Filter => {
    const known = filters.get(text);
    if (known !== undefined) return known;
    const compiled = storedFilter(text);
    filters.set(text, compiled);
    return compiled;
  };
};

const toIndexed = (
  row: Pick<HookRow, (typeof INDEXED)[number]>,
  {
    throttle,
    filterOf,
  }: { readonly throttle: ThrottleRow | undefined; readonly filterOf: (text: string) => Filter },
): IndexedHook => ({
  id: row.id,
  workspace_id: row.workspace_id,
  tenant: row.tenant,
  events: JSON.parse(row.events) as string[],
  filter: row.filter === null ? null : filterOf(row.filter),
  status: row.status,
  dialect: row.dialect,
  max_attempts: row.max_attempts,
  ordered: row.ordered === 1,
  order_key: row.order_key,
  rate_limit: toRateLimit(row.rate_limit),
  throttle: throttle === undefined ? null : toThrottle(throttle),
  retry_schedule: toSchedule(row),
  is_failing: row.consecutive_failures > 0,
});

const toSendable = (row: HookRow, secrets: readonly SecretRow[], cipher: Cipher): SendableHook => {
  const openSecret = ({ id, secret, expires_at }: SecretRow): Secret => ({
    value: cipher.open(secret, { table: 'bellwire_secrets', column: 'secret', id }),
    expires_at,
  });
  const current = secrets.filter(({ expires_at }) => expires_at === null);
  const previous = secrets.filter(({ expires_at }) => expires_at !== null);
  return {
    ...toHook(row),
    headers: toHeaders(row, cipher),
    client_certificate: toClientCertificate(row, cipher),
    secrets: [...current, ...previous].map(openSecret),
  };
};

const createStatements = ({ db, raw }: SqliteConnection) => {
  const selectPage = prepare<{ workspace_id: string; after: string; limit: number }, HookRow>(raw, (param) =>
    db
      .selectFrom('bellwire_hooks')
      .select(INDEXED)
      .where('workspace_id', '=', param('workspace_id'))
      .where('deleted_at', 'is', null)
      .where('id', '>', param('after'))
      .orderBy('id')
      .limit(param('limit')),
  );
  const selectOne = prepare<{ id: string }, HookRow>(raw, (param) =>
    db.selectFrom('bellwire_hooks').selectAll().where('id', '=', param('id')).where('deleted_at', 'is', null),
  );
  const selectSecrets = prepare<{ hook_id: string }, SecretRow>(raw, (param) =>
    db
      .selectFrom('bellwire_secrets')
      .selectAll()
      .where('hook_id', '=', param('hook_id'))
      .orderBy('id', 'desc'),
  );
  // The throttles of hooks are few: they are read beside the hooks, not joined to each.
  const selectThrottles = prepare<{ workspace_id: string; after: string; last: string }, ThrottleRow>(
    raw,
    (param) =>
      db
        .selectFrom('bellwire_throttles')
        .selectAll()
        .where('workspace_id', '=', param('workspace_id'))
        .where('hook_id', '>', param('after'))
        .where('hook_id', '<=', param('last')),
  );
  const selectThrottle = prepare<{ id: string }, ThrottleRow>(raw, (param) =>
    db.selectFrom('bellwire_throttles').selectAll().where('hook_id', '=', param('id')),
  );
  return { selectPage, selectOne, selectSecrets, selectThrottles, selectThrottle };
};

/** A reader with its statements prepared on one connection. */
export const createHookReader = (connection: SqliteConnection, cipher: Cipher): HookReader => {
  const { selectPage, selectOne, selectSecrets, selectThrottles, selectThrottle } =
    createStatements(connection);
  const filterOf = createFilters();
  return {
    page: (query) => {
      const rows = selectPage.all(query);
      const last = rows.at(-1)?.id ?? query.after;
      const throttles = new Map(
        selectThrottles.all({ ...query, last }).map((throttle) => [throttle.hook_id, throttle]),
      );
      return rows.map((row) => toIndexed(row, { throttle: throttles.get(row.id), filterOf }));
    },
    one: (id) => {
      const row = selectOne.get({ id });
      return row === undefined
        ? undefined
        : toIndexed(row, { throttle: selectThrottle.get({ id }), filterOf });
    },
    sendable: (id) => {
      const row = selectOne.get({ id });
      if (row === undefined) return undefined;
      try {
        return toSendable(row, selectSecrets.all({ hook_id: id }), cipher);
      } catch {
        // A row of another key ring, or one that was changed manually, must not fail other hooks.
        return null;
      }
    },
  };
};
