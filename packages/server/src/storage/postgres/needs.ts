import { isThrottled } from '../../core/hook-throttle.ts';
import { orderKeyOf, takesPlace } from '../../core/order.ts';
import type { CommitBatch, NewEvent, Settlement } from '../../ports/store.ts';
import type { IndexedHook } from '../store/indexed-hook.ts';
import type { OrderRef } from '../store/orders.ts';
import type { Needs } from './facts.ts';
import type { HookIndex } from './hook-index.ts';

/** Collects the needs of a transaction. */
export class NeedsOf implements Needs {
  readonly hook_ids = new Set<string>();
  readonly deliveries: { readonly workspace_id: string; readonly id: string }[] = [];
  readonly uses: NewEvent[] = [];
  readonly orders: OrderRef[] = [];
  readonly fan_outs = new Set<string>();
  readonly #index: HookIndex;

  constructor(index: HookIndex) {
    this.#index = index;
  }

  /** A delivery of the event to each of these hooks. */
  deliver(
    event: Pick<NewEvent, 'workspace_id' | 'trigger' | 'deliver_at' | 'data'>,
    hooks: readonly IndexedHook[],
  ): void {
    for (const hook of hooks) {
      if (event.trigger === 'scheduled' && isThrottled(hook)) this.hook_ids.add(hook.id);
      if (!takesPlace(hook, event)) continue;
      this.hook_ids.add(hook.id);
      this.fan_outs.add(event.workspace_id);
      this.orders.push({ hook_id: hook.id, order_key: orderKeyOf(event.data, hook.order_key) });
    }
  }

  /** An attempt that succeeds changes nothing of a hook without a throttle and without failures. */
  settle(settlement: Settlement): void {
    const { delivery } = settlement;
    const { workspace_id, id, hook_id, order_key } = delivery;
    this.deliveries.push({ workspace_id, id });
    const hook = this.#index.hook(workspace_id, hook_id);
    const has_failed = settlement.kind === 'attempted' && settlement.attempt.outcome.kind !== 'succeeded';
    const has_state = hook !== undefined && (isThrottled(hook) || hook.is_failing);
    if (has_failed || has_state || order_key !== null) this.hook_ids.add(hook_id);
    if (order_key !== null) this.orders.push({ hook_id, order_key });
  }

  /** Due deliveries of a hook are leased. `has_throttle`: in the database, of which the memory can be behind. */
  claim(workspace_id: string, hook_id: string, has_throttle: boolean): void {
    const hook = this.#index.hook(workspace_id, hook_id);
    if (hook !== undefined && (has_throttle || isThrottled(hook))) this.hook_ids.add(hook_id);
  }

  /** An event is stored, with deliveries for its hooks. */
  accept(event: NewEvent): void {
    if (event.idempotency_key !== null) this.uses.push(event);
    const { workspace_id, type, tenant, hook_ids } = event;
    const named = hook_ids?.flatMap((id) => this.#index.hook(workspace_id, id) ?? []);
    this.deliver(event, named ?? this.#index.subscribers(workspace_id, type, tenant));
  }
}

/** The needs of a batch whose workspaces are in memory. */
export const needsOfBatch = (batch: CommitBatch, index: HookIndex): Needs => {
  const needs = new NeedsOf(index);
  for (const settlement of batch.settlements) needs.settle(settlement);
  for (const event of batch.events) needs.accept(event);
  return needs;
};
