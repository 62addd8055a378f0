import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import { hookRefOf } from './actor.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { creationKey, described, hookFields, hookId, page, secret, tenantId } from './fields.ts';
import { assertPortalFilter, createHookFilters } from './hook-filters.ts';
import { createHookSecrets } from './hook-secrets.ts';
import { createHookStats } from './stats.ts';
import { createHookTestSends } from './test-sends.ts';
import { READS_OWN_IDS, READS_OWN_LIST, WRITES_OWN_IDS, WRITES_OWN_LIST } from './portal.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { activatedHookView, createdHookView, hookView, updatedHookView, viewHook } from './views/hook.ts';
import type { ListedHook } from '../ports/repositories.ts';
import { pageOf } from './views/shown.ts';

const scope = 'workspace';
const one = z.strictObject({ hook_id: hookId });

const show =
  ({ hookFacts }: RpcDeps) =>
  (hook: ListedHook) =>
    viewHook(hook, hookFacts(hook));

/** A hook with the warnings about it and about the secret that the call has set. */
const showWarned =
  (deps: RpcDeps) =>
  async (hook: ListedHook, newSecret: string | null): Promise<z.infer<typeof updatedHookView>> => ({
    ...show(deps)(hook),
    warnings: [...(await deps.hookWarnings(hook, newSecret))],
  });

const defineCreation = (deps: RpcDeps) => ({
  create: procedure
    .meta({
      scope,
      portal: WRITES_OWN_LIST,
      route: { method: 'POST', path: '/webhooks', status: 201 },
      summary: 'Create a hook',
      description:
        'Registers a URL for event types. It gets events that are sent from now on. The response contains the signing secret, which is generated unless one is given.',
      errors: [
        'url_refused',
        'unknown_event_type',
        'not_validated',
        'idempotency_conflict',
        'too_many_hooks',
      ],
      example: { url: EXAMPLE.url, events: ['order.*'], name: 'Shop' },
    })
    .input(
      z.strictObject({
        ...hookFields,
        tenant: described(
          z.union([tenantId, z.literal('*')]),
          'The customer that the hook belongs to: it gets the events of that tenant. `*` gets the events of every tenant. Absent, it gets the events without one.',
          EXAMPLE.tenant,
        ).optional(),
        dialect: described(
          z.string().max(64),
          'The wire format. Default: the dialect of the workspace.',
          'standard',
        ).optional(),
        secret: described(
          secret.nullable(),
          'The signing secret, in the format of the dialect. Generated when absent. Null disables signing if the dialect allows it.',
          EXAMPLE.secret,
        ).optional(),
        idempotency_key: creationKey(
          'Visible ASCII. The same request with the same key returns the hook that the first one created, with its secret while that is the current one; another request is refused. Unique per tenant; deleting the hook frees it.',
        ),
      }),
    )
    .output(createdHookView)
    .mutation(async ({ ctx, input }) => {
      assertPortalFilter(ctx, input.filter);
      const tenant = ctx.portal_tenant ?? input.tenant;
      const created = await deps.hooks.create(ctx.workspace_id, { ...input, tenant }, ctx.caller.key_id);
      return { ...(await showWarned(deps)(created.hook, created.secret)), secret: created.secret };
    }),
});

const defineReads = (deps: RpcDeps) => ({
  list: procedure
    .meta({
      scope: 'read',
      portal: READS_OWN_LIST,
      route: { method: 'GET', path: '/webhooks' },
      summary: 'List hooks',
      description: 'Newest first.',
      errors: READ_ERRORS,
    })
    .input(z.strictObject({ ...page, tenant: tenantId.optional() }))
    .output(pageOf(hookView))
    .query(async ({ ctx, input }) => {
      const filter = { tenant: ctx.portal_tenant ?? input.tenant };
      const found = await deps.repositories.hooks.list(ctx.workspace_id, filter, toPageQuery(input));
      return toAnswer(found, show(deps), ctx);
    }),
  get: procedure
    .meta({
      scope: 'read',
      portal: READS_OWN_IDS,
      route: { method: 'GET', path: '/webhooks/{hook_id}' },
      summary: 'Get a hook',
      description: 'A hook without its secret.',
    })
    .input(one)
    .output(hookView)
    .query(async ({ ctx, input: { hook_id } }) => {
      const hook = await deps.repositories.hooks.get(ctx.workspace_id, hook_id);
      if (hook === null)
        throw new BellwireError('not_found', `There is no hook ${hook_id} in this workspace.`);
      return show(deps)(hook);
    }),
});

