import { z } from 'zod';
import { type Actor, type Audit, auditedEventType } from '../admin/audit.ts';
import { catalogProblem, checkExampleSize } from '../core/catalog-limits.ts';
import { BellwireError, type Issue, listIssues } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { isOperational, reservedType } from '../core/operational-events.ts';
import { exampleViolation } from '../core/schema-violation.ts';
import { actorOf } from './actor.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import { described, eventTypeName, jsonObject, page } from './fields.ts';
import type { EventType } from '../ports/repositories.ts';
import type { SchemaOwner } from '../ports/schema-check.ts';
import { READS_CATALOG } from './portal.ts';
import { CHECK_ERRORS, READ_ERRORS, procedure, t } from './trpc.ts';
import { EXAMPLE_SCHEMA, eventTypeView, sampleView, viewEventType } from './views/event-type.ts';
import { pageOf } from './views/shown.ts';

const scope = 'workspace';
const one = z.strictObject({ name: eventTypeName });
const notFound = (name: string) =>
  new BellwireError('not_found', `The catalog of this workspace has no event type "${name}".`);

const schemaInvalid = (name: string, issues: readonly Issue[]) =>
  new BellwireError(
    'schema_invalid',
    `The schema of ${name} cannot be used: ${listIssues(issues, ({ path, message }) => `${path} ${message}`)}.`,
    {
      issues: issues.map(({ path, message }) => ({
        path: path === '' ? 'schema' : `schema.${path}`,
        message,
      })),
    },
  );

const newEventType = one.extend({
  description: described(
    z.string().max(2000),
    'When events of this type are sent.',
    'An order was placed.',
  ).optional(),
  schema: described(
    jsonObject.nullable(),
    'The JSON Schema (draft 2020-12) that event data must match. Null accepts any data.',
    EXAMPLE_SCHEMA,
  ).optional(),
  example: described(
    jsonObject.nullable(),
    'The default data of test events. At most 64 KiB as JSON.',
    EXAMPLE.data,
  ).optional(),
  previous_example: described(
    jsonObject.nullable(),
    'The data before the change that `example` shows: the default `previous_data` of test events.',
    null,
  ).optional(),
});

const defineReads = ({ repositories, sampleOf }: RpcDeps) => ({
  list: procedure
    .meta({
      scope: 'read',
      portal: READS_CATALOG,
      route: { method: 'GET', path: '/event-types' },
      summary: 'List event types',
      description:
        'The catalog of the workspace, sorted by name. A page ends at its limit or after 4 MiB: continue with `next_cursor` until it is null.',
      errors: READ_ERRORS,
    })
    .input(z.strictObject(page))
    .output(pageOf(eventTypeView))
    .query(async ({ ctx, input }) =>
      toAnswer(await repositories.event_types.list(ctx.workspace_id, toPageQuery(input)), viewEventType, ctx),
    ),
  get: procedure
    .meta({
      scope: 'read',
      portal: READS_CATALOG,
      route: { method: 'GET', path: '/event-types/{name}' },
      summary: 'Get an event type',
      description: 'One entry of the catalog.',
    })
    .input(one)
    .output(eventTypeView)
    .query(async ({ ctx, input: { name } }) => {
      const type = await repositories.event_types.get(ctx.workspace_id, name);
      if (type === null) throw notFound(name);
      return viewEventType(type);
    }),
  sample: procedure
    .meta({
      scope: 'read',
      portal: READS_CATALOG,
      route: { method: 'GET', path: '/event-types/{name}/sample' },
      summary: 'Get sample data',
      description:
        'The data that a test event of this type has: its example, or else data generated from its schema, which takes up to a second. Equal schemas get equal data.',
      errors: ['example_required', 'schema_too_slow', 'too_many_requests', ...READ_ERRORS],
    })
    .input(one)
    .output(sampleView)
    .query(async ({ ctx, input: { name } }) => {
      const type = await repositories.event_types.get(ctx.workspace_id, name);
      if (type === null) throw notFound(name);
      return { ...(await sampleOf({ workspace_id: ctx.workspace_id, type: name }, [type])) };
    }),
});

const bytesOf = (value: JsonObject | null): number =>
  value === null ? 0 : Buffer.byteLength(JSON.stringify(value));

