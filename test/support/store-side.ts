import type { SendableHook } from '../../packages/server/src/core/hook.ts';
import { LEASE_MS } from '../../packages/server/src/core/lease.ts';
import type {
  HookThrottle,
  LeasedDelivery,
  NewEvent,
  Settlement,
  Store,
} from '../../packages/server/src/ports/store.ts';
import type { Repositories } from '../../packages/server/src/ports/repositories.ts';
import { createKit } from '../storage/conformance/kit.ts';
import type {
  CommitStep,
  EventChoice,
  HookChoice,
  JobStep,
  PruneStep,
  SettlementChoice,
  StoreStep,
} from './store-steps.ts';
import { sorted } from './store-contents.ts';
import { newEventOf, newHookOf, settlementOf } from './store-inputs.ts';
import type { StoreUnderTest } from './test-store.ts';

/** No command needs as many slices. */
const SLICES_MAX = 2_000;
/** Leases that have ended, of which a settlement is stale. */
const PAST_MAX = 30;
const ANYTHING = { delivery_ids: null, tenant: null, event_type: null, outcome: null, since: 0 };

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const byDelivery = (leased: readonly LeasedDelivery[]): readonly LeasedDelivery[] =>
  leased.toSorted((a, b) => (a.delivery.id < b.delivery.id ? -1 : 1));

/** A cached hook can have old failure counters: a hook that is sent does not need them. */
const withoutHealth = (hook: SendableHook | null) =>
  hook && { ...hook, consecutive_failures: null, failing_since: null, last_failure: null };

export interface Answer {
  readonly result: unknown;
  /** The last report of each hook during the command. */
  readonly throttles: ReadonlyMap<string, HookThrottle>;
}

/** One store with what a history has put into it, and the leases that a node would have in memory. */
export class StoreSide {
  readonly #under_test: StoreUnderTest;
  readonly #now: () => number;
  readonly #kit: ReturnType<typeof createKit>;
  #store: Store;
  #repositories: Repositories;
  #workspaces: readonly string[] = [];
  readonly #hooks: { readonly workspace_id: string; readonly id: string }[] = [];
  readonly #events: { readonly workspace_id: string; readonly id: string }[] = [];
  #held: LeasedDelivery[] = [];
  #past: LeasedDelivery[] = [];
  readonly #throttles = new Map<string, HookThrottle>();

  constructor(under_test: StoreUnderTest, now: () => number) {
    this.#under_test = under_test;
    this.#now = now;
    this.#kit = createKit(under_test);
    this.#store = under_test.store;
    this.#repositories = under_test.repositories;
    this.#watch();
  }

  /** Adds two workspaces, of which one checks its event types, and two hooks. */
  async begin(): Promise<void> {
    const { arrange } = this.#under_test;
    this.#workspaces = [await arrange.addWorkspace(), await arrange.addWorkspace()];
    const order = { ordered: false, order_key: null };
    const plain = { events: ['*'], tenant: null, filter: null, rate_limit: null, max_attempts: null };
    for (const ordered of [false, true]) {
      await this.#create({ ...plain, status: 'active', order: { ...order, ordered } }, 0);
    }
  }

