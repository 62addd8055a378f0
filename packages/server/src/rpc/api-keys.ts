import { z } from 'zod';
import { auditedKey } from '../admin/audit.ts';
import { BellwireError } from '../core/errors.ts';
import { actorOf } from './actor.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import { keyScopes } from '../core/api-key.ts';
import type { RpcDeps } from './deps.ts';
import { described, eventsPerSecond, keyId, label, page, timeField, toTime } from './fields.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { createdKeyView, keyView, viewKey } from './views/api-key.ts';
import { pageOf } from './views/shown.ts';

const scope = 'admin';
/** Ten years. */
const MAX_AGE_S = 315_360_000;
const newKey = z.strictObject({
  name: label,
  scope: described(z.enum(keyScopes), 'What the key may do. Default: `workspace`.', 'send').optional(),
  expires_at: timeField('When the key expires. Default: never.', '2027-11-21T10:30:00Z').optional(),
  expires_in: described(
    z.int().min(60).max(MAX_AGE_S),
    'The same as a number of seconds from now. Give one of the two.',
    7_776_000,
  ).optional(),
  events_per_second: eventsPerSecond.optional(),
});

type Input = z.infer<typeof newKey>;

const expiryOf = ({ expires_at, expires_in }: Input, now: number): number | null => {
  if (expires_at !== undefined && expires_in !== undefined) {
    const message = 'cannot be combined with expires_at';
    throw new BellwireError('invalid_input', `expires_in: ${message}.`, {
      issues: [{ path: 'expires_in', message }],
    });
  }
  if (expires_at !== undefined) return toTime(expires_at);
  return expires_in === undefined ? null : now + expires_in * 1000;
};

const defineDeletion = ({ audit }: RpcDeps) => ({
  delete: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'DELETE', path: '/api-keys/{key_id}' },
      summary: 'Delete an API key',
      description:
        'Revokes the key immediately, and ends its sessions and streams. A key cannot delete itself. Audited.',
      errors: ['in_use'],
    })
    .input(z.strictObject({ key_id: keyId }))
    .output(z.void())
    .mutation(async ({ ctx, input: { key_id } }) => {
      if (key_id === ctx.caller.key_id) {
        throw new BellwireError(
          'in_use',
          'This call is authenticated with the same key. Delete it with another admin key.',
        );
      }
      await audit.change(actorOf(ctx), async ({ api_keys }, record) => {
        const removed = await api_keys.remove(null, key_id);
        if (removed === null) throw new BellwireError('not_found', `There is no API key ${key_id}.`);
        await record({ action: 'api_key.deleted', subject: key_id, before: auditedKey(removed) });
      });
    }),
});

/** API keys. The key itself is returned only once, when it is created. */
export const createApiKeysRouter = (deps: RpcDeps) => {
  const { keys, repositories } = deps;
  return t.router({
    create: procedure
      .meta({
        scope,
        portal: 'none',
        route: { method: 'POST', path: '/api-keys', status: 201 },
        summary: 'Create an API key',
        description:
          'Creates a key for the workspace of this call, or for all workspaces with the scope `admin`. The response contains the key, which cannot be retrieved again. Audited.',
        example: { name: 'checkout service', scope: 'send' },
      })
      .input(newKey)
      .output(createdKeyView)
      .mutation(async ({ ctx, input }) => {
        const keyScope = input.scope ?? 'workspace';
        const workspace_id = keyScope === 'admin' ? null : ctx.workspace_id;
        if (workspace_id !== null && (await repositories.workspaces.get(workspace_id)) === null) {
          throw new BellwireError('not_found', `There is no workspace ${workspace_id}.`);
        }
        const { key, secret } = await keys.create(
          {
            name: input.name,
            scope: keyScope,
            workspace_id,
            events_per_second: input.events_per_second ?? null,
            expires_at: expiryOf(input, deps.now()),
          },
          actorOf(ctx),
        );
        return { ...viewKey(key), api_key: secret };
      }),
    list: procedure
      .meta({
        scope,
        portal: 'none',
        route: { method: 'GET', path: '/api-keys' },
        summary: 'List API keys',
        description:
          'The keys of all workspaces, newest first. The response never contains the keys themselves.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject(page))
      .output(pageOf(keyView))
      .query(async ({ ctx, input }) =>
        toAnswer(await repositories.api_keys.list(null, toPageQuery(input)), viewKey, ctx),
      ),
    ...defineDeletion(deps),
  });
};
