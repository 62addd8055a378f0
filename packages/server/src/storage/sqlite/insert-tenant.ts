import type { NewTenantRow } from '../store/tenant-writer.ts';
import { columns, prepare, type Prepared, type SqliteConnection } from './prepared.ts';

/** Inserts a tenant unless it exists. */
export const createInsertTenant = ({ db, raw }: SqliteConnection): Prepared<NewTenantRow, never> =>
  prepare<NewTenantRow>(raw, (param) =>
    db
      .insertInto('bellwire_tenants')
      .values(columns(param, ['workspace_id', 'tenant', 'created_at']))
      .onConflict((conflict) => conflict.doNothing()),
  );
