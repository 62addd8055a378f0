import type { BulkChange } from '../core/changes.ts';
import type { ChangedHook } from '../ports/changes.ts';

/** Deliveries and events per batch. More are not worth reading one by one. */
export const CHANGED_MAX = 1_000;
const HOOKS_MAX = 200;
const BULK_MAX = 200;

const BURST: BulkChange = { reason: 'burst', hook_id: null, tenant: null };

const keyOf = ({ reason, hook_id, tenant }: BulkChange): string =>
  `${reason} ${hook_id ?? ''} ${tenant ?? ''}`;

/** What changed in a workspace since the last batch. Bounded: beyond its limits, it keeps only that many changed. */
export class PendingChanges {
  readonly deliveries = new Set<string>();
  readonly events = new Set<string>();
  readonly hooks = new Map<string, ChangedHook>();
  readonly recoveries = new Set<string>();
  readonly #bulk = new Map<string, BulkChange>();

  get isEmpty(): boolean {
    const { deliveries, events, hooks, recoveries } = this;
    return [deliveries, events, hooks, recoveries, this.#bulk].every(({ size }) => size === 0);
  }

  get bulk(): readonly BulkChange[] {
    return [...this.#bulk.values()];
  }

  addRow(kind: 'deliveries' | 'events', id: string): void {
    if (this.deliveries.size + this.events.size < CHANGED_MAX) this[kind].add(id);
    else if (!this[kind].has(id)) this.addBurst();
  }

  addHook(changed: ChangedHook): void {
    const { hook_id, change } = changed;
    if (this.hooks.size < HOOKS_MAX) this.hooks.set(`${hook_id} ${change}`, changed);
    else this.addBurst();
  }

  addRecovery(id: string): void {
    this.recoveries.add(id);
  }

  addBulk(change: BulkChange): void {
    if (this.#bulk.size < BULK_MAX) this.#bulk.set(keyOf(change), change);
    else this.addBurst();
  }

  addBurst(): void {
    this.#bulk.set(keyOf(BURST), BURST);
  }
}
