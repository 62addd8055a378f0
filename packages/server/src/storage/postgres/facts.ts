import { sql } from 'kysely';
import type { EventReceipt } from '../../ports/store.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import type { HookRow } from '../rows/hook-row.ts';
import type { ThrottleRow } from '../rows/throttle-row.ts';
import type { IndexedHook } from '../store/indexed-hook.ts';
import type { OrderRef } from '../store/orders.ts';
import type { HookReader } from './hook-reader.ts';
import { eventsOfKeys } from './idempotency-keys.ts';
import { isOpen } from './open-deliveries.ts';
import { OrderFacts, readOrders } from './order-facts.ts';
import type { Session } from './session.ts';

/** A hook that the transaction has locked, with its health. */
export type LockedHook = HookRow;

export type FirstReceipt = EventReceipt & { readonly fingerprint: string | null };

/** The use of an idempotency key. */
export interface KeyUse {
  readonly workspace_id: string;
  readonly tenant?: string | null;
  readonly idempotency_key?: string | null;
}

export const keyOfUse = ({ workspace_id, tenant, idempotency_key }: KeyUse): string =>
  JSON.stringify([workspace_id, tenant ?? '', idempotency_key]);

/** The rows that a transaction reads and locks before it decides. */
export interface Needs {
  /** Hooks whose health, throttle or orders can change. */
  readonly hook_ids: ReadonlySet<string>;
  readonly deliveries: readonly { readonly workspace_id: string; readonly id: string }[];
  readonly uses: readonly KeyUse[];
  readonly orders: readonly OrderRef[];
  /** Workspaces of which it must know whether events have stored hooks. */
  readonly fan_outs: ReadonlySet<string>;
}

/** The rows that a transaction has read. Locked ones stay so until its end, and reflect its writes. */
export interface Facts {
  /** By id; a deleted hook is missing. */
  readonly hooks: Map<string, LockedHook>;
  /** The same hooks as commits use them; undefined for a deleted one. */
  readonly indexed: ReadonlyMap<string, IndexedHook | undefined>;
  readonly deliveries: Map<string, DeliveryRow>;
  /** The first use of each key, by `keyOfUse`. */
  readonly uses: Map<string, FirstReceipt>;
  readonly orders: OrderFacts;
  readonly fan_outs: ReadonlySet<string>;
}

/** Locks hooks in the order of their ids, so that no two transactions wait for each other. */
const lockHooks = async (
  session: Session,
  ids: ReadonlySet<string>,
  reader: HookReader,
): Promise<Pick<Facts, 'hooks' | 'indexed'>> => {
  if (ids.size === 0) return { hooks: new Map(), indexed: new Map() };
  const any = sql<string>`any(${[...ids]}::text[])`;
  const [rows, throttles] = await Promise.all([
    session.allPlanned<HookRow>(
      'lock_hooks',
      session.db
        .selectFrom('bellwire_hooks')
        .selectAll()
        .where('id', '=', any)
        .where('deleted_at', 'is', null)
        .orderBy('id')
        .forNoKeyUpdate(),
    ),
    // After the lock, so that no other transaction can change them.
    session.allPlanned<ThrottleRow>(
      'throttles',
      session.db.selectFrom('bellwire_throttles').selectAll().where('hook_id', '=', any),
    ),
  ]);
  const hooks = new Map(rows.map((row) => [row.id, row]));
  const throttle_of = new Map(throttles.map((row) => [row.hook_id, row]));
  const indexed = new Map(
    [...ids].map((id) => {
      const row = hooks.get(id);
      return [id, row === undefined ? undefined : reader.toIndexed(row, throttle_of.get(id))];
    }),
  );
  return { hooks, indexed };
};

/** Locks those of these deliveries that have not ended, in the order of their ids. */
const lockDeliveries = (session: Session, refs: Needs['deliveries']): Promise<readonly DeliveryRow[]> =>
  refs.length === 0
    ? Promise.resolve([])
    : session.allPlanned<DeliveryRow>(
        'lock_deliveries',
        sql<DeliveryRow>`
        select d.* from unnest(${refs.map(({ workspace_id }) => workspace_id)}::text[],
          ${refs.map(({ id }) => id)}::text[]) as x(workspace_id, id)
        join ${sql.table('bellwire_deliveries')} d on d.workspace_id = x.workspace_id and d.id = x.id
          and ${isOpen('d')}
        order by d.id for update of d`,
      );

const readUses = async (session: Session, uses: readonly KeyUse[]): Promise<Map<string, FirstReceipt>> => {
  if (uses.length === 0) return new Map();
  const used = await eventsOfKeys(
    session,
    uses.map(({ workspace_id, tenant, idempotency_key }) => ({
      workspace_id,
      tenant: tenant ?? '',
      idempotency_key: idempotency_key ?? '',
    })),
  );
  if (used.length === 0) return new Map();
  const rows = await session.all<FirstReceipt & { readonly workspace_id: string }>(
    session.db
      .selectFrom('bellwire_events')
      .select(['workspace_id', 'id', 'type', 'tenant', 'occurred_at', 'created_at', 'deliver_at'])
      .select(['idempotency_key', 'deliveries', 'filtered', 'fingerprint'])
      .where('workspace_id', '=', sql<string>`any(${used.map(({ workspace_id }) => workspace_id)}::text[])`)
      .where('id', '=', sql<string>`any(${used.map(({ event_id }) => event_id)}::text[])`),
  );
  return new Map(
    rows.map(({ workspace_id, ...receipt }) => [keyOfUse({ ...receipt, workspace_id }), receipt]),
  );
};

const readFanOuts = async (
  session: Session,
  workspace_ids: ReadonlySet<string>,
): Promise<ReadonlySet<string>> => {
  if (workspace_ids.size === 0) return new Set();
  const rows = await session.all<{ readonly workspace_id: string }>(sql<{ readonly workspace_id: string }>`
    select workspace_id from unnest(${[...workspace_ids]}::text[]) as x(workspace_id)
    where exists (select 1 from ${sql.table('bellwire_fan_outs')} f where f.workspace_id = x.workspace_id)`);
  return new Set(rows.map(({ workspace_id }) => workspace_id));
};

/** Reads and locks these rows. Hooks come before deliveries, as in every transaction. */
export const readFacts = async (session: Session, needs: Needs, reader: HookReader): Promise<Facts> => {
  // Sent without waiting for the answer to each: the server runs them in this order.
  const [hooks, rows, order_rows, uses, fan_outs] = await Promise.all([
    lockHooks(session, needs.hook_ids, reader),
    lockDeliveries(session, needs.deliveries),
    readOrders(session, needs.orders),
    readUses(session, needs.uses),
    readFanOuts(session, needs.fan_outs),
  ]);
  const deliveries = new Map(rows.map((row) => [row.id, row]));
  const orders = OrderFacts.of(order_rows, deliveries);
  return { ...hooks, deliveries, orders, uses, fan_outs };
};
