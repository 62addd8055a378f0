import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { hookFields, id, page, secret } from './fields.ts';
import { createHookSecrets, warningsOf } from './hook-secrets.ts';
import { createHookTrials } from './hook-trials.ts';
import { procedure, t } from './trpc.ts';
import { hookView, pageOf, viewHook } from './views.ts';

const scope = 'workspace';
const one = z.strictObject({ hook_id: id });
/** Registrations: where events go. */
export const createHooksRouter = (deps: RpcDeps) => {
  const { hooks, records } = deps;
  return t.router({
    ...createHookTrials(deps),
    ...createHookSecrets(deps),
    create: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks', status: 201 } })
      .input(
        z.strictObject({
          ...hookFields,
          dialect: z.string().max(64).optional(),
          secret: secret.nullable().optional(),
        }),
      )
      .output(hookView.extend({ secret: z.string().nullable(), warnings: z.array(z.string()) }))
      .mutation(async ({ ctx, input }) => {
        const created = await hooks.create(ctx.workspace_id, input, ctx.caller.key_id);
        return {
          ...viewHook(created.hook),
          secret: created.secret,
          warnings: warningsOf(created.secret),
        };
      }),
    list: procedure
      .meta({ scope, route: { method: 'GET', path: '/webhooks' } })
      .input(z.strictObject(page))
      .output(pageOf(hookView))
      .query(async ({ ctx, input }) =>
        toAnswer(await records.hooks.list(ctx.workspace_id, toPageQuery(input)), viewHook),
      ),
    get: procedure
      .meta({ scope, route: { method: 'GET', path: '/webhooks/{hook_id}' } })
      .input(one)
      .output(hookView)
      .query(async ({ ctx, input: { hook_id } }) => {
        const hook = await records.hooks.get(ctx.workspace_id, hook_id);
        if (hook === null)
          throw new BellwireError('not_found', `There is no hook ${hook_id} in this workspace.`);
        return viewHook(hook);
      }),
    update: procedure
      .meta({ scope, route: { method: 'PATCH', path: '/webhooks/{hook_id}' } })
      .input(one.extend(z.object(hookFields).partial().shape))
      .output(hookView)
      .mutation(async ({ ctx, input: { hook_id, ...patch } }) =>
        viewHook(
          await hooks.update({ workspace_id: ctx.workspace_id, hook_id, by: ctx.caller.key_id }, patch),
        ),
      ),
    delete: procedure
      .meta({ scope, route: { method: 'DELETE', path: '/webhooks/{hook_id}' } })
      .input(one)
      .output(z.void())
      .mutation(({ ctx, input }) => hooks.remove(ctx.workspace_id, input.hook_id)),
    activate: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/activate' } })
      .input(one)
      .output(hookView)
      .mutation(async ({ ctx, input }) => viewHook(await hooks.activate(ctx.workspace_id, input.hook_id))),
    deactivate: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/deactivate' } })
      .input(one)
      .output(hookView)
      .mutation(async ({ ctx, input }) => viewHook(await hooks.deactivate(ctx.workspace_id, input.hook_id))),
  });
};
