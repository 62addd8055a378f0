import { z } from 'zod';
import type { RpcDeps } from './deps.ts';
import { described, hookId, secret } from './fields.ts';
import { procedure } from './trpc.ts';
import { hookView, rotatedHookView, secretsView, viewHook } from './views/hook.ts';
import { isoOrNull } from './views/shown.ts';

const scope = 'workspace';
const one = z.strictObject({ hook_id: hookId });
const DEFAULT_GRACE_S = 86_400;
const MOST_GRACE_S = 7 * 86_400;

/** What is wise to know of a secret that works. */
export const warningsOf = (value: string | null): string[] =>
  value !== null && value.length < 16
    ? ['The secret is shorter than 16 characters, which is easy to guess. Rotate to a longer one.']
    : [];

/** The signing secrets of a hook. */
export const createHookSecrets = ({ secrets }: RpcDeps) => ({
  rotateSecret: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/webhooks/{hook_id}/rotate-secret' },
      summary: 'Rotate the secret',
      description:
        'Gives the hook a new secret. The one before it stays good until its grace ends, so that the receiver has time to change: requests carry a signature of each where the dialect can. Audited.',
      example: { grace_seconds: 86_400 },
    })
    .input(
      one.extend({
        secret: secret.optional(),
        grace_seconds: described(
          z.int().min(0).max(MOST_GRACE_S),
          'How long the old secret stays good; a day when absent, a week at most.',
          86_400,
        ).optional(),
      }),
    )
    .output(rotatedHookView)
    .mutation(async ({ ctx, input }) => {
      const at = { workspace_id: ctx.workspace_id, hook_id: input.hook_id, by: ctx.caller.key_id };
      const rotated = await secrets.rotate(at, {
        secret: input.secret,
        grace_ms: (input.grace_seconds ?? DEFAULT_GRACE_S) * 1000,
      });
      return { ...viewHook(rotated.hook), secret: rotated.secret, warnings: warningsOf(rotated.secret) };
    }),
  switchSecret: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/webhooks/{hook_id}/rotate-secret/switch' },
      summary: 'End the grace of old secrets',
      description: 'From now on only the current secret signs. Audited.',
    })
    .input(one)
    .output(hookView)
    .mutation(async ({ ctx, input }) =>
      viewHook(
        await secrets.switchNow({
          workspace_id: ctx.workspace_id,
          hook_id: input.hook_id,
          by: ctx.caller.key_id,
        }),
      ),
    ),
  revealSecret: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/webhooks/{hook_id}/secret' },
      summary: 'Reveal the secret',
      description:
        'Shows the secrets of a hook that are good now. Written to the audit log before it is shown.',
    })
    .input(one)
    .output(secretsView)
    .mutation(async ({ ctx, input }) => {
      const at = { workspace_id: ctx.workspace_id, hook_id: input.hook_id, by: ctx.caller.key_id };
      const [current, ...previous] = await secrets.reveal(at);
      return {
        secret: current?.secret ?? '',
        previous: previous.map((old) => ({ secret: old.secret, expires_at: isoOrNull(old.expires_at) })),
      };
    }),
});
