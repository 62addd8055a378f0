import type { RecoveryKind, RecoverableStatus } from '../../packages/server/src/core/recovery.ts';
import type { Delivery } from '../../packages/server/src/core/delivery.ts';
import type { LeasedDelivery, Store } from '../../packages/server/src/ports/store.ts';
import type { OutboundRequest } from '../../packages/server/src/ports/transport.ts';
import type { HookSetup } from './arrange.ts';
import { createWorld, dataOf, type World } from './world.ts';

export const ORDER_HOOKS: readonly HookSetup[] = [
  { ordered: 1, order_key: 'key' },
  { ordered: 1, order_key: null },
];

/** Few attempts, so that many deliveries fail. */
const RETRY_DELAYS_MS = [0, 5_000, 60_000];

/** A delivery that has taken a place in an order. */
interface Placed {
  readonly order: string;
  readonly hook_id: string;
  /** The number of its event, from 0. */
  readonly number: number;
  /** When the receiver has answered 2xx, or a user has taken it out. */
  left_at: number;
}

const isPing = ({ body }: OutboundRequest): boolean => body.includes('"type":"ping"');

const numberOf = (request: OutboundRequest): number => Number(dataOf({ request, at: 0, nth: 1 })['number']);

/** Compares the requests to ordered hooks with the order in which the events were accepted. */
export interface OrderWatch {
  /** One line for each request that breaks the order. */
  readonly violations: readonly string[];
  /** The number of requests in order, and of those outside. */
  readonly counts: { readonly in_order: number; readonly outside: number };
}

export interface OrderedWorld {
  readonly world: World;
  readonly watch: OrderWatch;
  /** Sends events whose keys are taken in turn, and notes their places. */
  readonly send: (keys: readonly string[]) => Promise<void>;
  readonly switchOrder: (
    hook: string,
    order: { readonly ordered: 0 | 1; readonly order_key: string | null },
  ) => Promise<void>;
  readonly skip: (delivery_id: string) => Promise<string>;
  /** Runs a job over deliveries of a hook in these statuses to its end. */
  readonly run: (
    kind: RecoveryKind,
    hook_id: string,
    statuses: readonly RecoverableStatus[],
  ) => Promise<void>;
}

export interface OrderedWorldOptions {
  readonly seed: number;
  /** The status of each answer. */
  readonly answer: () => { readonly status: number; readonly after_ms?: number } | 'hang';
}

/** The methods of the store that lease deliveries; each lease is noted before it can be sent. */
const notingLeases = (store: Store, note: (leased: LeasedDelivery) => void): Partial<Store> => ({
  commitBatch: async (batch) => {
    const committed = await store.commitBatch(batch);
    for (const result of committed.accepted) if (result.kind === 'accepted') result.leased.forEach(note);
    committed.released.forEach(note);
    return committed;
  },
  continueFanOuts: async (slice) => {
    const continued = await store.continueFanOuts(slice);
    continued.leased.forEach(note);
    return continued;
  },
  claim: async (wanted) => {
    const leased = await store.claim(wanted);
    leased.forEach(note);
    return leased;
  },
  claimManually: async (one) => {
    const claimed = await store.claimManually(one);
    if (claimed.kind === 'leased') note(claimed.leased);
    return claimed;
  },
});

