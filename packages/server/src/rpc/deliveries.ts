import { z } from 'zod';
import { deliveryStatuses } from '../core/delivery.ts';
import { BellwireError } from '../core/errors.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import {
  deliveryId,
  described,
  dryRun,
  eventId,
  eventTypeName,
  hookId,
  page,
  timeField,
  toTime,
} from './fields.ts';
import { EXAMPLE } from './examples.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { viewAttempt } from './views/attempt.ts';
import { deliveryView, deliveryWithAttemptsView, viewDelivery } from './views/delivery.ts';
import { pageOf } from './views/shown.ts';

const scope = 'workspace';

const filter = {
  status: described(z.enum(deliveryStatuses), 'Only those in this status.', 'failed').optional(),
  event_id: eventId.optional(),
  event_type: eventTypeName.optional(),
  since: timeField('Only those made then or later.').optional(),
};

const failedFilter = z.strictObject({
  hook_id: hookId.optional(),
  event_type: eventTypeName.optional(),
  since: timeField('Only those made then or later.').optional(),
  until: timeField('Only those made before then; now when absent.').optional(),
  dry_run: dryRun,
});

const defineReads = ({ repositories }: RpcDeps) => {
  const list = async (
    workspace_id: string,
    input: z.infer<z.ZodObject<typeof filter & typeof page>> & { readonly hook_id?: string | undefined },
  ) => {
    const since = input.since === undefined ? undefined : toTime(input.since);
    return toAnswer(
      await repositories.deliveries.list(workspace_id, { ...input, since }, toPageQuery(input)),
      viewDelivery,
    );
  };
  return {
    list: procedure
      .meta({
        scope,
        route: { method: 'GET', path: '/deliveries' },
        summary: 'List deliveries',
        description: 'The newest first, as far as they fit every filter that is given.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({ ...page, ...filter, hook_id: hookId.optional() }))
      .output(pageOf(deliveryView))
      .query(({ ctx, input }) => list(ctx.workspace_id, input)),
    listOfHook: procedure
      .meta({
        scope,
        route: { method: 'GET', path: '/webhooks/{hook_id}/deliveries' },
        summary: 'List the deliveries of a hook',
        description: 'The newest first, as far as they fit every filter that is given.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({ ...page, ...filter, hook_id: hookId }))
      .output(pageOf(deliveryView))
      .query(async ({ ctx, input }) => {
        if ((await repositories.hooks.get(ctx.workspace_id, input.hook_id)) === null) {
          throw new BellwireError('not_found', `There is no hook ${input.hook_id} in this workspace.`);
        }
        return list(ctx.workspace_id, input);
      }),
    get: procedure
      .meta({
        scope,
        route: { method: 'GET', path: '/deliveries/{delivery_id}' },
        summary: 'Get a delivery',
        description: 'A delivery with every attempt: what was sent, what came back, how long it took.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({ delivery_id: deliveryId }))
      .output(deliveryWithAttemptsView)
      .query(async ({ ctx, input: { delivery_id } }) => {
        const delivery = await repositories.deliveries.get(ctx.workspace_id, delivery_id);
        if (delivery === null) {
          throw new BellwireError('not_found', `There is no delivery ${delivery_id} in this workspace.`);
        }
        return { ...viewDelivery(delivery), attempts: delivery.attempt_list.map(viewAttempt) };
      }),
  };
};

const defineRetries = ({ redeliver, replay }: RpcDeps) => ({
  retryMany: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/deliveries/retry' },
      summary: 'Retry failed deliveries',
      description:
        'Makes the failed deliveries of active hooks due again, as far as they fit every filter that is given; each has its whole retry schedule before it. Count first with `dry_run`.',
      errors: ['hook_not_active', ...READ_ERRORS],
      example: { event_type: EXAMPLE.event_type, since: EXAMPLE.time, dry_run: true },
    })
    .input(failedFilter)
    .output(
      z.object({
        count: described(z.int(), 'How many matched a `dry_run`; otherwise how many were made due.', 3),
        retried: described(z.int(), 'How many were made due; 0 for a `dry_run`.', 0),
      }),
    )
    .mutation(async ({ ctx, input: { since, until, dry_run, ...rest } }) => {
      const wanted = {
        ...rest,
        ...(since === undefined ? {} : { since: toTime(since) }),
        ...(until === undefined ? {} : { until: toTime(until) }),
      };
      if (dry_run === true) return { count: await replay.countFailed(ctx.workspace_id, wanted), retried: 0 };
      const retried = await replay.retryFailed(ctx.workspace_id, wanted);
      return { count: retried, retried };
    }),
  retry: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/deliveries/{delivery_id}/retry' },
      summary: 'Retry a delivery',
      description:
        'One attempt, now, in whatever state the delivery and its hook are. When it fails, the delivery is as it was before.',
      errors: [
        'delivery_in_flight',
        'delivery_canceled',
        'storage_failed',
        'storage_broken',
        'shutting_down',
      ],
    })
    .input(z.strictObject({ delivery_id: deliveryId }))
    .output(
      z.object({
        success: z.literal(true),
        delivery_id: described(z.string(), 'The delivery that is sent.', EXAMPLE.delivery_id),
      }),
    )
    .mutation(async ({ ctx, input: { delivery_id } }) => {
      await redeliver(ctx.workspace_id, delivery_id);
      return { success: true as const, delivery_id };
    }),
});

/** Deliveries, each of one event to one hook: what was sent, what came back, what happens next. */
export const createDeliveriesRouter = (deps: RpcDeps) => {
  const { list, listOfHook, get } = defineReads(deps);
  const { retryMany, retry } = defineRetries(deps);
  return t.router({ list, listOfHook, retryMany, get, retry });
};
