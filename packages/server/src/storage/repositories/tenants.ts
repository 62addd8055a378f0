import { type Kysely, type Selectable, sql } from 'kysely';
import { toLimits } from '../../core/limits.ts';
import { ownerKey } from '../../core/owner.ts';
import type { Repositories, Tenant } from '../../ports/repositories.ts';
import type { Connections, Schema } from '../schema.ts';
import { rowsToFetch, toPage } from './page.ts';
import type { RepositoryParts } from './parts.ts';

type TenantRow = Selectable<Schema['bellwire_tenants']>;
type HookCounts = Tenant['hooks'];

const NO_HOOKS: HookCounts = { active: 0, failing: 0, paused: 0, disabled: 0, unvalidated: 0 };

const toSettings = (row: Pick<TenantRow, 'metadata' | 'limits'>): Pick<Tenant, 'metadata' | 'limits'> => ({
  metadata: JSON.parse(row.metadata) as Tenant['metadata'],
  limits: toLimits(row.limits),
});

const toTenant = (row: TenantRow, hooks: HookCounts = NO_HOOKS): Tenant => ({
  tenant: row.tenant,
  ...toSettings(row),
  hooks,
  created_at: row.created_at,
});

/** The number of hooks by status, for tenants of one workspace. The index on hooks by tenant serves. */
const countHooks = async (
  db: Kysely<Schema>,
  workspace_id: string,
  tenants: readonly string[],
): Promise<ReadonlyMap<string, HookCounts>> => {
  if (tenants.length === 0) return new Map();
  const rows = await db
    .selectFrom('bellwire_hooks')
    .select(['tenant', 'status', ({ fn }) => fn.countAll<number>().as('hooks')])
    .select(sql<number>`sum(case when failing_since is null then 0 else 1 end)`.as('failing'))
    .where('workspace_id', '=', workspace_id)
    .where('tenant', 'in', tenants)
    .where('deleted_at', 'is', null)
    .groupBy(['tenant', 'status'])
    .execute();
  const counts = new Map<string, HookCounts>();
  for (const { tenant, status, hooks, failing } of rows) {
    if (tenant === null) continue;
    const known = counts.get(tenant) ?? NO_HOOKS;
    const added = status === 'active' ? { failing } : {};
    counts.set(tenant, { ...known, ...added, [status]: hooks });
  }
  return counts;
};

const find = async (from: Kysely<Schema>, workspace_id: string, tenant: string): Promise<Tenant | null> => {
  const row = await from
    .selectFrom('bellwire_tenants')
    .selectAll()
    .where('workspace_id', '=', workspace_id)
    .where('tenant', '=', tenant)
    .executeTakeFirst();
  if (row === undefined) return null;
  return toTenant(row, (await countHooks(from, workspace_id, [tenant])).get(tenant));
};

export const createTenants = (
  { db, reader }: Connections,
  { caches, invalidations }: RepositoryParts,
): Repositories['tenants'] => ({
  eventsPerSecond: (workspace_id, tenant) => caches.event_rates.get(ownerKey([workspace_id, tenant])),
  list: async (workspace_id, page) => {
    let query = reader
      .selectFrom('bellwire_tenants')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .orderBy('tenant')
      .limit(rowsToFetch(page));
    if (page.after !== null) query = query.where('tenant', '>', page.after);
    const rows = await query.execute();
    const counts = await countHooks(
      reader,
      workspace_id,
      rows.map(({ tenant }) => tenant),
    );
    return toPage(rows, page, {
      to: (row) => toTenant(row, counts.get(row.tenant)),
      keyOf: ({ tenant }) => tenant,
    });
  },
  get: (workspace_id, tenant) => find(reader, workspace_id, tenant),
  settings: async (workspace_id, tenant) => {
    const row = await db
      .selectFrom('bellwire_tenants')
      .select(['metadata', 'limits'])
      .where('workspace_id', '=', workspace_id)
      .where('tenant', '=', tenant)
      .executeTakeFirst();
    return row === undefined ? null : toSettings(row);
  },
  update: async (workspace_id, tenant, { metadata, limits, now }) => {
    const stored = {
      ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
      ...(limits === undefined ? {} : { limits: JSON.stringify(limits) }),
    };
    await db
      .insertInto('bellwire_tenants')
      .values({ workspace_id, tenant, created_at: now, ...stored })
      .onConflict((conflict) =>
        Object.keys(stored).length === 0
          ? conflict.doNothing()
          : conflict.columns(['workspace_id', 'tenant']).doUpdateSet(stored),
      )
      .execute();
    if (limits !== undefined) invalidations.publish({ kind: 'tenant', workspace_id, tenant });
  },
});
