import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import { ageOptions, type MaxAge } from '../max-age.ts';
import type { Schema } from '../schema.ts';
import type { Batch, TenantRef } from './batch.ts';
import type { Command } from './statement.ts';

/** Creates the tenant of an event if it does not exist, inside the open transaction. */
export type WriteTenant = (tenant: TenantRef, batch: Batch) => void;

const KNOWN_MAX = 50_000;

/** A cache of existing tenants, so that an event of a known tenant costs no statement. */
export class KnownTenants {
  readonly #known: LRUCache<string, true>;

  constructor(max_age: MaxAge | null) {
    this.#known = new LRUCache({ ...atMost(KNOWN_MAX), ...ageOptions(max_age) });
  }

  has({ workspace_id, tenant }: TenantRef): boolean {
    return this.#known.has(`${workspace_id}/${tenant}`);
  }

  add({ workspace_id, tenant }: TenantRef): void {
    this.#known.set(`${workspace_id}/${tenant}`, true);
  }

  delete({ workspace_id, tenant }: TenantRef): void {
    this.#known.delete(`${workspace_id}/${tenant}`);
  }
}

/** The columns of a new tenant. */
export type NewTenantRow = Omit<Schema['bellwire_tenants'], 'metadata' | 'limits'>;

/** A writer over a statement that inserts a tenant unless it exists. */
export const createTenantWriter =
  (insert: Command<NewTenantRow>, known: KnownTenants): WriteTenant =>
  (tenant, batch) => {
    if (known.has(tenant)) return;
    insert.run({ ...tenant, created_at: batch.now });
    batch.addTenant(tenant);
  };