/** A world with ordered hooks that checks at every request whether an earlier event of its key is still to come. */
export const createOrderedWorld = async ({ seed, answer }: OrderedWorldOptions): Promise<OrderedWorld> => {
  const violations: string[] = [];
  const counts = { in_order: 0, outside: 0 };
  const placed: Placed[] = [];
  let next_number = 0;
  const settings = new Map<string, { ordered: 0 | 1; order_key: string | null }>();
  const hookOfUrl = new Map<string, string>();
  /** The latest lease of each event at each hook. */
  const leases = new Map<string, Delivery>();

  const observe = (request: OutboundRequest, answered_at: number): void => {
    const event_id = request.headers['webhook-id'] ?? '';
    const hook_id = hookOfUrl.get(request.url) ?? '';
    const leased = leases.get(`${event_id} ${hook_id}`);
    const number = isPing(request) ? -1 : numberOf(request);
    const own = placed.find((one) => one.number === number && one.hook_id === hook_id);
    const is_outside =
      leased === undefined ||
      leased.order_key === null ||
      leased.resume !== null ||
      leased.trigger === 'ping';
    if (is_outside) counts.outside += 1;
    else {
      counts.in_order += 1;
      const earlier = placed.slice(0, own === undefined ? 0 : placed.indexOf(own));
      const waiting = earlier.find(
        ({ order, left_at }) => order === own?.order && left_at > world.clock.now(),
      );
      if (own === undefined) violations.push(`event ${number} has a place but should not`);
      if (waiting !== undefined)
        violations.push(`event ${number} overtook ${waiting.number} in ${waiting.order}`);
    }
    if (own !== undefined) own.left_at = Math.min(own.left_at, answered_at);
  };

  const world: World = await createWorld({
    seed,
    retry_delays_ms: RETRY_DELAYS_MS,
    hooks: ORDER_HOOKS,
    limits: { hook_concurrency: 2, concurrency: 4 },
    wrapStore: (store) =>
      notingLeases(store, ({ delivery }) => leases.set(`${delivery.event_id} ${delivery.hook_id}`, delivery)),
    script: (request) => {
      const given = answer();
      const succeeds = given !== 'hang' && given.status < 300;
      observe(request, succeeds ? world.clock.now() + (given.after_ms ?? 0) : Infinity);
      return given;
    },
  });
  for (const [index, id] of world.hooks.entries()) {
    hookOfUrl.set((await world.arrange.hook(id)).url, id);
    const { ordered = 0, order_key = null } = ORDER_HOOKS[index]!;
    settings.set(id, { ordered, order_key });
  }

  const leave = async ({ event_id, hook_id }: { readonly event_id: string; readonly hook_id: string }) => {
    const event = (await world.arrange.events()).find(({ id }) => id === event_id);
    const { number } = JSON.parse(event?.data ?? '{}') as { readonly number?: number };
    const own = placed.find((one) => one.number === number && one.hook_id === hook_id);
    if (own !== undefined) own.left_at = world.clock.now();
  };

  const noteCanceled = async (): Promise<void> => {
    for (const delivery of await world.arrange.deliveries()) {
      if (delivery.status === 'canceled') await leave(delivery);
    }
  };

  return {
    world,
    watch: { violations, counts },
    send: async (keys) => {
      const first = next_number;
      next_number += keys.length;
      // Noted before they are sent: a request can precede the receipt.
      for (const [nth, key] of keys.entries()) {
        for (const [hook_id, { ordered, order_key }] of settings) {
          const order = `${hook_id} ${order_key === null ? '' : key}`;
          if (ordered === 1) placed.push({ order, hook_id, number: first + nth, left_at: Infinity });
        }
      }
      const sends = keys.map((key, nth) => world.send({ data: { key, number: first + nth } }));
      await world.clock.until(Promise.all(sends));
    },
    switchOrder: async (hook_id, order) => {
      settings.set(hook_id, order);
      await world.arrange.setHookOrder(hook_id, order);
    },
    skip: async (id) => {
      const delivery = await world.arrange.delivery(id);
      const { deliveries } = world.repositories;
      const { kind } = await deliveries.skip(world.workspace, id, world.clock.now());
      if (kind === 'skipped') await leave(delivery);
      return kind;
    },
    run: async (kind, hook_id, statuses) => {
      const now = world.clock.now();
      const { recoveries } = world.repositories;
      const everything = { delivery_ids: null, tenant: null, event_type: null, outcome: null, since: 0 };
      const job = await recoveries.create({
        id: world.ids('rcv'),
        workspace_id: world.workspace,
        kind,
        filter: { ...everything, hook_id, until: now + 1, statuses },
        owner: null,
        created_at: now,
      });
      const newId = () => world.ids('dlv');
      while ((await recoveries.get(world.workspace, job.id))?.status === 'running') {
        await recoveries.advance(job, { limit: 3, now, newId });
      }
      if (kind === 'cancel') await noteCanceled();
    },
  };
};
