import { z } from 'zod';
import { deliveryStatuses } from '../core/delivery.ts';
import { BellwireError } from '../core/errors.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { eventTypeName, id, isoTime, page, toTime } from './fields.ts';
import { procedure, t } from './trpc.ts';
import { attemptView, deliveryView, pageOf, viewAttempt, viewDelivery } from './views.ts';

const scope = 'workspace';

const filter = {
  status: z.enum(deliveryStatuses).optional(),
  event_id: id.optional(),
  event_type: eventTypeName.optional(),
  since: isoTime.optional(),
};

/** One event for one hook each: what was sent, what came back, what happens next. */
export const createDeliveriesRouter = ({ records, redeliver, replay }: RpcDeps) => {
  const list = async (
    workspace_id: string,
    input: z.infer<z.ZodObject<typeof filter & typeof page>> & { readonly hook_id?: string | undefined },
  ) => {
    const since = input.since === undefined ? undefined : toTime(input.since);
    return toAnswer(
      await records.deliveries.list(workspace_id, { ...input, since }, toPageQuery(input)),
      viewDelivery,
    );
  };
  return t.router({
    list: procedure
      .meta({ scope, route: { method: 'GET', path: '/deliveries' } })
      .input(z.strictObject({ ...page, ...filter, hook_id: id.optional() }))
      .output(pageOf(deliveryView))
      .query(({ ctx, input }) => list(ctx.workspace_id, input)),
    listOfHook: procedure
      .meta({ scope, route: { method: 'GET', path: '/webhooks/{hook_id}/deliveries' } })
      .input(z.strictObject({ ...page, ...filter, hook_id: id }))
      .output(pageOf(deliveryView))
      .query(async ({ ctx, input }) => {
        if ((await records.hooks.get(ctx.workspace_id, input.hook_id)) === null) {
          throw new BellwireError('not_found', `There is no hook ${input.hook_id} in this workspace.`);
        }
        return list(ctx.workspace_id, input);
      }),
    retryMany: procedure
      .meta({ scope, route: { method: 'POST', path: '/deliveries/retry' } })
      .input(
        z.strictObject({
          hook_id: id.optional(),
          event_type: eventTypeName.optional(),
          since: isoTime.optional(),
          until: isoTime.optional(),
          /** Counts and sends nothing. */
          dry_run: z.boolean().optional(),
        }),
      )
      .output(z.object({ count: z.int(), retried: z.int() }))
      .mutation(async ({ ctx, input: { since, until, dry_run, ...rest } }) => {
        const wanted = {
          ...rest,
          ...(since === undefined ? {} : { since: toTime(since) }),
          ...(until === undefined ? {} : { until: toTime(until) }),
        };
        const count = await replay.countFailed(ctx.workspace_id, wanted);
        return { count, retried: dry_run === true ? 0 : await replay.retryFailed(ctx.workspace_id, wanted) };
      }),
    get: procedure
      .meta({ scope, route: { method: 'GET', path: '/deliveries/{delivery_id}' } })
      .input(z.strictObject({ delivery_id: id }))
      .output(deliveryView.extend({ attempts: z.array(attemptView) }))
      .query(async ({ ctx, input: { delivery_id } }) => {
        const delivery = await records.deliveries.get(ctx.workspace_id, delivery_id);
        if (delivery === null) {
          throw new BellwireError('not_found', `There is no delivery ${delivery_id} in this workspace.`);
        }
        return { ...viewDelivery(delivery), attempts: delivery.attempt_list.map(viewAttempt) };
      }),
    retry: procedure
      .meta({ scope, route: { method: 'POST', path: '/deliveries/{delivery_id}/retry' } })
      .input(z.strictObject({ delivery_id: id }))
      .output(z.object({ success: z.literal(true), delivery_id: z.string() }))
      .mutation(async ({ ctx, input: { delivery_id } }) => {
        await redeliver(ctx.workspace_id, delivery_id);
        return { success: true as const, delivery_id };
      }),
  });
};
