import { ALWAYS_DELIVERED, type Trigger } from './event.ts';
import type { Filter, FilterVerdict } from './filter/compile-filter.ts';
import { type HookStatus, isSubscribed } from './hook.ts';
import { isOperational } from './operational-events.ts';

/** The tenant of hooks that receive the events of every tenant. */
export const EVERY_TENANT = '*';

/** The part of a hook that decides which events it receives. */
export interface Subscription {
  readonly id: string;
  /** Null for a hook without a tenant, `*` for one that serves every tenant. */
  readonly tenant: string | null;
  readonly events: readonly string[];
  readonly status: HookStatus;
  readonly dialect: string;
}

/** The part of an event that decides which hooks receive it. */
export interface Addressed {
  readonly type: string;
  readonly tenant: string | null;
  /** The only hooks that may receive it; null for every subscribed one. */
  readonly hook_ids: readonly string[] | null;
  readonly trigger: Trigger;
}

/** Whether a hook receives events of a tenant: its own tenant's, or every tenant's if its tenant is `*`. */
export const servesTenant = (hook: Pick<Subscription, 'tenant'>, tenant: string | null): boolean =>
  hook.tenant === EVERY_TENANT || hook.tenant === tenant;

/** Whether a hook receives scheduled events of a type and tenant. Operational events are only for hooks without a tenant. */
export const isSubscriber = (hook: Subscription, type: string, tenant: string | null): boolean =>
  servesTenant(hook, tenant) && (hook.tenant === null || !isOperational(type)) && isSubscribed(hook, type);

/** The hooks in an event's `hook_ids`, without duplicates; or the first id that does not exist. */
const namedHooks = <H extends Subscription>(
  ids: readonly string[],
  byId: (id: string) => H | undefined,
): readonly H[] | { readonly unknown: string } => {
  const named: H[] = [];
  for (const id of new Set(ids)) {
    const hook = byId(id);
    if (hook === undefined) return { unknown: id };
    named.push(hook);
  }
  return named;
};

/**
 * The hooks that receive an event. `hook_ids` narrows the fan-out and never widens it, except that a ping, test or
 * validation goes to exactly the hook that it names, regardless of subscriptions.
 */
export const selectTargets = <H extends Subscription>(
  event: Addressed,
  hooks: {
    readonly byId: (id: string) => H | undefined;
    readonly subscribers: (type: string, tenant: string | null) => readonly H[];
  },
): readonly H[] | { readonly unknown: string } => {
  if (event.hook_ids === null) return hooks.subscribers(event.type, event.tenant);
  const named = namedHooks(event.hook_ids, hooks.byId);
  if ('unknown' in named || event.trigger !== 'scheduled') return named;
  return named.filter((hook) => isSubscriber(hook, event.type, event.tenant));
};

/** The hooks of an event whose deliveries are stored with it, and the others, whose deliveries are stored later. */
export interface DealtTargets<H> {
  readonly first: readonly H[];
  readonly later: readonly H[];
}

/**
 * Deals the hooks of an event. `room` is the number of deliveries that its batch can store. Ordered hooks come first, but
 * all of them later if `is_waiting`: an earlier event may then still have to store its deliveries for them.
 */
export const dealTargets = <H extends { readonly ordered: boolean }>(
  targets: readonly H[],
  { room, is_waiting }: { readonly room: number; readonly is_waiting: boolean },
): DealtTargets<H> => {
  const ordered = targets.filter((hook) => hook.ordered);
  // Thousands of hooks are not copied for none.
  const others = ordered.length === 0 ? targets : targets.filter((hook) => !hook.ordered);
  const now = is_waiting || ordered.length === 0 ? others : [...ordered, ...others];
  // A large event leaves room for the small ones of others that come after it in its batch.
  const stored = now.length > room ? Math.ceil(room / 2) : room;
  const rest = now.slice(stored);
  return { first: now.slice(0, stored), later: is_waiting ? [...ordered, ...rest] : rest };
};

/**
 * Whether the filters of hooks apply to an event: not to a ping, test or validation, nor to one that the sender addresses
 * with `hook_ids`. Those of an operational event only leave out the hook that it is about.
 */
export const isFilterable = ({ trigger, type, hook_ids }: Omit<Addressed, 'tenant'>): boolean =>
  trigger === 'scheduled' && (hook_ids === null || isOperational(type)) && !ALWAYS_DELIVERED.includes(type);

/** The hooks without those whose filter does not match; a filter that fails lets the event pass. */
export const withoutFiltered = <H extends { readonly filter: Filter | null }>(
  hooks: readonly H[],
  verdictOf: (filter: Filter) => FilterVerdict,
): readonly H[] =>
  hooks.some(({ filter }) => filter !== null)
    ? hooks.filter(({ filter }) => filter === null || verdictOf(filter) !== 'no_match')
    : hooks;

/**
 * The first status of a delivery: `sending` (leased by the node that stores it), `pending` if it must wait,
 * `held` for a hook that is not active. Pings, tests and validations are always sent immediately.
 */
export const firstStatus = (
  trigger: Trigger,
  hook_status: HookStatus,
  must_wait: boolean,
): 'sending' | 'pending' | 'held' => {
  if (trigger !== 'scheduled') return 'sending';
  if (hook_status !== 'active') return 'held';
  return must_wait ? 'pending' : 'sending';
};
