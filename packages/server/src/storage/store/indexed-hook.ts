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

/** The part of a hook that commits need, for fan-outs and for the effect of attempts. */
export interface IndexedHook extends Subscription, ThrottledHook, OrderSetting {
  readonly workspace_id: string;
  readonly filter: Filter | null;
  readonly max_attempts: number | null;
  readonly retry_schedule: readonly number[] | null;
  /** Whether it has counted failures, which a success resets. */
  readonly is_failing: boolean;
}

export type SecretRow = Selectable<Schema['bellwire_secrets']>;

/** The columns of an indexed hook. */
export const INDEXED = [
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

/** Compiles the filters of hooks, each text once. */
export const createFilters = () => {
  const filters = new LRUCache<string, Filter>({ max: FILTERS_MAX });
  return (text: string): Filter => {
    const known = filters.get(text);
    if (known !== undefined) return known;
    const compiled = storedFilter(text);
    filters.set(text, compiled);
    return compiled;
  };
};

/** The indexed hook of a row. */
export const toIndexed = (
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

/**
 * The hook of a row with its secrets.
 * @throws BellwireError if a value of it cannot be decrypted.
 */
export const toSendable = (row: HookRow, secrets: readonly SecretRow[], cipher: Cipher): SendableHook => {
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
