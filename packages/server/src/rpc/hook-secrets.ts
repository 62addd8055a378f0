import { z } from 'zod';
import { hookRefOf } from './actor.ts';
import { secretWarnings } from '../core/warnings.ts';
import type { RpcDeps } from './deps.ts';
import { described, hookId, secret } from './fields.ts';
import { WRITES_OWN_IDS } from './portal.ts';
import { procedure } from './trpc.ts';
import { hookView, rotatedHookView, secretsView, viewHook } from './views/hook.ts';
import { isoOrNull } from './views/shown.ts';

const scope = 'workspace';
const one = z.strictObject({ hook_id: hookId });
const DEFAULT_GRACE_S = 86_400;
const MAX_GRACE_S = 7 * 86_400;

const rotation = one.extend({
  secret: secret.optional(),
  grace_seconds: described(
    z.int().min(0).max(MAX_GRACE_S),
    'How long the previous secret stays valid, in seconds. Default: one day; maximum: one week.',
    86_400,
  ).optional(),
});

/** The signing secrets of a hook. */
export const createHookSecrets = ({ secrets, hookFacts }: RpcDeps) => ({
  rotateSecret: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'POST', path: '/webhooks/{hook_id}/rotate-secret' },
      summary: 'Rotate the secret',
      description:
        'Gives the hook a new secret. The previous secret stays valid for the grace period, so that the receiver has time to change. Where the dialect supports it, requests carry a signature for each valid secret. Audited.',
      example: { grace_seconds: 86_400 },
    })
    .input(rotation)
    .output(rotatedHookView)
    .mutation(async ({ ctx, input }) => {
      const rotated = await secrets.rotate(hookRefOf(ctx, input.hook_id), {
        secret: input.secret,
        grace_ms: (input.grace_seconds ?? DEFAULT_GRACE_S) * 1000,
      });
      return {
        ...viewHook(rotated.hook, hookFacts(rotated.hook)),
        secret: rotated.secret,
        warnings: [...secretWarnings(rotated.secret)],
      };
    }),
  switchSecret: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'POST', path: '/webhooks/{hook_id}/rotate-secret/switch' },
      summary: 'End the grace period',
      description: 'Only the current secret is used for signing from now on. Audited.',
    })
    .input(one)
    .output(hookView)
    .mutation(async ({ ctx, input }) => {
      const hook = await secrets.switchNow(hookRefOf(ctx, input.hook_id));
      return viewHook(hook, hookFacts(hook));
    }),
  revealSecret: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'POST', path: '/webhooks/{hook_id}/secret' },
      summary: 'Reveal the secret',
      description: 'Returns the valid secrets of a hook. The audit log entry is written before the response.',
    })
    .input(one)
    .output(secretsView)
    .mutation(async ({ ctx, input }) => {
      const [current, ...previous] = await secrets.reveal(hookRefOf(ctx, input.hook_id));
      return {
        secret: current?.secret ?? '',
        previous: previous.map((old) => ({ secret: old.secret, expires_at: isoOrNull(old.expires_at) })),
      };
    }),
});
