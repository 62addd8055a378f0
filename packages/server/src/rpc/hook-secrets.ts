import { z } from 'zod';
import type { RpcDeps } from './deps.ts';
import { id, secret } from './fields.ts';
import { procedure } from './trpc.ts';
import { hookView, isoOrNull, viewHook } from './views.ts';

const scope = 'workspace';
const one = z.strictObject({ hook_id: id });
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
    .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/rotate-secret' } })
    .input(
      one.extend({
        secret: secret.optional(),
        grace_seconds: z.int().min(0).max(MOST_GRACE_S).optional(),
      }),
    )
    .output(hookView.extend({ secret: z.string(), warnings: z.array(z.string()) }))
    .mutation(async ({ ctx, input }) => {
      const at = { workspace_id: ctx.workspace_id, hook_id: input.hook_id, by: ctx.caller.key_id };
      const rotated = await secrets.rotate(at, {
        secret: input.secret,
        grace_ms: (input.grace_seconds ?? DEFAULT_GRACE_S) * 1000,
      });
      return { ...viewHook(rotated.hook), secret: rotated.secret, warnings: warningsOf(rotated.secret) };
    }),
  switchSecret: procedure
    .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/rotate-secret/switch' } })
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
    .meta({ scope, route: { method: 'POST', path: '/webhooks/{hook_id}/secret' } })
    .input(one)
    .output(
      z.object({
        secret: z.string(),
        previous: z.array(z.object({ secret: z.string(), expires_at: z.string().nullable() })),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const at = { workspace_id: ctx.workspace_id, hook_id: input.hook_id, by: ctx.caller.key_id };
      const [current, ...previous] = await secrets.reveal(at);
      return {
        secret: current?.secret ?? '',
        previous: previous.map((old) => ({ secret: old.secret, expires_at: isoOrNull(old.expires_at) })),
      };
    }),
});
