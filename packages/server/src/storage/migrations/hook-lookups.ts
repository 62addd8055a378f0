import { type Kysely, sql } from 'kysely';

/**
 * The indexes that find a hook of a tenant by its idempotency key, URL or name, hooks for operational events, and hooks
 * whose waiting deliveries still change.
 */
export const createHookLookups = async (db: Kysely<unknown>): Promise<void> => {
  const index = (name: string) => db.schema.createIndex(name).on('bellwire_hooks');
  await index('bellwire_hooks_idempotency')
    .unique()
    .expression(sql`workspace_id, idempotency_key, coalesce(tenant, '')`)
    .where(sql.ref('idempotency_key'), 'is not', null)
    .execute();
  // Part of the URL, because PostgreSQL limits the length of an index entry.
  await index('bellwire_hooks_url')
    .expression(sql`workspace_id, coalesce(tenant, ''), substr(url, 1, 256)`)
    .where(sql.ref('deleted_at'), 'is', null)
    .execute();
  await index('bellwire_hooks_name')
    .expression(sql`workspace_id, coalesce(tenant, ''), name`)
    .where(sql.ref('deleted_at'), 'is', null)
    .execute();
  await index('bellwire_hooks_operational')
    .columns(['workspace_id'])
    .where(sql.ref('is_operational'), '=', sql.lit(1))
    .execute();
  await index('bellwire_hooks_stopping').columns(['id']).where(sql.ref('stopping'), 'is not', null).execute();
};