const defineChanges = (deps: RpcDeps) => ({
  update: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'PATCH', path: '/webhooks/{hook_id}' },
      summary: 'Update a hook',
      description:
        'Updates the given fields; `events`, `headers` and `metadata` are replaced completely. In dialects with validation, a new URL must be validated again. A URL with another origin requires `headers` if the hook has header values, and `secret` if its requests contain the secret: stored values are never sent to a new origin.',
      errors: ['url_refused', 'headers_required', 'secret_required', 'unknown_event_type', 'not_validated'],
      example: { events: ['order.*', 'invoice.paid'], max_attempts: 5 },
    })
    .input(
      one.extend({
        ...z.object(hookFields).partial().shape,
        secret: described(
          secret.nullable(),
          'Replaces every secret at once, without a grace period; null removes it where the dialect allows that. To change a secret without refused requests, rotate it.',
          EXAMPLE.secret,
        ).optional(),
      }),
    )
    .output(updatedHookView)
    .mutation(async ({ ctx, input: { hook_id, ...patch } }) => {
      assertPortalFilter(ctx, patch.filter);
      const updated = await deps.hooks.update(hookRefOf(ctx, hook_id), patch);
      return showWarned(deps)(updated, patch.secret ?? null);
    }),
  delete: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'DELETE', path: '/webhooks/{hook_id}' },
      summary: 'Delete a hook',
      description: 'Cancels pending and held deliveries. History is kept.',
    })
    .input(one)
    .output(z.void())
    .mutation(({ ctx, input }) => deps.hooks.remove(hookRefOf(ctx, input.hook_id))),
});

const defineSwitches = (deps: RpcDeps) => ({
  activate: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'POST', path: '/webhooks/{hook_id}/activate' },
      summary: 'Activate a hook',
      description:
        'Activates a paused or disabled hook. Its held deliveries stay held, unless `recover` sends them.',
      errors: ['not_validated', ...READ_ERRORS],
      example: { recover: true },
    })
    .input(
      one.extend({
        recover: described(
          z.boolean(),
          'If true, a recovery sends the deliveries that are held for the hook.',
          true,
        ).optional(),
      }),
    )
    .output(activatedHookView)
    .mutation(async ({ ctx, input: { hook_id, recover = false } }) => {
      const { hook, held, recovery_id } = await deps.hooks.activate(hookRefOf(ctx, hook_id), recover);
      return { ...(await showWarned(deps)(hook, null)), held, recovery_id };
    }),
  deactivate: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'POST', path: '/webhooks/{hook_id}/deactivate' },
      summary: 'Pause a hook',
      description: 'Deliveries for the hook are held from now on. Nothing is dropped.',
    })
    .input(one)
    .output(hookView)
    .mutation(async ({ ctx, input }) =>
      show(deps)(await deps.hooks.deactivate(hookRefOf(ctx, input.hook_id))),
    ),
});

/** Hooks: the registered receivers. */
export const createHooksRouter = (deps: RpcDeps) =>
  t.router({
    ...createHookTestSends(deps),
    ...createHookFilters(deps),
    ...createHookSecrets(deps),
    ...defineCreation(deps),
    ...defineReads(deps),
    ...createHookStats(deps),
    ...defineChanges(deps),
    ...defineSwitches(deps),
  });
