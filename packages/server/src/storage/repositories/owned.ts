import type { Kysely } from 'kysely';
import type { Owned, OwnedKind, Owner } from '../../ports/owned.ts';
import type { Connections, Schema } from '../schema.ts';

const ownDeliveries = (reader: Kysely<Schema>, { workspace_id, tenant }: Owner) =>
  reader
    .selectFrom('bellwire_deliveries as delivery')
    .innerJoin('bellwire_hooks as hook', 'hook.id', 'delivery.hook_id')
    .where('delivery.workspace_id', '=', workspace_id)
    .where('hook.workspace_id', '=', workspace_id)
    .where('hook.tenant', '=', tenant);

type FindIds = (
  reader: Kysely<Schema>,
  owner: Owner,
  ids: readonly string[],
) => Promise<readonly { readonly id: string }[]>;

const findIds: Readonly<Record<OwnedKind, FindIds>> = {
  hook: (reader, { workspace_id, tenant }, ids) =>
    reader
      .selectFrom('bellwire_hooks')
      .select('id')
      .where('id', 'in', ids)
      .where('workspace_id', '=', workspace_id)
      .where('tenant', '=', tenant)
      .execute(),
  delivery: (reader, owner, ids) =>
    ownDeliveries(reader, owner).select('delivery.id').where('delivery.id', 'in', ids).execute(),
  event: (reader, owner, ids) =>
    ownDeliveries(reader, owner)
      .select('delivery.event_id as id')
      .distinct()
      .where('delivery.event_id', 'in', ids)
      .execute(),
  recovery: (reader, { workspace_id, tenant }, ids) =>
    reader
      .selectFrom('bellwire_recoveries')
      .select('id')
      .where('workspace_id', '=', workspace_id)
      .where('id', 'in', ids)
      .where('owner', '=', tenant)
      .execute(),
};

/** What belongs to a tenant by its hooks. */
export const createOwned = ({ reader }: Connections): Owned => ({
  among: async (owner, kind, ids) => {
    if (ids.length === 0) return new Set();
    return new Set((await findIds[kind](reader, owner, ids)).map(({ id }) => id));
  },
  countDeliveries: async (owner, event_id) => {
    const { count } = await ownDeliveries(reader, owner)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('delivery.event_id', '=', event_id)
      .executeTakeFirstOrThrow();
    return count;
  },
  tenantsOfHooks: async (workspace_id, hook_ids) => {
    if (hook_ids.length === 0) return new Map();
    const rows = await reader
      .selectFrom('bellwire_hooks')
      .select(['id', 'tenant'])
      .where('id', 'in', hook_ids)
      .where('workspace_id', '=', workspace_id)
      .execute();
    return new Map(rows.map(({ id, tenant }) => [id, tenant]));
  },
});
