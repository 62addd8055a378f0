import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import type { SendInput } from '../engine/accept.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { eventTypeName, id, page, sendInput, toTime } from './fields.ts';
import { invalidInput, toBellwireError, toErrorBody } from './to-error.ts';
import { procedure, t } from './trpc.ts';
import { eventView, pageOf, receiptView, viewEvent, viewReceipt } from './views.ts';

type WireSend = z.infer<typeof sendInput>;

/** Enough that a batch is worth it, few enough that its items all fit into memory and one answer. */
const MOST_IN_BATCH = 1_000;

const toSend = ({ occurred_at, ...input }: WireSend): SendInput => ({
  ...input,
  ...(occurred_at === undefined ? {} : { occurred_at: toTime(occurred_at) }),
});

const issueView = z.object({ path: z.string(), message: z.string() });

const batchItem = z.union([
  z.object({ ok: z.literal(true), event: receiptView }),
  z.object({
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string(), issues: z.array(issueView).optional() }),
  }),
]);

/** Facts to be sent. */
export const createEventsRouter = ({ accept, records, isWireId }: RpcDeps) => {
  const acceptOne = async (workspace_id: string, item: unknown): Promise<z.infer<typeof batchItem>> => {
    try {
      const parsed = sendInput.safeParse(item);
      if (!parsed.success) throw invalidInput(parsed.error);
      return { ok: true, event: viewReceipt(await accept.event(workspace_id, toSend(parsed.data))) };
    } catch (thrown) {
      const { issues, ...error } = toErrorBody(toBellwireError(thrown));
      return { ok: false, error: { ...error, ...(issues === undefined ? {} : { issues: [...issues] }) } };
    }
  };
  return t.router({
    send: procedure
      .meta({ scope: 'send', route: { method: 'POST', path: '/events', status: 202 } })
      .input(sendInput)
      .mutation(async ({ ctx, input }): Promise<z.infer<typeof receiptView>> =>
        viewReceipt(await accept.event(ctx.workspace_id, toSend(input))),
      ),
    sendBatch: procedure
      .meta({ scope: 'send', route: { method: 'POST', path: '/events/batch' } })
      // Items are judged one by one, so that a bad one does not fail its neighbours.
      .input(
        z.strictObject({
          events: z
            .array(z.custom<WireSend>(() => true))
            .min(1)
            .max(MOST_IN_BATCH),
        }),
      )
      .output(z.object({ results: z.array(batchItem) }))
      .mutation(async ({ ctx, input }) => ({
        results: await Promise.all(input.events.map((item) => acceptOne(ctx.workspace_id, item))),
      })),
    list: procedure
      .meta({ scope: 'workspace', route: { method: 'GET', path: '/events' } })
      .input(z.strictObject({ ...page, type: eventTypeName.optional(), wire_id: id.optional() }))
      .output(pageOf(eventView))
      .query(async ({ ctx, input: { type, wire_id, ...at } }) => {
        const where = wire_id === undefined ? undefined : (event_id: string) => isWireId(wire_id, event_id);
        return toAnswer(
          await records.events.list(ctx.workspace_id, { type, where }, toPageQuery(at)),
          viewEvent,
        );
      }),
    get: procedure
      .meta({ scope: 'workspace', route: { method: 'GET', path: '/events/{event_id}' } })
      .input(z.strictObject({ event_id: id }))
      .output(eventView)
      .query(async ({ ctx, input: { event_id } }) => {
        const event = await records.events.get(ctx.workspace_id, event_id);
        if (event === null)
          throw new BellwireError('not_found', `There is no event ${event_id} in this workspace.`);
        return viewEvent(event);
      }),
  });
};
