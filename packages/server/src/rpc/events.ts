import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import type { Accept, SendInput } from '../delivery/accept.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { described, eventId, eventTypeName, page, sendInput, toTime, wireId } from './fields.ts';
import { invalidInput, toBellwireError, toErrorBody } from './to-error.ts';
import { ACCEPT_ERRORS, READ_ERRORS, procedure, t } from './trpc.ts';
import { batchItemView, eventView, type receiptView, viewEvent, viewReceipt } from './views/event.ts';
import { pageOf } from './views/shown.ts';

type WireSend = z.infer<typeof sendInput>;

/** Large enough to be worth a batch, small enough that the items and their results fit into memory. */
const MAX_BATCH_SIZE = 1_000;

const toSend = ({ occurred_at, ...input }: WireSend): SendInput => ({
  ...input,
  ...(occurred_at === undefined ? {} : { occurred_at: toTime(occurred_at) }),
});

const eventExample = {
  type: EXAMPLE.event_type,
  data: EXAMPLE.data,
  idempotency_key: 'order-1042-created',
} as const;

type BatchResult = z.infer<typeof batchItemView>;

const sendItem = async (accept: Accept, workspace_id: string, item: unknown): Promise<BatchResult> => {
  try {
    const parsed = sendInput.safeParse(item);
    if (!parsed.success) throw invalidInput(parsed.error);
    return { ok: true, event: viewReceipt(await accept.event(workspace_id, toSend(parsed.data))) };
  } catch (thrown) {
    const { issues, ...error } = toErrorBody(toBellwireError(thrown));
    return { ok: false, error: { ...error, ...(issues === undefined ? {} : { issues: [...issues] }) } };
  }
};

const batch = z.strictObject({
  // Not parsed here but item by item, so that a bad item does not fail its neighbours.
  events: described(
    z
      .array(z.custom<WireSend>(() => true).meta({ $ref: '#/$defs/NewEvent' }))
      .min(1)
      .max(MAX_BATCH_SIZE),
    'The events, judged one by one.',
    [eventExample],
  ),
});

const defineSends = ({ accept }: RpcDeps) => ({
  send: procedure
    .meta({
      scope: 'send',
      route: { method: 'POST', path: '/events', status: 202 },
      summary: 'Send an event',
      description:
        'Accepts an event for every hook that is subscribed to its type. When the answer comes, the event and its deliveries are on disk: they outlive a crash, and each hook gets the event at least once or the delivery says why not.',
      errors: ['idempotency_conflict', 'unknown_event_type', 'schema_violation', ...ACCEPT_ERRORS],
      example: eventExample,
    })
    .input(sendInput)
    .mutation(async ({ ctx, input }): Promise<z.infer<typeof receiptView>> =>
      viewReceipt(await accept.event(ctx.workspace_id, toSend(input))),
    ),
  sendBatch: procedure
    .meta({
      scope: 'send',
      route: { method: 'POST', path: '/events/batch' },
      summary: 'Send many events',
      description:
        'Accepts up to 1000 events. Each is judged by itself: a bad one does not fail its neighbours. The results stand in the order of the events; look at each `ok`.',
      example: { events: [eventExample, { type: 'order.paid', data: EXAMPLE.data }] },
    })
    .input(batch)
    .output(
      z.object({
        results: z.array(batchItemView).meta({ description: 'What became of each, in their order.' }),
      }),
    )
    .mutation(async ({ ctx, input }) => ({
      results: await Promise.all(input.events.map((item) => sendItem(accept, ctx.workspace_id, item))),
    })),
});

const defineReads = ({ repositories }: RpcDeps) => ({
  list: procedure
    .meta({
      scope: 'workspace',
      route: { method: 'GET', path: '/events' },
      summary: 'List events',
      description: 'The newest first. Events are kept until the retention of the server ends.',
      errors: READ_ERRORS,
    })
    .input(z.strictObject({ ...page, type: eventTypeName.optional(), wire_id: wireId.optional() }))
    .output(pageOf(eventView))
    .query(async ({ ctx, input: { type, wire_id, ...at } }) =>
      toAnswer(
        await repositories.events.list(ctx.workspace_id, { type, wire_id }, toPageQuery(at)),
        viewEvent,
      ),
    ),
  get: procedure
    .meta({
      scope: 'workspace',
      route: { method: 'GET', path: '/events/{event_id}' },
      summary: 'Get an event',
      description: 'One event with its data.',
      errors: READ_ERRORS,
    })
    .input(z.strictObject({ event_id: eventId }))
    .output(eventView)
    .query(async ({ ctx, input: { event_id } }) => {
      const event = await repositories.events.get(ctx.workspace_id, event_id);
      if (event === null)
        throw new BellwireError('not_found', `There is no event ${event_id} in this workspace.`);
      return viewEvent(event);
    }),
});

/** Events: facts to send. */
export const createEventsRouter = (deps: RpcDeps) => t.router({ ...defineSends(deps), ...defineReads(deps) });
