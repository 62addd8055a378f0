import { z } from 'zod';
import type { RpcDeps } from './deps.ts';
import { eventTypeName, id, isoTime, jsonObject, toTime } from './fields.ts';
import { replayStates } from '../engine/records.ts';
import { procedure } from './trpc.ts';
import { isoOrNull } from './views.ts';

const scope = 'workspace';
const one = z.strictObject({ hook_id: id });
const queued = z.object({ success: z.literal(true), message: z.string(), delivery_id: z.string() });
const sent = (message: string, { delivery_id }: { readonly delivery_id: string }) => ({
  success: true as const,
  message,
  delivery_id,
});
const testInput = one.extend({ event_type: eventTypeName.optional(), data: jsonObject.optional() });

/** Trying a hook out, and sending it what it missed. */
export const createHookTrials = ({ trials, replay }: RpcDeps) => {
  const test = (workspace_id: string, { hook_id, ...input }: z.infer<typeof testInput>) =>
    trials.test(workspace_id, hook_id, input);
  return {
    ping: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/ping' } })
      .input(one)
      .output(queued)
      .mutation(async ({ ctx, input }) =>
        sent('Ping sent', await trials.ping(ctx.workspace_id, input.hook_id)),
      ),
    test: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/test' } })
      .input(testInput)
      .output(queued)
      .mutation(async ({ ctx, input }) => sent('Test webhook sent', await test(ctx.workspace_id, input))),
    testAny: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/test' } })
      .input(testInput)
      .output(queued)
      .mutation(async ({ ctx, input }) => sent('Test webhook sent', await test(ctx.workspace_id, input))),
    validate: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/validate' } })
      .input(one)
      .output(
        z.object({
          success: z.boolean(),
          outcome: z.string(),
          response_status: z.int().nullable(),
          response_body: z.string().nullable(),
          validated_at: z.string().nullable(),
        }),
      )
      .mutation(async ({ ctx, input }) => {
        const validation = await trials.validate(ctx.workspace_id, input.hook_id);
        return { ...validation, validated_at: isoOrNull(validation.validated_at) };
      }),
    replay: procedure
      .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/replay' } })
      .input(
        one.extend({
          since: isoTime,
          until: isoTime.optional(),
          status: z.enum(replayStates).optional(),
          /** Counts and sends nothing. */
          dry_run: z.boolean().optional(),
        }),
      )
      .output(z.object({ count: z.int(), replayed: z.int() }))
      .mutation(async ({ ctx, input: { hook_id, since, until, status, dry_run } }) => {
        const wanted = {
          hook_id,
          since: toTime(since),
          ...(until === undefined ? {} : { until: toTime(until) }),
          ...(status === undefined ? {} : { states: [status] }),
        };
        const count = await replay.count(ctx.workspace_id, wanted);
        return { count, replayed: dry_run === true ? 0 : await replay.run(ctx.workspace_id, wanted) };
      }),
  };
};
