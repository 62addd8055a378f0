import { z } from 'zod';
import type { Actor } from '../admin/audit.ts';
import { BellwireError } from '../core/errors.ts';
import { changedLimits, NO_LIMITS, WORKSPACE_HOOKS_MAX } from '../core/limits.ts';
import { actorOf } from './actor.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { described, eventsPerSecond, metadata, page, tenantId } from './fields.ts';
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

const limits = z
  .strictObject({
    max_hooks: described(
      z.int().min(0).max(WORKSPACE_HOOKS_MAX).nullable(),
      'Maximum number of its hooks; null for the default, 1000. Existing hooks are kept.',
      100,
    ).optional(),
    events_per_second: eventsPerSecond.optional(),
  })
  .meta({ description: 'Limits of the tenant. Those that are absent are unchanged.' });

interface TenantChange extends Pick<Tenant, 'tenant'> {
  readonly metadata?: Tenant['metadata'] | undefined;
  readonly limits?: z.infer<typeof limits> | undefined;
}

const updateTenant = (
  { audit, now }: RpcDeps,
  actor: Actor,
  { tenant, metadata: wanted, limits: changed }: TenantChange,
): Promise<void> =>
  audit.change(actor, async ({ tenants }, record) => {
    const known = await tenants.settings(actor.workspace_id, tenant);
    const before = known?.limits ?? NO_LIMITS;
    const after = {
      metadata: wanted ?? known?.metadata ?? {},
      limits: changed === undefined ? before : changedLimits(before, changed),
    };
    await tenants.update(actor.workspace_id, tenant, {
      metadata: wanted,
      limits: changed === undefined ? undefined : after.limits,
      now: now(),
    });
    await record({
      action: known === null ? 'tenant.created' : 'tenant.updated',
      subject: tenant,
      tenant,
      before: known,
      after,
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
        toAnswer(await repositories.tenants.list(ctx.workspace_id, toPageQuery(input)), viewTenant, ctx),
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
        description:
          'Replaces the metadata of a tenant, and sets its limits. Creates the tenant if it does not exist.',
        errors: READ_ERRORS,
        example: { metadata: EXAMPLE.metadata, limits: { max_hooks: 100, events_per_second: 50 } },
      })
      .input(one.extend({ metadata: metadata.optional(), limits: limits.optional() }))
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
