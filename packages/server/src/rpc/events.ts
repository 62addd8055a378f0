import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import type { Caller } from '../admin/keys.ts';
import type { SendInput } from '../delivery/accept.ts';
import { actorOf } from './actor.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import {
  described,
  eventId,
  eventMetadata,
  eventTypeName,
  idempotencyKey,
  page,
  sendInput,
  tenantId,
  toTime,
  wireId,
} from './fields.ts';
import { type HookIdsOf, toHookIds } from './hook-numbers.ts';
import { IN_WORDS } from './in-words.ts';
import { invalidInput, toBellwireError, toErrorBody } from './to-error.ts';
import { READS_OWN_IDS } from './portal.ts';
import { mapInSlices } from './slices.ts';
import { ACCEPT_ERRORS, CHECK_ERRORS, READ_ERRORS, procedure, t } from './trpc.ts';
import {
  batchItemView,
  eventView,
  listedEventView,
  type receiptView,
  viewEvent,
  viewListedEvent,
  viewReceipt,
} from './views/event.ts';
import { pageOf } from './views/shown.ts';

type WireSend = z.infer<typeof sendInput>;

/** Bounds the memory for the items of a batch and their results. */
const MAX_BATCH_SIZE = 1_000;

const toSend = ({ occurred_at, deliver_at, ...input }: WireSend): SendInput => ({
  ...input,
  ...(deliver_at === undefined ? {} : { deliver_at: toTime(deliver_at) }),
  ...(occurred_at === undefined ? {} : { occurred_at: toTime(occurred_at) }),
});

const eventExample = {
  type: EXAMPLE.event_type,
  data: EXAMPLE.data,
  idempotency_key: 'order-1042-created',
} as const;

type BatchResult = z.infer<typeof batchItemView>;

interface ItemContext {
  readonly caller: Caller;
  readonly workspace_id: string;
  readonly hookIdsOf: HookIdsOf;
}

type Sends = Pick<RpcDeps, 'accept' | 'admitEvent'>;

const acceptSend = async (
  { accept, admitEvent }: Sends,
  { caller, workspace_id }: Pick<ItemContext, 'caller' | 'workspace_id'>,
  input: WireSend,
): Promise<z.infer<typeof receiptView>> => {
  await admitEvent({ caller, workspace_id, tenant: input.tenant });
  return viewReceipt(await accept.event(workspace_id, toSend(input)));
};

const sendItem = async (
  sends: Sends,
  { caller, workspace_id, hookIdsOf }: ItemContext,
  item: unknown,
): Promise<BatchResult> => {
  try {
    const parsed = sendInput.safeParse(
      await toHookIds(item, (numbers) => hookIdsOf(workspace_id, numbers)),
      IN_WORDS,
    );
    if (!parsed.success) throw invalidInput(parsed.error);
    return { ok: true, event: await acceptSend(sends, { caller, workspace_id }, parsed.data) };
  } catch (thrown) {
    const { issues, ...error } = toErrorBody(toBellwireError(thrown));
    return { ok: false, error: { ...error, ...(issues === undefined ? {} : { issues: [...issues] }) } };
  }
};

const batch = z.strictObject({
  // Parsed item by item, so that an invalid item does not fail the others.
  events: described(
    z
      .array(z.custom<WireSend>(() => true).meta({ $ref: '#/$defs/NewEvent' }))
      .min(1)
      .max(MAX_BATCH_SIZE),
    'The events. Each is validated separately.',
    [eventExample],
  ),
});

