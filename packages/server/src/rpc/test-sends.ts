import { z } from 'zod';
import { hookRefOf } from './actor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { described, eventTypeName, hookId, jsonObject } from './fields.ts';
import { WRITES_OWN_IDS } from './portal.ts';
import { ACCEPT_ERRORS, CHECK_ERRORS, READ_ERRORS, procedure } from './trpc.ts';
import { sendResultView, viewSendResult } from './views/send-result.ts';
import { isoOrNull, shownTimeOrNull } from './views/shown.ts';

const scope = 'workspace';
const SEND_ERRORS = ['too_many_requests', ...ACCEPT_ERRORS, ...READ_ERRORS] as const;
const TEST_ERRORS = ['example_required', ...CHECK_ERRORS, ...SEND_ERRORS] as const;
const one = z.strictObject({ hook_id: hookId });
const testInput = one.extend({
  event_type: eventTypeName.optional(),
  data: described(
    jsonObject,
    'The event data. Default: the example of the event type, or else data generated from its schema.',
    EXAMPLE.data,
  ).optional(),
});
const testDescription =
  'Makes one attempt immediately, whatever the status of the hook, and waits for its outcome: `success` is true only for a 2xx response. It is never retried and never counts as a failure. Default for `event_type`: the first event type of the hook.';

const validation = z.object({
  success: described(z.boolean(), 'Whether the receiver responded with a 2xx status.', true),
  outcome: described(
    z.string(),
    'The outcome of the attempt and its detail, such as `http_status 404`.',
    'succeeded',
  ),
  response_status: described(z.int().nullable(), 'The HTTP status of the response.', 200),
  response_body: described(z.string().nullable(), 'The beginning of the response body.', 'ok'),
  validated_at: shownTimeOrNull('When a validation last succeeded.'),
});

const defineTests = ({ testSends, awaitedSends }: RpcDeps) => {
  const test = async (workspace_id: string, { hook_id, ...input }: z.infer<typeof testInput>) =>
    viewSendResult(
      await awaitedSends.run({ workspace_id, hook_id }, () => testSends.test(workspace_id, hook_id, input)),
      'Test webhook sent',
    );
  return {
    ping: procedure
      .meta({
        scope,
        portal: WRITES_OWN_IDS,
        route: { method: 'POST', path: '/webhooks/{hook_id}/ping' },
        summary: 'Ping a hook',
        description:
          'Sends the ping of the dialect: one immediate attempt, whatever the status of the hook, and waits for its outcome: `success` is true only for a 2xx response. It is never retried and never counts as a failure.',
        errors: SEND_ERRORS,
      })
      .input(one)
      .output(sendResultView)
      .mutation(async ({ ctx, input }) =>
        viewSendResult(
          await awaitedSends.run({ workspace_id: ctx.workspace_id, hook_id: input.hook_id }, () =>
            testSends.ping(ctx.workspace_id, input.hook_id),
          ),
          'Ping sent',
        ),
      ),
    test: procedure
      .meta({
        scope,
        portal: WRITES_OWN_IDS,
        route: { method: 'POST', path: '/webhooks/{hook_id}/test' },
        summary: 'Send a test event',
        description: testDescription,
        errors: TEST_ERRORS,
        example: { event_type: EXAMPLE.event_type, data: EXAMPLE.data },
      })
      .input(testInput)
      .output(sendResultView)
      .mutation(({ ctx, input }) => test(ctx.workspace_id, input)),
    testAny: procedure
      .meta({
        scope,
        portal: WRITES_OWN_IDS,
        route: { method: 'POST', path: '/webhooks/test' },
        summary: 'Test a hook named in the body',
        description: testDescription,
        errors: TEST_ERRORS,
        example: { hook_id: EXAMPLE.hook_id, event_type: EXAMPLE.event_type },
      })
      .input(testInput)
      .output(sendResultView)
      .mutation(({ ctx, input }) => test(ctx.workspace_id, input)),
  };
};

const defineValidation = ({ testSends }: RpcDeps) => ({
  validate: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'POST', path: '/webhooks/{hook_id}/validate' },
      summary: 'Validate a hook',
      description:
        'Sends a `Webhook Validate` and waits for the response: a 2xx status marks the hook as validated. In dialects with validation, only validated hooks can be active.',
      errors: ACCEPT_ERRORS,
    })
    .input(one)
    .output(validation)
    .mutation(async ({ ctx, input }) => {
      const result = await testSends.validate(hookRefOf(ctx, input.hook_id));
      return { ...result, validated_at: isoOrNull(result.validated_at) };
    }),
});

/** Test sends and validation of a hook. */
export const createHookTestSends = (deps: RpcDeps) => ({
  ...defineTests(deps),
  ...defineValidation(deps),
});
