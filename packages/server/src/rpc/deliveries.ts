import { z } from 'zod';
import { deliveryStatuses, noDelivery } from '../core/delivery.ts';
import { outcomeKinds } from '../core/outcome.ts';
import { BellwireError } from '../core/errors.ts';
import { actorOf } from './actor.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import {
  deliveryId,
  described,
  eventId,
  eventTypeName,
  hookId,
  page,
  tenantId,
  timeField,
  toTime,
  wireId,
} from './fields.ts';
import { defineCancel } from './recoveries.ts';
import { READS_OWN_IDS, READS_OWN_LIST, WRITES_OWN_IDS } from './portal.ts';
import { type Access, READ_ERRORS, procedure, type RpcContext, t } from './trpc.ts';
import { attemptView, viewAttempt } from './views/attempt.ts';
import { deliveryView, deliveryWithAttemptsView, viewDelivery } from './views/delivery.ts';
import { sendResultView, viewSendResult } from './views/send-result.ts';
import { pageOf } from './views/shown.ts';

const scope = 'workspace';

/** The attempts in the answer of a delivery. */
const LATEST = { limit: 20, after: null } as const;

const filter = {
  status: described(z.enum(deliveryStatuses), 'Only deliveries with this status.', 'failed').optional(),
  event_id: eventId.optional(),
  wire_id: wireId.optional(),
  event_type: eventTypeName.optional(),
  tenant: tenantId.optional(),
  outcome: described(
    z.enum(outcomeKinds),
    'Only deliveries whose last attempt had this outcome.',
    'timeout',
  ).optional(),
  since: timeField('Only deliveries created at or after this time.').optional(),
  until: timeField('Only deliveries created before this time.').optional(),
};

const timeOf = (text: string | undefined) => (text === undefined ? undefined : toTime(text));

type ListInput = z.infer<z.ZodObject<typeof filter & typeof page>> & {
  readonly hook_id?: string | undefined;
};

/** One page of the deliveries that match; for a portal, only of those to its own hooks. */
const listing =
  ({ repositories, now }: RpcDeps) =>
  async (
    ctx: Pick<Access, 'workspace_id' | 'portal_tenant'> & Pick<RpcContext, 'heavyTurn'>,
    input: ListInput,
  ) => {
    const { workspace_id, portal_tenant } = ctx;
    const query = {
      ...input,
      hook_tenant: portal_tenant,
      since: timeOf(input.since),
      until: timeOf(input.until),
    };
    const found = await repositories.deliveries.list(workspace_id, query, toPageQuery(input));
    return toAnswer(found, (delivery) => viewDelivery(delivery, now()), ctx);
  };

