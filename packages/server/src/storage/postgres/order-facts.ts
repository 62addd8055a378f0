import { sql } from 'kysely';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import type { OrderRef } from '../store/orders.ts';
import { AlreadyChanged } from './already-changed.ts';
import type { Session } from './session.ts';

/** Deliveries read of the beginning of an order: more can leave it in one transaction only after manual attempts. */
const FIRST_MAX = 16;

type LastRow = OrderRef & { readonly last: number | null };

/** The first deliveries of orders, and the last position of each. */
interface OrderRows {
  readonly firsts: readonly DeliveryRow[];
  readonly lasts: readonly LastRow[];
}

interface Order {
  /** The first deliveries, locked. */
  readonly first: readonly DeliveryRow[];
  /** There are more of them. */
  readonly has_more: boolean;
  last: number | undefined;
  /** The transaction has added a delivery to it. */
  has_new: boolean;
}

const keyOf = ({ hook_id, order_key }: OrderRef): string => `${hook_id} ${order_key}`;

/** The orders that a transaction has locked with their hooks. */
export class OrderFacts {
  readonly #orders: ReadonlyMap<string, Order>;

  private constructor(orders: ReadonlyMap<string, Order>) {
    this.#orders = orders;
  }

  /** `deliveries`: those that the transaction has locked, to which these are added. */
  static of({ firsts, lasts }: OrderRows, deliveries: Map<string, DeliveryRow>): OrderFacts {
    const orders = new Map<string, Order>();
    const first_of = Map.groupBy(firsts, ({ hook_id, order_key }) =>
      keyOf({ hook_id, order_key: order_key ?? '' }),
    );
    for (const { last, ...ref } of lasts) {
      const read = (first_of.get(keyOf(ref)) ?? []).toSorted(
        (a, b) => (a.order_position ?? 0) - (b.order_position ?? 0),
      );
      const first = read.map((row) => deliveries.get(row.id) ?? row);
      for (const row of first) deliveries.set(row.id, row);
      orders.set(keyOf(ref), {
        first,
        has_more: read.length === FIRST_MAX,
        last: last ?? undefined,
        has_new: false,
      });
    }
    return new OrderFacts(orders);
  }

  /** Adds a new delivery, if it has a place. */
  add({ hook_id, order_key, order_position }: DeliveryRow): void {
    if (order_key === null || order_position === null) return;
    Object.assign(this.#of({ hook_id, order_key }), { last: order_position, has_new: true });
  }

  /** The last position; undefined for an order without deliveries. */
  last(ref: OrderRef): number | undefined {
    const order = this.#of(ref);
    if (order.has_new || order.has_more) return order.last;
    return this.#remaining(ref).at(-1)?.order_position ?? undefined;
  }

  /** The first delivery of an order that was there before the transaction. */
  first(ref: OrderRef): DeliveryRow | undefined {
    const [first] = this.#remaining(ref);
    if (first === undefined && this.#of(ref).has_more) {
      throw new AlreadyChanged('more deliveries have left an order than were read');
    }
    return first;
  }

  #remaining(ref: OrderRef): readonly DeliveryRow[] {
    return this.#of(ref).first.filter(({ order_key }) => order_key === ref.order_key);
  }

  #of(ref: OrderRef): Order {
    const order = this.#orders.get(keyOf(ref));
    if (order === undefined) throw new AlreadyChanged(`an order of the hook ${ref.hook_id} was not read`);
    return order;
  }
}

/** Reads and locks the beginnings of orders. Their hooks are locked. */
export const readOrders = async (session: Session, refs: readonly OrderRef[]): Promise<OrderRows> => {
  const distinct = [...new Map(refs.map((ref) => [keyOf(ref), ref])).values()];
  if (distinct.length === 0) return { firsts: [], lasts: [] };
  const hook_ids = distinct.map(({ hook_id }) => hook_id);
  const keys = distinct.map(({ order_key }) => order_key);
  const table = sql.table('bellwire_deliveries');
  // Failed deliveries keep their places, on any day: to plan all partitions would take longer than to read them.
  const [firsts, lasts] = await Promise.all([
    session.allPlanned<DeliveryRow>(
      'order_firsts',
      sql<DeliveryRow>`
    select d.* from unnest(${hook_ids}::text[], ${keys}::text[]) as x(hook_id, order_key) cross join lateral (
      select * from ${table} where hook_id = x.hook_id and order_key = x.order_key
      order by order_position limit ${sql.lit(FIRST_MAX)} for update) d`,
    ),
    session.allPlanned<LastRow>(
      'order_lasts',
      sql<LastRow>`
    select x.hook_id, x.order_key, (select max(order_position) from ${table} d
      where d.hook_id = x.hook_id and d.order_key = x.order_key) as last
    from unnest(${hook_ids}::text[], ${keys}::text[]) as x(hook_id, order_key)`,
    ),
  ]);
  return { firsts, lasts };
};
