import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { described, hookFields, hookId, page, secret } from './fields.ts';
import { createHookSecrets, warningsOf } from './hook-secrets.ts';
import { createHookTestSends } from './test-sends.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { createdHookView, hookView, viewHook } from './views/hook.ts';
import { pageOf } from './views/shown.ts';

const scope = 'workspace';
const one = z.strictObject({ hook_id: hookId });

const defineCreation = ({ hooks }: RpcDeps) => ({
  create: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/webhooks', status: 201 },
      summary: 'Create a hook',
      description:
        'Registers a URL for the events that it names. It gets what is sent from now on. The answer holds the signing secret, made up unless one is given.',
      errors: ['url_refused', 'unknown_event_type', 'not_validated'],
      example: { url: EXAMPLE.url, events: ['order.*'], name: 'Shop' },
    })
    .input(
      z.strictObject({
        ...hookFields,
        dialect: described(
          z.string().max(64),
          'How events look on the wire; that of the workspace when absent.',
          'standard',
        ).optional(),
        secret: described(
          secret.nullable(),
          'The signing secret, in the form that the dialect wants. Made up when absent; null for none, where the dialect allows that.',
          EXAMPLE.secret,
        ).optional(),
      }),
    )
    .output(createdHookView)
    .mutation(async ({ ctx, input }) => {
      const created = await hooks.create(ctx.workspace_id, input, ctx.caller.key_id);
      return {
        ...viewHook(created.hook),
        secret: created.secret,
        warnings: warningsOf(created.secret),
      };
    }),
});

const defineReads = ({ repositories }: RpcDeps) => ({
  list: procedure
    .meta({
      scope,
      route: { method: 'GET', path: '/webhooks' },
      summary: 'List hooks',
      description: 'The newest first.',
      errors: READ_ERRORS,
    })
    .input(z.strictObject(page))
    .output(pageOf(hookView))
    .query(async ({ ctx, input }) =>
      toAnswer(await repositories.hooks.list(ctx.workspace_id, {}, toPageQuery(input)), viewHook),
    ),
  get: procedure
    .meta({
      scope,
      route: { method: 'GET', path: '/webhooks/{hook_id}' },
      summary: 'Get a hook',
      description: 'One hook, without its secret.',
    })
    .input(one)
    .output(hookView)
    .query(async ({ ctx, input: { hook_id } }) => {
      const hook = await repositories.hooks.get(ctx.workspace_id, hook_id);
      if (hook === null)
        throw new BellwireError('not_found', `There is no hook ${hook_id} in this workspace.`);
      return viewHook(hook);
    }),
});

const defineChanges = ({ hooks }: RpcDeps) => ({
  update: procedure
    .meta({
      scope,
      route: { method: 'PATCH', path: '/webhooks/{hook_id}' },
      summary: 'Change a hook',
      description:
        'Changes what is given and leaves the rest; `events` and `headers` are replaced whole. In dialects that validate, a new URL must be validated anew.',
      errors: ['url_refused', 'unknown_event_type', 'not_validated'],
      example: { events: ['order.*', 'invoice.paid'], max_attempts: 5 },
    })
    .input(one.extend(z.object(hookFields).partial().shape))
    .output(hookView)
    .mutation(async ({ ctx, input: { hook_id, ...patch } }) =>
      viewHook(await hooks.update({ workspace_id: ctx.workspace_id, hook_id, by: ctx.caller.key_id }, patch)),
    ),
  delete: procedure
    .meta({
      scope,
      route: { method: 'DELETE', path: '/webhooks/{hook_id}' },
      summary: 'Delete a hook',
      description: 'Cancels what is pending or held for it. Its deliveries and attempts stay to be seen.',
    })
    .input(one)
    .output(z.void())
    .mutation(({ ctx, input }) => hooks.remove(ctx.workspace_id, input.hook_id)),
});

const defineSwitches = ({ hooks }: RpcDeps) => ({
  activate: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/webhooks/{hook_id}/activate' },
      summary: 'Activate a hook',
      description: 'Ends a pause, and also what we disabled. What was held stays held until it is replayed.',
      errors: ['not_validated'],
    })
    .input(one)
    .output(hookView)
    .mutation(async ({ ctx, input }) => viewHook(await hooks.activate(ctx.workspace_id, input.hook_id))),
  deactivate: procedure
    .meta({
      scope,
      route: { method: 'POST', path: '/webhooks/{hook_id}/deactivate' },
      summary: 'Pause a hook',
      description: 'What is meant for it is held from now on. Nothing is dropped.',
    })
    .input(one)
    .output(hookView)
    .mutation(async ({ ctx, input }) => viewHook(await hooks.deactivate(ctx.workspace_id, input.hook_id))),
});

/** Registrations: where events are sent. */
export const createHooksRouter = (deps: RpcDeps) =>
  t.router({
    ...createHookTestSends(deps),
    ...createHookSecrets(deps),
    ...defineCreation(deps),
    ...defineReads(deps),
    ...defineChanges(deps),
    ...defineSwitches(deps),
  });