const defineLists = (deps: RpcDeps) => {
  const { repositories } = deps;
  const list = listing(deps);
  return {
    list: procedure
      .meta({
        scope: 'read',
        portal: READS_OWN_LIST,
        route: { method: 'GET', path: '/deliveries' },
        summary: 'List deliveries',
        description: 'Deliveries that match all given filters, newest first.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({ ...page, ...filter, hook_id: hookId.optional() }))
      .output(pageOf(deliveryView))
      .query(({ ctx, input }) => list(ctx, input)),
    listOfHook: procedure
      .meta({
        scope: 'read',
        portal: READS_OWN_IDS,
        route: { method: 'GET', path: '/webhooks/{hook_id}/deliveries' },
        summary: 'List the deliveries of a hook',
        description: 'Deliveries that match all given filters, newest first.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({ ...page, ...filter, hook_id: hookId }))
      .output(pageOf(deliveryView))
      .query(async ({ ctx, input }) => {
        if ((await repositories.hooks.get(ctx.workspace_id, input.hook_id)) === null) {
          throw new BellwireError('not_found', `There is no hook ${input.hook_id} in this workspace.`);
        }
        return list(ctx, input);
      }),
  };
};

const defineReads = ({ repositories, now }: RpcDeps) => ({
  get: procedure
    .meta({
      scope: 'read',
      portal: READS_OWN_IDS,
      route: { method: 'GET', path: '/deliveries/{delivery_id}' },
      has_large_answer: true,
      summary: 'Get a delivery',
      description: 'A delivery with its latest attempts: request, response and timings.',
      errors: READ_ERRORS,
    })
    .input(z.strictObject({ delivery_id: deliveryId }))
    .output(deliveryWithAttemptsView)
    .query(async ({ ctx, input: { delivery_id } }) => {
      const delivery = await repositories.deliveries.get(ctx.workspace_id, delivery_id);
      if (delivery === null) {
        throw noDelivery(delivery_id);
      }
      const latest = await repositories.deliveries.attempts(ctx.workspace_id, delivery_id, LATEST);
      return {
        ...viewDelivery(delivery, now()),
        attempts: (latest?.data ?? []).map(viewAttempt).toReversed(),
      };
    }),
  attempts: procedure
    .meta({
      scope: 'read',
      portal: READS_OWN_IDS,
      route: { method: 'GET', path: '/deliveries/{delivery_id}/attempts' },
      summary: 'List the attempts of a delivery',
      description: 'All attempts, the latest first. A page ends at `limit` or at 4 MiB, with `next_cursor`.',
      errors: READ_ERRORS,
    })
    .input(z.strictObject({ ...page, delivery_id: deliveryId }))
    .output(pageOf(attemptView))
    .query(async ({ ctx, input }) => {
      const { delivery_id } = input;
      const query = toPageQuery(input);
      const found = await repositories.deliveries.attempts(ctx.workspace_id, delivery_id, query);
      if (found === null) throw noDelivery(delivery_id);
      return toAnswer(found, viewAttempt, ctx);
    }),
});

const defineRetry = ({ redeliver, repositories, awaitedSends }: RpcDeps) => ({
  retry: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'POST', path: '/deliveries/{delivery_id}/retry' },
      summary: 'Retry a delivery',
      description:
        'Makes one attempt immediately, whatever the status of the delivery and its hook, and waits for its outcome: `success` is true only for a 2xx response. If the attempt fails, the delivery keeps its status; if it succeeds, the hook is no longer failing. A delivery can be retried 10 times a minute.',
      errors: [
        'too_many_requests',
        'delivery_in_flight',
        'delivery_canceled',
        'payload_expired',
        'overloaded',
        'storage_failed',
        'storage_broken',
        'shutting_down',
      ],
    })
    .input(z.strictObject({ delivery_id: deliveryId }))
    .output(sendResultView)
    .mutation(async ({ ctx: { workspace_id }, input: { delivery_id } }) => {
      const hook_id = await repositories.deliveries.hookOf(workspace_id, delivery_id);
      if (hook_id === null) throw noDelivery(delivery_id);
      const send = () => redeliver(workspace_id, delivery_id);
      return viewSendResult(await awaitedSends.run({ workspace_id, hook_id }, send), 'Delivery retried');
    }),
});

const defineSkip = ({ skipDelivery, now }: RpcDeps) => ({
  skip: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'POST', path: '/deliveries/{delivery_id}/skip' },
      summary: 'Skip a delivery',
      description:
        'Takes a delivery out of the order of its hook, so that the deliveries that wait for it are sent. A failed delivery stays failed; a pending or held one is canceled (`by_user`).',
      errors: ['delivery_in_flight', 'not_ordered'],
    })
    .input(z.strictObject({ delivery_id: deliveryId }))
    .output(deliveryView)
    .mutation(async ({ ctx, input: { delivery_id } }) =>
      viewDelivery(await skipDelivery(actorOf(ctx), delivery_id), now()),
    ),
});

/** Deliveries: one event for one hook, with its attempts. */
export const createDeliveriesRouter = (deps: RpcDeps) =>
  t.router({
    ...defineLists(deps),
    ...defineReads(deps),
    ...defineRetry(deps),
    ...defineSkip(deps),
    ...defineCancel(deps),
  });
