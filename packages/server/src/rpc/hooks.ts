import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { eventTypeName, hookFields, id, jsonObject, page, secret } from './fields.ts';
import { procedure, t } from './trpc.ts';
import { hookView, pageOf, viewHook } from './views.ts';

const scope = 'workspace';
const one = z.strictObject({ hook_id: id });
const queued = z.object({ success: z.literal(true), message: z.string(), delivery_id: z.string() });
const tested = (delivery_id: string) => ({
  success: true as const,
  message: 'Test webhook sent',
  delivery_id,
});
const pinged = (delivery_id: string) => ({ success: true as const, message: 'Ping sent', delivery_id });
const testFields = { event_type: eventTypeName.optional(), data: jsonObject.optional() };

/** Registrations: where events go. */
export const createHooksRouter = ({ hooks, records }: RpcDeps) =>
  t.router({
    create: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks', status: 201 } })
      .input(
        z.strictObject({
          ...hookFields,
          dialect: z.string().max(64).optional(),
          secret: secret.nullable().optional(),
        }),
      )
      .output(hookView.extend({ secret: z.string().nullable() }))
      .mutation(async ({ ctx, input }) => {
        const created = await hooks.create(ctx.workspace_id, input);
        return { ...viewHook(created.hook), secret: created.secret };
      }),
    list: procedure
      .meta({ scope, route: { method: 'GET', path: '/webhooks' } })
      .input(z.strictObject(page))
      .output(pageOf(hookView))
      .query(async ({ ctx, input }) =>
        toAnswer(await records.hooks.list(ctx.workspace_id, toPageQuery(input)), viewHook),
      ),
    testAny: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/test' } })
      .input(one.extend(testFields))
      .output(queued)
      .mutation(async ({ ctx, input: { hook_id, ...input } }) =>
        tested((await hooks.test(ctx.workspace_id, hook_id, input)).delivery_id),
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
        viewHook(await hooks.update(ctx.workspace_id, hook_id, patch)),
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
    ping: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/ping' } })
      .input(one)
      .output(queued)
      .mutation(async ({ ctx, input }) =>
        pinged((await hooks.ping(ctx.workspace_id, input.hook_id)).delivery_id),
      ),
    test: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/test' } })
      .input(one.extend(testFields))
      .output(queued)
      .mutation(async ({ ctx, input: { hook_id, ...input } }) =>
        tested((await hooks.test(ctx.workspace_id, hook_id, input)).delivery_id),
      ),
  });
