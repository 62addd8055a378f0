import { z } from 'zod';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { described, dryRun, eventTypeName, hookId, jsonObject, timeField, toTime } from './fields.ts';
import { replayStates } from '../core/replay-state.ts';
import { ACCEPT_ERRORS, READ_ERRORS, procedure } from './trpc.ts';
import { isoOrNull, shownTimeOrNull } from './views/shown.ts';

const scope = 'workspace';
const one = z.strictObject({ hook_id: hookId });
const queued = z.object({
  success: z.literal(true),
  message: described(z.string(), 'What was done, for people.', 'Test webhook sent'),
  delivery_id: described(z.string(), 'The delivery to look at.', EXAMPLE.delivery_id),
});
const sent = (message: string, { delivery_id }: { readonly delivery_id: string }) => ({
  success: true as const,
  message,
  delivery_id,
});
const testInput = one.extend({
  event_type: eventTypeName.optional(),
  data: described(
    jsonObject,
    'What to send; the example of the event type when absent.',
    EXAMPLE.data,
  ).optional(),
});
const testDescription =
  'One attempt, now, in whatever state the hook is; never retried and never counted as a failure. Without `event_type` it is the first one that the hook names.';

const validation = z.object({
  success: described(z.boolean(), 'Whether the receiver answered with a 2xx.', true),
  outcome: described(
    z.string(),
    'What the attempt came to, with its detail where it has one, like `http_status 404`.',
    'succeeded',
  ),
  response_status: described(z.int().nullable(), 'The HTTP status that came back.', 200),
  response_body: described(z.string().nullable(), 'The beginning of the body that came back.', 'ok'),
  validated_at: shownTimeOrNull('When the hook was last validated.'),
});
const replayInput = one.extend({
  since: timeField('What was made then or later.'),
  until: timeField('And before then; now when absent.').optional(),
  status: described(z.enum(replayStates), 'Only these; all three when absent.', 'held').optional(),
  dry_run: dryRun,
});

const defineTests = ({ testSends }: RpcDeps) => {
  const test = (workspace_id: string, { hook_id, ...input }: z.infer<typeof testInput>) =>
    testSends.test(workspace_id, hook_id, input);
  return {
    ping: procedure
      .meta({
        scope,
        route: { method: 'POST', path: '/webhooks/{hook_id}/ping' },
        summary: 'Ping a hook',
        description:
          'Sends the ping of the dialect: one attempt, now, in whatever state the hook is; never retried and never counted as a failure.',
        errors: ACCEPT_ERRORS,
      })
      .input(one)
      .output(queued)
      .mutation(async ({ ctx, input }) =>
        sent('Ping sent', await testSends.ping(ctx.workspace_id, input.hook_id)),
      ),
    test: procedure
      .meta({
        scope,
        route: { method: 'POST', path: '/webhooks/{hook_id}/test' },
        summary: 'Send a test event',
        description: testDescription,
        errors: ACCEPT_ERRORS,
        example: { event_type: EXAMPLE.event_type, data: EXAMPLE.data },
      })
      .input(testInput)
      .output(queued)
      .mutation(async ({ ctx, input }) => sent('Test webhook sent', await test(ctx.workspace_id, input))),
    testAny: procedure
      .meta({
        scope,
        route: { method: 'POST', path: '/webhooks/test' },
        summary: 'Test a hook named in the body',
        description: testDescription,
        errors: ACCEPT_ERRORS,
        example: { hook_id: EXAMPLE.hook_id, event_type: EXAMPLE.event_type },
      })
      .input(testInput)
      .output(queued)
      .mutation(async ({ ctx, input }) => sent('Test webhook sent', await test(ctx.workspace_id, input))),
  };
};

const defineValidation = ({ testSends }: RpcDeps) => ({
  validate: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/webhooks/{hook_id}/validate' },
      summary: 'Validate a hook',
      description:
        'Sends a `Webhook Validate` and waits for what comes back: a 2xx marks the hook validated. In dialects that ask for it a hook can be active only after that.',
      errors: ACCEPT_ERRORS,
    })
    .input(one)
    .output(validation)
    .mutation(async ({ ctx, input }) => {
      const result = await testSends.validate(ctx.workspace_id, input.hook_id);
      return { ...result, validated_at: isoOrNull(result.validated_at) };
    }),
});

const defineReplay = ({ replay }: RpcDeps) => ({
  replay: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/webhooks/{hook_id}/replay' },
      summary: 'Replay a time range',
      description:
        'Sends what a hook missed: its failed and held deliveries, and events that it is subscribed to now and never got. Each has its whole retry schedule before it. Count first with `dry_run`.',
      errors: ['hook_not_active', ...READ_ERRORS],
      example: { since: EXAMPLE.time, dry_run: true },
    })
    .input(replayInput)
    .output(
      z.object({
        count: described(z.int(), 'How many matched a `dry_run`; otherwise how many were made due.', 12),
        replayed: described(z.int(), 'How many were made due; 0 for a `dry_run`.', 0),
      }),
    )
    .mutation(async ({ ctx, input: { hook_id, since, until, status, dry_run } }) => {
      const wanted = {
        hook_id,
        since: toTime(since),
        ...(until === undefined ? {} : { until: toTime(until) }),
        ...(status === undefined ? {} : { states: [status] }),
      };
      if (dry_run === true) return { count: await replay.count(ctx.workspace_id, wanted), replayed: 0 };
      const replayed = await replay.run(ctx.workspace_id, wanted);
      return { count: replayed, replayed };
    }),
});

/** Tests a hook, and sends what it missed. */
export const createHookTestSends = (deps: RpcDeps) => ({
  ...defineTests(deps),
  ...defineValidation(deps),
  ...defineReplay(deps),
});
