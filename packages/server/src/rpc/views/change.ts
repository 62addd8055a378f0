import { z } from 'zod';
import { bulkReasons, hookChanges } from '../../core/changes.ts';
import type { Change } from '../../ports/changes.ts';
import type { ListedHook } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { shownInPortal } from '../portal.ts';
import type { StreamEvent } from '../verbs.ts';
import { deliveryView, viewDelivery } from './delivery.ts';
import { type HookFacts, hookView, viewHook } from './hook.ts';
import { recoveryView, viewRecovery } from './recovery.ts';

const hookChangeView = z.object({
  id: described(z.string(), 'The id of the hook.', EXAMPLE.hook_id),
  change: described(
    z.enum(hookChanges),
    'What happened. `failing`: an attempt failed after a success. `recovered`: an attempt succeeded after failures. `breaker`: its breaker has another state. `disabled`: by the server.',
    'deactivated',
  ),
  hook: hookView.nullable().meta({ description: 'The hook; null if it no longer exists.' }),
});

const bulkChangeView = z.object({
  reason: described(
    z.enum(bulkReasons),
    'Why deliveries changed. `burst`: too many changes to list, of any kind; read everything again.',
    'held',
  ),
  hook_id: described(z.string().nullable(), 'Their hook; null for any.', EXAMPLE.hook_id),
  tenant: described(z.string().nullable(), 'Their tenant; null for any.', null),
});

/** The data of each type of stream event. */
const dataViews = {
  delivery: deliveryView,
  hook: hookChangeView,
  recovery: recoveryView,
  deliveries_changed: bulkChangeView,
  reset: z.object({}).meta({ description: 'No fields.', examples: [{}] }),
};

export type StreamEventType = keyof typeof dataViews;

const eventOf = <T extends StreamEventType>(type: T) =>
  z.object({
    type: z.literal(type),
    id: described(z.string(), 'Resumes the stream after this event.', 'mgr2k1d8-42'),
    data: dataViews[type],
  });

/** One event of the stream. */
export const streamEventView = z
  .discriminatedUnion('type', [
    eventOf('delivery'),
    eventOf('hook'),
    eventOf('recovery'),
    eventOf('deliveries_changed'),
    eventOf('reset'),
  ])
  .meta({
    id: 'StreamEvent',
    description: 'An event of the stream: `type` is its `event:` line, `id` its `id:` line, `data` its JSON.',
  });

/** A change as the stream shows it, with what its filters look at. */
export interface ShownChange {
  readonly type: StreamEventType;
  readonly data: StreamEvent['data'];
  /** The same for a portal; absent if nothing differs. */
  readonly portal_data?: StreamEvent['data'];
  /** Null: of any hook. */
  readonly hook_id: string | null;
  readonly tenant: string | null;
  /** The tenant of that hook, or of all hooks that it concerns; null if it is not known or is of none. */
  readonly owner: string | null;
}

/** Shows changes as the API shows the same things. */
export const createViewChange =
  ({ factsOf, now }: { readonly factsOf: (hook: ListedHook) => HookFacts; readonly now: () => number }) =>
  (change: Change): ShownChange => {
    switch (change.kind) {
      case 'delivery': {
        const { hook_id, tenant, hook_tenant: owner } = change.delivery;
        return { type: 'delivery', data: viewDelivery(change.delivery, now()), hook_id, tenant, owner };
      }
      case 'hook': {
        const { hook_id, tenant, hook } = change;
        const data = {
          id: hook_id,
          change: change.change,
          hook: hook === null ? null : viewHook(hook, factsOf(hook)),
        };
        const portal_data = { ...data, hook: shownInPortal(data.hook) };
        return { type: 'hook', data, portal_data, hook_id, tenant, owner: tenant };
      }
      case 'recovery': {
        const { recovery } = change;
        const { hook_id, tenant } = recovery.filter;
        return { type: 'recovery', data: viewRecovery(recovery), hook_id, tenant, owner: recovery.owner };
      }
      case 'deliveries_changed': {
        const { reason, hook_id, tenant, owner } = change;
        return { type: change.kind, data: { reason, hook_id, tenant }, hook_id, tenant, owner };
      }
    }
  };

export interface ChangeFilter {
  readonly tenant?: string | undefined;
  readonly hook_id?: string | undefined;
  /** The tenant of a portal, which sees changes of its own hooks only. */
  readonly owner?: string | undefined;
}

type Filtered = Pick<ShownChange, 'type' | 'hook_id' | 'tenant' | 'owner'>;

/** Of changes that can concern every tenant, a portal learns only that it must read again. */
const isOwn = ({ type, hook_id, tenant, owner }: Filtered, wanted: string): boolean =>
  owner === wanted ||
  (type === 'deliveries_changed' && owner === null && hook_id === null && tenant === null);

/** Whether a filter lets a change pass. Only a `deliveries_changed` without a tenant passes for every tenant. */
export const passes = (change: Filtered, filter: ChangeFilter): boolean => {
  const { type, hook_id, tenant } = change;
  if (filter.owner !== undefined && !isOwn(change, filter.owner)) return false;
  if (filter.hook_id !== undefined && hook_id !== null && hook_id !== filter.hook_id) return false;
  if (filter.tenant === undefined || tenant === filter.tenant) return true;
  return type === 'deliveries_changed' && tenant === null;
};
