import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import { STEP, statsRange } from '../core/stats-range.ts';
import type { StatsOf } from '../ports/stats.ts';
import type { RpcDeps } from './deps.ts';
import { described, hookId, tenantId, timeField, toTime } from './fields.ts';
import { READS_OWN_IDS } from './portal.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { statsView, viewStats } from './views/stats.ts';

const fields = {
  from: timeField('The start of the range. Default: 24 hours before `to`.').optional(),
  to: timeField('The end of the range. Default: now.', '2026-11-21T12:00:00.000Z').optional(),
  step: described(
    z.string().regex(STEP, 'must be a number of minutes, hours or days, like 5m, 1h or 1d'),
    'The length of a bucket: a number of minutes, hours or days. At most 1,000 buckets; minutes only within the last 48 hours. Default: `1m` for up to 2 hours, `1h` for up to 14 days, else `1d`.',
    '1h',
  ).optional(),
};

const COUNTING =
  'Attempts by outcome, success rate, latency and backlog, by buckets of one step. An attempt counts when it is recorded. Buckets begin at multiples of the step, in UTC.';

type Range = z.infer<z.ZodObject<typeof fields>>;

const timeOf = (text: string | undefined) => (text === undefined ? undefined : toTime(text));

const readStats =
  ({ repositories, now: clock }: RpcDeps) =>
  async (of: StatsOf, { from, to, step }: Range) => {
    const now = clock();
    const range = statsRange({ from: timeOf(from), to: timeOf(to), step }, now);
    const { stats } = repositories;
    const [buckets, backlog] = await Promise.all([stats.counts(of, range), stats.backlog(of, now)]);
    return viewStats({ range, buckets, backlog, now });
  };

/** The statistics of a hook. */
export const createHookStats = (deps: RpcDeps) => ({
  stats: procedure
    .meta({
      scope: 'read',
      portal: READS_OWN_IDS,
      route: { method: 'GET', path: '/webhooks/{hook_id}/stats' },
      summary: 'Get the statistics of a hook',
      description: COUNTING,
      errors: READ_ERRORS,
    })
    .input(z.strictObject({ hook_id: hookId, ...fields }))
    .output(statsView)
    .query(async ({ ctx: { workspace_id }, input: { hook_id, ...range } }) => {
      if ((await deps.repositories.hooks.get(workspace_id, hook_id)) === null)
        throw new BellwireError('not_found', `There is no hook ${hook_id} in this workspace.`);
      return readStats(deps)({ kind: 'hook', workspace_id, hook_id }, range);
    }),
});

/** The statistics of a tenant. */
export const createTenantStats = (deps: RpcDeps) => ({
  stats: procedure
    .meta({
      scope: 'read',
      portal: 'none',
      route: { method: 'GET', path: '/tenants/{tenant}/stats' },
      summary: 'Get the statistics of a tenant',
      description: `${COUNTING} They cover the deliveries of the tenant's events, also to hooks of every tenant; the backlog covers the hooks of the tenant.`,
      errors: READ_ERRORS,
    })
    .input(z.strictObject({ tenant: tenantId, ...fields }))
    .output(statsView)
    .query(async ({ ctx: { workspace_id }, input: { tenant, ...range } }) => {
      if ((await deps.repositories.tenants.get(workspace_id, tenant)) === null)
        throw new BellwireError(
          'not_found',
          `There is no tenant ${tenant} in this workspace. Its first hook or event creates it.`,
        );
      return readStats(deps)({ kind: 'tenant', workspace_id, tenant }, range);
    }),
});

/** The statistics of the workspace. */
export const createStatsRouter = (deps: RpcDeps) =>
  t.router({
    get: procedure
      .meta({
        scope: 'read',
        portal: 'none',
        route: { method: 'GET', path: '/stats' },
        summary: 'Get the statistics of the workspace',
        description: COUNTING,
        errors: READ_ERRORS,
      })
      .input(z.strictObject(fields))
      .output(statsView)
      .query(({ ctx: { workspace_id }, input }) =>
        readStats(deps)({ kind: 'workspace', workspace_id }, input),
      ),
  });
