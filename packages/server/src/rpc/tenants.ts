import { z } from 'zod';
import type { Actor } from '../admin/audit.ts';
import { BellwireError } from '../core/errors.ts';
import { actorOf } from './actor.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { metadata, page, tenantId } from './fields.ts';
import { createPortalSessions } from './portal-sessions.ts';
import { createTenantStats } from './stats.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import type { Tenant } from '../ports/repositories.ts';
import { erasureView, viewErasure } from './views/erasure.ts';
import { pageOf } from './views/shown.ts';
import { tenantView, viewTenant } from './views/tenant.ts';

const scope = 'workspace';
const one = z.strictObject({ tenant: tenantId });

const defineDeletion = ({ erasureJobs }: RpcDeps) => ({
  delete: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'DELETE', path: '/tenants/{tenant}', status: 202 },
      summary: 'Erase a tenant',
      description:
        'Starts a job that deletes the tenant with its hooks, events, deliveries, attempts, statistics and idempotency keys, and their bytes in the database file. What is created after this call is kept. Follow the job at `GET /v1/erasures/{erasure_id}`.',
    })
    .input(one)
    .output(erasureView)
    .mutation(async ({ ctx, input: { tenant } }) =>
      viewErasure(await erasureJobs.eraseTenant({ ...actorOf(ctx), tenant })),
    ),
});

const updateTenant = (
  { audit, now }: RpcDeps,
  actor: Actor,
  {
    tenant,
    metadata: wanted,
  }: Pick<Tenant, 'tenant'> & { readonly metadata?: Tenant['metadata'] | undefined },
): Promise<void> =>
  audit.change(actor, async ({ tenants }, record) => {
    const known = await tenants.metadata(actor.workspace_id, tenant);
    await tenants.update(actor.workspace_id, tenant, { metadata: wanted, now: now() });
    await record({
      action: known === null ? 'tenant.created' : 'tenant.updated',
      subject: tenant,
      tenant,
      before: known === null ? null : { metadata: known },
      after: { metadata: wanted ?? known ?? {} },
    });
  });

/** Tenants: your own customers, named by your own ids. */
export const createTenantsRouter = (deps: RpcDeps) => {
  const { repositories } = deps;
  const get = async (workspace_id: string, name: string) => {
    const tenant = await repositories.tenants.get(workspace_id, name);
    if (tenant !== null) return viewTenant(tenant);
    throw new BellwireError(
      'not_found',
      `There is no tenant ${name} in this workspace. Its first hook or event creates it.`,
    );
  };
  return t.router({
    list: procedure
      .meta({
        scope: 'read',
        portal: 'none',
        route: { method: 'GET', path: '/tenants' },
        summary: 'List tenants',
        description: 'In the order of their ids, each with the number of its hooks by status.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject(page))
      .output(pageOf(tenantView))
      .query(async ({ ctx, input }) =>
        toAnswer(await repositories.tenants.list(ctx.workspace_id, toPageQuery(input)), viewTenant),
      ),
    get: procedure
      .meta({
        scope: 'read',
        portal: 'none',
        route: { method: 'GET', path: '/tenants/{tenant}' },
        summary: 'Get a tenant',
        description: 'One tenant. It exists from its first hook, event or change on.',
        errors: READ_ERRORS,
      })
      .input(one)
      .output(tenantView)
      .query(({ ctx, input }) => get(ctx.workspace_id, input.tenant)),
    update: procedure
      .meta({
        scope,
        portal: 'none',
        route: { method: 'PATCH', path: '/tenants/{tenant}' },
        summary: 'Change a tenant',
        description: 'Replaces the metadata of a tenant. Creates the tenant if it does not exist.',
        errors: READ_ERRORS,
        example: { metadata: EXAMPLE.metadata },
      })
      .input(one.extend({ metadata: metadata.optional() }))
      .output(tenantView)
      .mutation(async ({ ctx, input: { tenant, ...change } }) => {
        await updateTenant(deps, actorOf(ctx), { tenant, ...change });
        return get(ctx.workspace_id, tenant);
      }),
    ...createTenantStats(deps),
    ...createPortalSessions(deps),
    ...defineDeletion(deps),
  });
};