  /** Runs one command. Returns what the store answers, sorted where the port specifies no order. */
  async run(step: StoreStep): Promise<Answer> {
    this.#throttles.clear();
    return { result: await this.#run(step), throttles: new Map(this.#throttles) };
  }

  async #run(step: StoreStep): Promise<unknown> {
    switch (step.kind) {
      case 'advance':
        return null;
      case 'commit':
        return this.#commit(step);
      case 'create':
        return this.#create(step.hook, step.hook.events.length - 1);
      case 'change': {
        const { workspace_id, id } = this.#at(this.#hooks, step.which);
        const change = { ...step.change, updated_at: this.#now() };
        return this.#repositories.hooks.update(workspace_id, id, change);
      }
      case 'remove':
      case 'rotate':
        return this.#onHook(step.kind, step.which);
      case 'manual':
      case 'skip':
      case 'erase':
        return this.#onDelivery(step.kind, step.which);
      case 'continue':
        return this.#continue(step);
      case 'claim':
        return this.#claim(step.limit);
      case 'extend':
        return this.#extend(step.of);
      case 'expire':
        return this.#expire(step.held);
      case 'restart':
        return this.#restart();
      case 'stop':
      case 'pullIn':
        return this.#walkHooks(step.kind, step.limit);
      case 'recover':
      case 'cancel':
        return this.#runJob(step);
      case 'prune':
      case 'prunePayloads':
      case 'pruneStats':
        return this.#prune(step);
      case 'pruneSecrets':
        return this.#store.pruneSecrets({ now: this.#now(), limit: 100 });
      case 'read':
        return this.#read();
    }
  }

  get #times() {
    return { now: this.#now(), lease_until: this.#now() + LEASE_MS };
  }

  #at<T>(items: readonly T[], which: number): T {
    return items[which % items.length]!;
  }

