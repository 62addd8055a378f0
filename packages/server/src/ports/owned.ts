/** A tenant, whose own hooks are those with exactly this tenant: not those of every tenant. */
export interface Owner {
  readonly workspace_id: string;
  readonly tenant: string;
}

/** What can belong to a tenant by its hooks. */
export type OwnedKind = 'hook' | 'delivery' | 'event' | 'recovery';

/** Which things belong to a tenant. */
export interface Owned {
  /**
   * Those of the ids that belong to the tenant: its hooks, also deleted ones; deliveries to them; events with such a
   * delivery; jobs that cover only such deliveries. At most 1,000 ids.
   */
  readonly among: (owner: Owner, kind: OwnedKind, ids: readonly string[]) => Promise<ReadonlySet<string>>;
  /** The number of an event's deliveries to hooks of the tenant. */
  readonly countDeliveries: (owner: Owner, event_id: string) => Promise<number>;
  /** The tenants of hooks, also of deleted ones, by id. */
  readonly tenantsOfHooks: (
    workspace_id: string,
    hook_ids: readonly string[],
  ) => Promise<ReadonlyMap<string, string | null>>;
}
