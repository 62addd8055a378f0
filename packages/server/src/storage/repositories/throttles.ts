import { type Kysely, sql, type Transaction } from 'kysely';
import { EVERY_TENANT } from '../../core/fan-out.ts';
import type { Throttle } from '../../core/hook-throttle.ts';
import { type ThrottleRow, toThrottle } from '../rows/throttle-row.ts';
import type { RecoveryFilter } from '../../core/recovery.ts';
import type { Schema } from '../schema.ts';

/** The throttles of hooks; a hook without one is missing. */
export const readThrottles = async (
  db: Kysely<Schema>,
  hook_ids: readonly string[],
): Promise<ReadonlyMap<string, Throttle>> => {
  if (hook_ids.length === 0) return new Map();
  const rows: readonly ThrottleRow[] = await db
    .selectFrom('bellwire_throttles')
    .selectAll()
    .where('hook_id', 'in', hook_ids)
    .execute();
  return new Map(rows.map((row) => [row.hook_id, toThrottle(row)]));
};

/** Lets an open hook send its next probe at once. */
export const probeNow = async (
  trx: Transaction<Schema>,
  {
    workspace_id,
    hook_id,
    now,
  }: { readonly workspace_id: string; readonly hook_id: string; readonly now: number },
): Promise<void> => {
  await trx
    .updateTable('bellwire_throttles')
    .set({ probe_at: now })
    .where('workspace_id', '=', workspace_id)
    .where('hook_id', '=', hook_id)
    .where('state', '=', 'open')
    .execute();
};

export const removeThrottle = async (trx: Transaction<Schema>, hook_id: string): Promise<void> => {
  await trx.deleteFrom('bellwire_throttles').where('hook_id', '=', hook_id).execute();
};

/** Open hooks that one recovery probes at once; the others wait for their next probe. */
const PROBED_MAX = 1_000;

/** Lets the open hooks that a recovery covers send their next probes at once, and returns their ids. */
export const probeCovered = async (
  trx: Transaction<Schema>,
  {
    workspace_id,
    filter: { hook_id, tenant, delivery_ids },
    now,
  }: { readonly workspace_id: string; readonly filter: RecoveryFilter; readonly now: number },
): Promise<readonly string[]> => {
  let open = trx
    .selectFrom('bellwire_throttles')
    .select('hook_id')
    .where('workspace_id', '=', workspace_id)
    .where('state', '!=', sql.lit('closed'))
    .where('state', '=', 'open')
    .limit(PROBED_MAX);
  if (hook_id !== null) open = open.where('hook_id', '=', hook_id);
  if (tenant !== null) {
    open = open.where('hook_id', 'in', (eb) =>
      eb
        .selectFrom('bellwire_hooks')
        .select('id')
        .where('workspace_id', '=', workspace_id)
        .where('tenant', 'in', [tenant, EVERY_TENANT]),
    );
  }
  if (delivery_ids !== null) {
    open = open.where('hook_id', 'in', (eb) =>
      eb
        .selectFrom('bellwire_deliveries')
        .select('hook_id')
        .where('workspace_id', '=', workspace_id)
        .where('id', 'in', delivery_ids),
    );
  }
  const rows = await trx
    .updateTable('bellwire_throttles')
    .set({ probe_at: now })
    .where('hook_id', 'in', open)
    .returning('hook_id')
    .execute();
  return rows.map((row) => row.hook_id);
};