  #watch(): void {
    this.#store.watchThrottles((throttles) => {
      for (const one of throttles) this.#throttles.set(one.hook_id, one);
    });
  }

  #hold(leased: readonly LeasedDelivery[]): void {
    this.#held.push(...leased);
  }

  async #create(choice: HookChoice, nth: number) {
    const workspace_id = this.#at(this.#workspaces, nth);
    const hook = newHookOf(choice, { workspace_id, now: this.#now(), ids: this.#under_test.ids });
    this.#hooks.push({ workspace_id, id: hook.id });
    return this.#repositories.hooks.create(hook);
  }

  #event(choice: EventChoice): NewEvent {
    const hook = this.#at(this.#hooks, choice.only ?? 0);
    const workspace_id = this.#at(this.#workspaces, choice.amount % 4 === 0 ? 1 : 0);
    return newEventOf(choice, { kit: this.#kit, now: this.#now(), hook, workspace_id });
  }

  /** Empty without leases to settle. */
  #settlement(choice: SettlementChoice): readonly Settlement[] {
    const leases = choice.is_past ? this.#past : this.#held;
    if (leases.length === 0) return [];
    const lease = this.#at(leases, choice.lease);
    return [settlementOf(choice, { kit: this.#kit, now: this.#now(), lease })];
  }

  async #commit({ events, settlements, saturated, max_deliveries }: CommitStep) {
    // A node settles each of its leases once.
    const settled = [
      ...new Map(
        settlements.flatMap((choice) =>
          this.#settlement(choice).map((one) => [one.delivery.id, one] as const),
        ),
      ).values(),
    ];
    const accepted = events.map((choice) => this.#event(choice));
    const result = await this.#store.commitBatch({
      ...this.#times,
      events: accepted,
      settlements: settled,
      saturated_hooks: new Set(saturated === null ? [] : [this.#at(this.#hooks, saturated).id]),
      max_deliveries,
    });
    this.#end(new Set(settled.map(({ delivery }) => delivery.id)));
    for (const [index, one] of result.accepted.entries()) {
      if (one.kind !== 'accepted') continue;
      this.#events.push({ workspace_id: accepted[index]!.workspace_id, id: one.receipt.id });
      this.#hold(one.leased);
    }
    this.#hold(result.released);
    return { ...result, released: byDelivery(result.released) };
  }

  #end(delivery_ids: ReadonlySet<string>): void {
    const ended = this.#held.filter(({ delivery }) => delivery_ids.has(delivery.id));
    this.#held = this.#held.filter(({ delivery }) => !delivery_ids.has(delivery.id));
    this.#past = [...this.#past, ...ended].slice(-PAST_MAX);
  }

  async #onHook(kind: 'remove' | 'rotate', which: number) {
    const { workspace_id, id } = this.#at(this.#hooks, which);
    const { hooks } = this.#repositories;
    const now = this.#now();
    if (kind === 'remove') return which % 3 === 0 ? hooks.remove(workspace_id, id, now) : null;
    const secret = { id: this.#under_test.ids('sec'), value: `whsec_${which}` };
    return hooks.rotateSecret(workspace_id, id, { secret, now, previous_expires_at: now + 60_000 });
  }

  async #onDelivery(kind: 'manual' | 'skip' | 'erase', which: number) {
    const { deliveries, erasures } = this.#repositories;
    const now = this.#now();
    if (kind === 'erase') {
      if (this.#events.length === 0 || which % 3 !== 0) return null;
      const { workspace_id, id } = this.#at(this.#events, which);
      const steps = [];
      do steps.push(await erasures.eraseEvent(workspace_id, id, { limit: 100, now }));
      while (steps.at(-1) === 'more' && steps.length < SLICES_MAX);
      return steps;
    }
    const all = await this.#under_test.arrange.deliveries();
    if (all.length === 0) return null;
    const { workspace_id, id } = this.#at(all, which);
    if (kind === 'skip') return deliveries.skip(workspace_id, id, now);
    const claim = await this.#store.claimManually({ ...this.#times, workspace_id, delivery_id: id });
    if (claim.kind === 'leased') this.#hold([claim.leased]);
    return claim;
  }

  async #continue({ max_deliveries, closed }: Extract<StoreStep, { kind: 'continue' }>) {
    const slice = await this.#store.continueFanOuts({
      ...this.#times,
      saturated_hooks: new Set(),
      max_deliveries,
      isOpen: ([, tenant]) => tenant !== closed,
    });
    this.#hold(slice.leased);
    return slice;
  }

  async #due() {
    const hooks = [];
    let after: string | null = null;
    do {
      const step: Awaited<ReturnType<Store['dueHooks']>> = await this.#store.dueHooks({
        now: this.#now(),
        after,
        limit: 3,
      });
      hooks.push(...step.hooks);
      after = step.next;
    } while (after !== null);
    return hooks;
  }

  async #claim(limit: number) {
    await this.#untie();
    const due = await this.#due();
    const wants = due.map(({ workspace_id, hook_id }) => ({ workspace_id, hook_id, limit }));
    const leased = byDelivery(await this.#store.claim({ ...this.#times, wants }));
    this.#hold(leased);
    return { due, leased };
  }

  /** The port does not specify which of two deliveries is claimed that are due at the same millisecond: none are. */
  async #untie(): Promise<void> {
    const { arrange } = this.#under_test;
    const pending = (await arrange.deliveries()).filter(({ next_attempt_at }) => next_attempt_at !== null);
    const earliest = new Map<string, number>();
    for (const { id, hook_id, next_attempt_at } of pending.toSorted(
      (a, b) => b.next_attempt_at! - a.next_attempt_at! || (a.id < b.id ? 1 : -1),
    )) {
      const at = Math.min(next_attempt_at!, (earliest.get(hook_id) ?? Infinity) - 1);
      earliest.set(hook_id, at);
      if (at !== next_attempt_at) await arrange.changeDelivery(id, { next_attempt_at: at });
    }
  }

  async #extend(of: 'held' | 'past') {
    const leases = of === 'past' ? this.#past : this.#held;
    return sorted(await this.#store.extendLeases({ ...this.#times, leases }));
  }

  async #expire(held: number) {
    const kept = new Set(this.#held.slice(0, held).map(({ delivery }) => delivery.id));
    return this.#store.releaseLeases({ now: this.#now(), of: 'expired', held: () => kept });
  }

  /** The next process takes over the database: no lease of the last one is valid. */
  async #restart() {
    const { store, repositories } = this.#under_test.reopen();
    this.#store = store;
    this.#repositories = repositories;
    this.#watch();
    this.#end(new Set(this.#held.map(({ delivery }) => delivery.id)));
    const released = [];
    do released.push(await store.releaseLeases({ now: this.#now(), of: 'dead_nodes' }));
    while (released.at(-1) !== 0 && released.length < SLICES_MAX);
    return released;
  }

  async #walkHooks(kind: 'stop' | 'pullIn', limit: number) {
    const now = this.#now();
    if (kind === 'stop') {
      const stops = [];
      do stops.push(await this.#store.stopDeliveries({ now, limit }));
      while (stops.at(-1)!.stopped > 0 && stops.length < SLICES_MAX);
      return {
        stopped: sum(stops.map(({ stopped }) => stopped)),
        hooks: new Set(stops.flatMap(({ hooks }) => hooks.map(({ hook_id }) => hook_id))),
      };
    }
    const pulls = [];
    let after: string | null = '';
    do {
      const pull: Awaited<ReturnType<Store['pullIn']>> = await this.#store.pullIn({
        now,
        beyond: now + 1_000,
        after,
        limit,
      });
      pulls.push(pull.pulled);
      after = pull.next;
    } while (after !== null && pulls.length < SLICES_MAX);
    return sum(pulls);
  }

  async #runJob({ kind, hook, statuses }: JobStep) {
    const { recoveries } = this.#repositories;
    const now = this.#now();
    const chosen = hook === null ? null : this.#at(this.#hooks, hook);
    const filter = {
      ...ANYTHING,
      hook_id: chosen?.id ?? null,
      until: now + 1,
      statuses: kind === 'cancel' ? (['pending', 'held'] as const) : statuses,
    };
    const workspace_id = chosen?.workspace_id ?? this.#at(this.#workspaces, 0);
    const id = this.#under_test.ids('rcv');
    const job = await recoveries.create({ id, workspace_id, kind, filter, owner: null, created_at: now });
    const newId = () => this.#under_test.ids('dlv');
    for (let slices = 0; slices < SLICES_MAX; slices += 1) {
      const current = await recoveries.get(workspace_id, id);
      if (current?.status !== 'running') return current;
      await recoveries.advance(job, { limit: 3, now, newId });
    }
    throw new Error('the job does not end');
  }

  /** Slices can end at other rows, but all of them together do the same. */
  async #prune({ kind, age_ms, limit }: PruneStep) {
    const slice = { now: this.#now(), before: this.#now() - age_ms, limit };
    const slices: Readonly<Record<string, number | boolean>>[] = [];
    for (let has_more = true; has_more && slices.length < SLICES_MAX;) {
      if (kind === 'pruneStats') {
        const removed = await this.#store.pruneStats(slice);
        slices.push({ removed });
        has_more = removed > 0;
      } else {
        const result = await this.#store[kind](slice);
        slices.push({ ...result });
        ({ has_more } = result);
      }
    }
    return ['deleted', 'expired', 'removed'].map((name) => sum(slices.map((one) => Number(one[name] ?? 0))));
  }

  async #read() {
    const store = this.#store;
    const workspace_id = this.#at(this.#workspaces, 0);
    // Before `filters`, as the port specifies.
    const catalog = await store.catalog(workspace_id);
    const hooks = await store.hooks(this.#hooks.map(({ id }) => id));
    const filters = (await store.filters(workspace_id, 'order.created', 'cus_1')) ?? [];
    const of_type = (type: string) => store.subscribers(workspace_id, type);
    const leases = this.#held.map(({ delivery }) => delivery);
    return {
      catalog,
      hooks: sorted([...hooks.values()].map(withoutHealth)),
      events: sorted((await store.events(leases)).values()),
      subscribers: [sorted(await of_type('order.paid')), sorted(await of_type('invoice.paid'))],
      filters: sorted(filters.map(({ id }) => id)),
      open: await store.openDeliveries(this.#now()),
      breakers: await store.openBreakers(),
    };
  }
}