const putType = (audit: Audit, actor: Actor, type: EventType): Promise<EventType> =>
  audit.change(actor, async ({ event_types }, record) => {
    const others = await event_types.sizeWithout(actor.workspace_id, type.name);
    const problem = catalogProblem(others, { name: type.name, schema_bytes: bytesOf(type.schema) });
    if (problem !== null) throw problem;
    const before = await event_types.get(actor.workspace_id, type.name);
    const after = await event_types.put(actor.workspace_id, type);
    await record({
      action: before === null ? 'event_type.created' : 'event_type.updated',
      subject: type.name,
      before: before === null ? null : auditedEventType(before),
      after: auditedEventType(after),
    });
    return after;
  });

const PUT_ERRORS = [
  'reserved_event_type',
  'schema_invalid',
  'catalog_full',
  'overloaded',
  'shutting_down',
  ...CHECK_ERRORS,
] as const;

/** @throws BellwireError `schema_invalid`, `invalid_input`, `schema_violation`, and the errors of `SchemaCheck`. */
const createCheckInput =
  ({ validateSchema, checkSchema }: Pick<RpcDeps, 'validateSchema' | 'checkSchema'>) =>
  async (owner: SchemaOwner, input: z.infer<typeof newEventType>): Promise<void> => {
    const { schema = null } = input;
    const issues = schema === null ? [] : await validateSchema(owner, schema);
    if (issues.length > 0) throw schemaInvalid(input.name, issues);
    for (const field of ['example', 'previous_example'] as const) {
      const data = input[field] ?? null;
      if (data === null) continue;
      const data_text = JSON.stringify(data);
      checkExampleSize(field, Buffer.byteLength(data_text));
      if (schema === null) continue;
      const wrong = await checkSchema({ ...owner, schema_text: JSON.stringify(schema), data, data_text });
      if (wrong.length > 0) throw exampleViolation(input.name, field, wrong);
    }
  };

const defineChanges = (
  { repositories, audit, now }: RpcDeps,
  checkInput: ReturnType<typeof createCheckInput>,
) => ({
  put: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'PUT', path: '/event-types/{name}' },
      summary: 'Create or replace an event type',
      description:
        'Adds an event type to the catalog or replaces it completely: absent fields are cleared. Takes effect immediately. Examples must match the schema. A workspace has at most 1,000 event types, with 4 MiB of schemas. If the type has a schema, the data of every event of this type is validated against it.',
      errors: PUT_ERRORS,
      example: { description: 'An order was placed.', schema: EXAMPLE_SCHEMA, example: EXAMPLE.data },
    })
    .input(newEventType)
    .output(eventTypeView)
    .mutation(async ({ ctx, input }) => {
      if (isOperational(input.name)) throw reservedType(input.name, 'name');
      if ((await repositories.workspaces.get(ctx.workspace_id)) === null) {
        throw new BellwireError('not_found', `There is no workspace ${ctx.workspace_id}.`);
      }
      await checkInput({ workspace_id: ctx.workspace_id, type: input.name }, input);
      const time = now();
      const type = {
        name: input.name,
        description: input.description ?? '',
        schema: input.schema ?? null,
        example: input.example ?? null,
        previous_example: input.previous_example ?? null,
        created_at: time,
        updated_at: time,
      };
      return viewEventType(await putType(audit, actorOf(ctx), type));
    }),
  delete: procedure
    .meta({
      scope,
      portal: 'none',
      route: { method: 'DELETE', path: '/event-types/{name}' },
      summary: 'Delete an event type',
      description:
        'Removes an event type from the catalog. Existing events are kept; new events of this type are refused only in a strict workspace.',
    })
    .input(one)
    .output(z.void())
    .mutation(({ ctx, input: { name } }) =>
      audit.change(actorOf(ctx), async ({ event_types }, record) => {
        const before = await event_types.get(ctx.workspace_id, name);
        if (before === null) throw notFound(name);
        await event_types.remove(ctx.workspace_id, name);
        await record({ action: 'event_type.deleted', subject: name, before: auditedEventType(before) });
      }),
    ),
});

/** The catalog of a workspace. */
export const createEventTypesRouter = (deps: RpcDeps) => {
  const { list, get, sample } = defineReads(deps);
  const changes = defineChanges(deps, createCheckInput(deps));
  return t.router({ put: changes.put, list, get, sample, delete: changes.delete });
};
