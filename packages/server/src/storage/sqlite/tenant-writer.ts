import { LRUCache } from 'lru-cache';
import type { Schema } from '../schema.ts';
import type { Batch, TenantRef } from './batch.ts';
import { columns, prepare, type SqliteConnection } from './prepared.ts';

/** Creates the tenant of an event if it does not exist, inside the open transaction. */
export type WriteTenant = (tenant: TenantRef, batch: Batch) => void;

/** A cache of existing tenants, so that an event of a known tenant costs no statement. */
export class KnownTenants {
  readonly #known = new LRUCache<string, true>({ max: 50_000 });

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

export const createTenantWriter = ({ db, raw }: SqliteConnection, known: KnownTenants): WriteTenant => {
  const insert = prepare<Omit<Schema['bellwire_tenants'], 'metadata' | 'limits'>>(raw, (param) =>
    db
      .insertInto('bellwire_tenants')
      .values(columns(param, ['workspace_id', 'tenant', 'created_at']))
      .onConflict((conflict) => conflict.doNothing()),
  );
  return (tenant, batch) => {
    if (known.has(tenant)) return;
    insert.run({ ...tenant, created_at: batch.now });
    batch.addTenant(tenant);
  };
};
