import { BellwireError } from '../../core/errors.ts';
import type { CommitBatch, HookSet, LeasedDelivery } from '../../ports/store.ts';
import { type Owner, ownerKey } from '../../core/owner.ts';
import type { HookThrottle } from '../../ports/store.ts';
import type { IndexedHook } from './indexed-hook.ts';
import { toHookThrottle } from './to-hook-throttle.ts';
import { StatsBatch } from './stats-batch.ts';

/** The committed hooks, which a transaction reads. */
export interface HookView {
  /** Undefined if it does not exist. */
  readonly hook: (workspace_id: string, id: string) => IndexedHook | undefined;
  /** The hooks of any status that receive scheduled events of a type and tenant. */
  readonly subscribers: (workspace_id: string, type: string, tenant: string | null) => readonly IndexedHook[];
}

/** A tenant that an event of the batch belongs to. */
export interface TenantRef {
  readonly workspace_id: string;
  readonly tenant: string;
}

/**
 * The state of one open transaction: the hooks that it has changed, and its counts. It is applied to memory only after
 * COMMIT, so that a rollback leaves nothing behind.
 */
export class Batch {
  readonly now: number;
  /** Deliveries stored so far. */
  stored = 0;
  /** Waiting deliveries held for hooks that the batch disabled. */
  held = 0;
  has_fan_outs = false;
  /** Deliveries leased because the one before them in their order has ended. */
  released: LeasedDelivery[] = [];
  /** Until when the batch leases deliveries; null if it leases none. */
  readonly lease_until: number | null;
  readonly stats = new StatsBatch();
  readonly #index: HookView;
  readonly #saturated_hooks: HookSet;
  #hooks = new Map<string, IndexedHook>();
  #changed_status = new Set<string>();
  #tenants: TenantRef[] = [];
  /** Owners of which an event did not fit the batch. */
  readonly #deferred = new Set<string>();
  /** By hook, whether deliveries in the store wait; null as long as no hook is throttled. */
  #throttles: Map<string, { readonly hook: IndexedHook; readonly waits: boolean }> | null = null;

  /** `leasing`: for a transaction that may lease released deliveries. */
  constructor(now: number, index: HookView, leasing?: Pick<CommitBatch, 'lease_until' | 'saturated_hooks'>) {
    this.now = now;
    this.#index = index;
    this.lease_until = leasing?.lease_until ?? null;
    this.#saturated_hooks = leasing?.saturated_hooks ?? new Set();
  }

  /** The hook, if it is active and its queue has room; null if not. */
  sendableHook(workspace_id: string, hook_id: string): IndexedHook | null {
    const hook = this.hook(workspace_id, hook_id);
    return hook?.status === 'active' && !this.#saturated_hooks.has(hook_id) ? hook : null;
  }

  /** Notes that an event did not fit: ordered deliveries of the same owner's later events must not overtake it. */
  defer(owner: Owner): void {
    this.#deferred.add(ownerKey(owner));
  }

  hasDeferred(owner: Owner): boolean {
    return this.#deferred.size > 0 && this.#deferred.has(ownerKey(owner));
  }

  /** The hook inside the transaction; undefined if it is deleted. */
  hook(workspace_id: string, id: string): IndexedHook | undefined {
    return this.#hooks.get(id) ?? this.#index.hook(workspace_id, id);
  }

  current(hook: IndexedHook): IndexedHook {
    return this.#hooks.get(hook.id) ?? hook;
  }

  subscribers(workspace_id: string, type: string, tenant: string | null): readonly IndexedHook[] {
    return this.#index.subscribers(workspace_id, type, tenant);
  }

  changeHook(hook: IndexedHook): void {
    const before = this.hook(hook.workspace_id, hook.id);
    if (before?.status !== hook.status) this.#changed_status.add(hook.id);
    this.#hooks.set(hook.id, hook);
  }

  /** Reports the throttle of a hook after COMMIT. */
  noteThrottle(hook: IndexedHook, { waits }: { readonly waits: boolean }): void {
    this.#throttles ??= new Map();
    this.#throttles.set(hook.id, { hook, waits });
  }

  /** The throttles to report. */
  throttles(): readonly HookThrottle[] {
    if (this.#throttles === null) return [];
    return [...this.#throttles.values()].map(({ hook, waits }) =>
      toHookThrottle(this.current(hook), { waits, now: this.now }),
    );
  }

  addTenant(tenant: TenantRef): void {
    this.#tenants.push(tenant);
  }

  /** The changes to apply to memory after COMMIT. */
  get changes() {
    return { hooks: this.#hooks.values(), changed_status: this.#changed_status, tenants: this.#tenants };
  }

  /** Runs one item in a `savepoint`. If it throws, the database and this batch are rolled back to it. */
  isolate<T>(savepoint: (work: () => T) => T, work: () => T): T {
    const { stored, held, has_fan_outs } = this;
    const released = [...this.released];
    const hooks = new Map(this.#hooks);
    const changed_status = new Set(this.#changed_status);
    const tenants = [...this.#tenants];
    const throttles = this.#throttles === null ? null : new Map(this.#throttles);
    try {
      return savepoint(work);
    } catch (error) {
      Object.assign(this, { stored, held, has_fan_outs, released });
      this.#hooks = hooks;
      this.#changed_status = changed_status;
      this.#tenants = tenants;
      this.#throttles = throttles;
      throw error;
    }
  }
}

/** The error of an item that the database refuses while it accepts others. */
export const toItemError = (error: unknown): BellwireError =>
  error instanceof BellwireError
    ? error
    : new BellwireError(
        'internal',
        'The database refused to store this item. Others are not affected; the server log has the details.',
        { cause: error },
      );
