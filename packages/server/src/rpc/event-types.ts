import { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { eventTypeName, jsonObject, page } from './fields.ts';
import { procedure, t } from './trpc.ts';
import { eventTypeView, pageOf, viewEventType } from './views.ts';

const scope = 'workspace';
const one = z.strictObject({ name: eventTypeName });
const notFound = (name: string) =>
  new BellwireError('not_found', `The catalog of this workspace has no event type "${name}".`);

/** The catalog of a workspace. */
export const createEventTypesRouter = ({ records, now, judgeSchema }: RpcDeps) =>
  t.router({
    put: procedure
      .meta({ scope, route: { method: 'PUT', path: '/event-types/{name}' } })
      .input(
        one.extend({
          description: z.string().max(2000).optional(),
          schema: jsonObject.nullable().optional(),
          example: jsonObject.nullable().optional(),
        }),
      )
      .output(eventTypeView)
      .mutation(async ({ ctx, input }) => {
        if ((await records.workspaces.get(ctx.workspace_id)) === null) {
          throw new BellwireError('not_found', `There is no workspace ${ctx.workspace_id}.`);
        }
        const issues = input.schema ? judgeSchema(input.schema) : [];
        if (issues.length > 0) {
          throw new BellwireError(
            'schema_invalid',
            `The schema of ${input.name} cannot be used: ${issues.map(({ path, message }) => `${path} ${message}`).join('; ')}.`,
            {
              issues: issues.map(({ path, message }) => ({
                path: path === '' ? 'schema' : `schema.${path}`,
                message,
              })),
            },
          );
        }
        const time = now();
        const stored = await records.event_types.put(ctx.workspace_id, {
          name: input.name,
          description: input.description ?? '',
          schema: input.schema ?? null,
          example: input.example ?? null,
          created_at: time,
          updated_at: time,
        });
        return viewEventType(stored);
      }),
    list: procedure
      .meta({ scope, route: { method: 'GET', path: '/event-types' } })
      .input(z.strictObject(page))
      .output(pageOf(eventTypeView))
      .query(async ({ ctx, input }) =>
        toAnswer(await records.event_types.list(ctx.workspace_id, toPageQuery(input)), viewEventType),
      ),
    get: procedure
      .meta({ scope, route: { method: 'GET', path: '/event-types/{name}' } })
      .input(one)
      .output(eventTypeView)
      .query(async ({ ctx, input: { name } }) => {
        const type = await records.event_types.get(ctx.workspace_id, name);
        if (type === null) throw notFound(name);
        return viewEventType(type);
      }),
    delete: procedure
      .meta({ scope, route: { method: 'DELETE', path: '/event-types/{name}' } })
      .input(one)
      .output(z.void())
      .mutation(async ({ ctx, input: { name } }) => {
        if (!(await records.event_types.remove(ctx.workspace_id, name))) throw notFound(name);
      }),
  });
