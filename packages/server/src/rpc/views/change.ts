import { z } from 'zod';
import { bulkReasons, hookChanges } from '../../core/changes.ts';
import type { SecretState } from '../../core/secret-state.ts';
import type { Change } from '../../ports/changes.ts';
import type { ListedHook } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import type { StreamEvent } from '../verbs.ts';
import { deliveryView, viewDelivery } from './delivery.ts';
import { hookView, viewHook } from './hook.ts';
import { recoveryView, viewRecovery } from './recovery.ts';

const hookChangeView = z.object({
  id: described(z.string(), 'The id of the hook.', EXAMPLE.hook_id),
  change: described(
    z.enum(hookChanges),
    'What happened. `failing`: an attempt failed after a success. `recovered`: an attempt succeeded after failures. `disabled`: by the server.',
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
  /** Null: of any hook. */
  readonly hook_id: string | null;
  readonly tenant: string | null;
}

/** Shows changes as the API shows the same things. */
export const createViewChange =
  (secretStateOf: (hook: ListedHook) => SecretState) =>
  (change: Change): ShownChange => {
    switch (change.kind) {
      case 'delivery': {
        const { hook_id, tenant } = change.delivery;
        return { type: 'delivery', data: viewDelivery(change.delivery), hook_id, tenant };
      }
      case 'hook': {
        const { hook_id, tenant, hook } = change;
        const data = {
          id: hook_id,
          change: change.change,
          hook: hook === null ? null : viewHook(hook, secretStateOf(hook)),
        };
        return { type: 'hook', data, hook_id, tenant };
      }
      case 'recovery': {
        const { hook_id, tenant } = change.recovery.filter;
        return { type: 'recovery', data: viewRecovery(change.recovery), hook_id, tenant };
      }
      case 'deliveries_changed': {
        const { reason, hook_id, tenant } = change;
        return { type: change.kind, data: { reason, hook_id, tenant }, hook_id, tenant };
      }
    }
  };

export interface ChangeFilter {
  readonly tenant?: string | undefined;
  readonly hook_id?: string | undefined;
}

/** Whether a filter lets a change pass. Only a `deliveries_changed` without a tenant passes for every tenant. */
export const passes = (
  { type, hook_id, tenant }: Pick<ShownChange, 'type' | 'hook_id' | 'tenant'>,
  filter: ChangeFilter,
): boolean => {
  if (filter.hook_id !== undefined && hook_id !== null && hook_id !== filter.hook_id) return false;
  if (filter.tenant === undefined || tenant === filter.tenant) return true;
  return type === 'deliveries_changed' && tenant === null;
};