const defineSends = (deps: RpcDeps) => ({
  send: procedure
    .meta({
      scope: 'send',
      portal: 'none',
      route: { method: 'POST', path: '/events', status: 202 },
      summary: 'Send an event',
      description:
        'Accepts an event for every hook that is subscribed to its type. When this call returns, the event and its deliveries are on disk and survive a crash. Each hook gets the event at least once, or its delivery records why not.',
      errors: [
        'idempotency_conflict',
        'unknown_event_type',
        'reserved_event_type',
        ...CHECK_ERRORS,
        ...ACCEPT_ERRORS,
      ],
      example: eventExample,
    })
    .input(sendInput)
    .mutation(({ ctx, input }): Promise<z.infer<typeof receiptView>> => acceptSend(deps, ctx, input)),
  sendBatch: procedure
    .meta({
      scope: 'send',
      portal: 'none',
      route: { method: 'POST', path: '/events/batch' },
      has_large_answer: true,
      summary: 'Send many events',
      description:
        'Accepts up to 1000 events. Each is validated separately: an invalid event does not fail the others. Results are in the order of the events; check `ok` of each.',
      example: { events: [eventExample, { type: 'order.paid', data: EXAMPLE.data }] },
    })
    .input(batch)
    .output(
      z.object({
        results: z.array(batchItemView).meta({ description: 'The result of each event, in the same order.' }),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const sent = await mapInSlices(
        input.events,
        (slice) => slice.map((item) => sendItem(deps, ctx, item)),
        () => ctx.heavyTurn(ctx.workspace_id),
      );
      return { results: await Promise.all(sent) };
    }),
});

const defineReads = ({ repositories }: RpcDeps) => ({
  list: procedure
    .meta({
      scope: 'read',
      portal: 'none',
      route: { method: 'GET', path: '/events' },
      summary: 'List events',
      description:
        'Events, newest first, without `data` and `previous_data` unless `include=data`. They are kept for the retention period of the server. `metadata[order_id]=1042` finds the events with this value; several are combined.',
      errors: READ_ERRORS,
      has_stored_json: true,
    })
    .input(
      z.strictObject({
        ...page,
        type: eventTypeName.optional(),
        wire_id: wireId.optional(),
        tenant: tenantId.optional(),
        idempotency_key: idempotencyKey.optional(),
        metadata: eventMetadata.optional(),
        include: described(
          z.enum(['data']),
          '`data` adds `data` and `previous_data` to each event. A page then ends at 4 MiB, with `next_cursor`.',
          'data',
        ).optional(),
      }),
    )
    .output(pageOf(listedEventView))
    .query(async ({ ctx, input: { limit, cursor, include, ...filter } }) => {
      const { workspace_id } = ctx;
      const { events } = repositories;
      const query = toPageQuery({ limit, cursor });
      return include === undefined
        ? toAnswer(await events.list(workspace_id, filter, query), viewListedEvent, ctx)
        : toAnswer(await events.listWithPayloads(workspace_id, filter, query), viewEvent, ctx);
    }),
  get: procedure
    .meta({
      scope: 'read',
      portal: READS_OWN_IDS,
      route: { method: 'GET', path: '/events/{event_id}' },
      has_large_answer: true,
      summary: 'Get an event',
      description: 'An event with its data.',
      errors: READ_ERRORS,
      has_stored_json: true,
    })
    .input(z.strictObject({ event_id: eventId }))
    .output(eventView)
    .query(async ({ ctx, input: { event_id } }) => {
      const event = await repositories.events.get(ctx.workspace_id, event_id);
      if (event === null)
        throw new BellwireError('not_found', `There is no event ${event_id} in this workspace.`);
      const { workspace_id, portal_tenant: tenant } = ctx;
      if (tenant === undefined) return viewEvent(event);
      const deliveries = await repositories.owned.countDeliveries({ workspace_id, tenant }, event_id);
      return viewEvent({ ...event, deliveries, filtered: 0 });
    }),
});

const defineDeletion = ({ erasureJobs }: RpcDeps) => ({
  delete: procedure
    .meta({
      scope: 'workspace',
      portal: 'none',
      route: { method: 'DELETE', path: '/events/{event_id}' },
      summary: 'Delete an event',
      description:
        'Deletes the event with its deliveries and attempts; what was not sent is never sent. Its idempotency key is free again.',
    })
    .input(z.strictObject({ event_id: eventId }))
    .output(z.void())
    .mutation(({ ctx, input: { event_id } }) => erasureJobs.eraseEvent({ ...actorOf(ctx), event_id })),
});

/** Events: sending, reading and deleting them. */
export const createEventsRouter = (deps: RpcDeps) =>
  t.router({ ...defineSends(deps), ...defineReads(deps), ...defineDeletion(deps) });
