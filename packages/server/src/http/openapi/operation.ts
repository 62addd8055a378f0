import type { JsonObject } from '../../core/json.ts';
import { type Described, toJsonSchema } from '../../rpc/json-schema.ts';
import { receiptView } from '../../rpc/views/event.ts';
import { ALIASES } from '../rest-input.ts';
import type { RestRoute } from '../routes.ts';
import { descriptionOf, exampleOf, fieldsOf, requiredIn, resolve } from './schemas.ts';
import { nounOf } from './nouns.ts';
import type { Answer, Operation, Parameter, Reference, RequestBody, Schemas } from './types.ts';

/** Outputs of procedures without `.output()`, whose validation would cost more than the rest of the call. */
const UNCHECKED = new Map([['events.send', receiptView]]);

const WORKSPACE = { $ref: '#/components/parameters/Workspace' };
const IDEMPOTENCY_KEY = { $ref: '#/components/parameters/IdempotencyKey' };

const describedInput = ({ input }: RestRoute): Described => toJsonSchema(input, 'input');

const describedAnswer = ({ name, output }: RestRoute): Described | null => {
  const answer = output ?? UNCHECKED.get(name);
  if (answer === undefined) throw new Error(`${name} has no documented output`);
  return answer.def.type === 'void' ? null : toJsonSchema(answer, 'output');
};

/** The named schemas that a route uses. */
export const namedIn = (rest: RestRoute): Schemas => ({
  ...describedInput(rest).named,
  ...describedAnswer(rest)?.named,
});

/** Documents the aliases that REST accepts for a field. */
const withAliases = (field: string, schema: JsonObject): JsonObject => {
  const aliases = [...ALIASES].filter(([, target]) => target === field).map(([alias]) => `\`${alias}\``);
  if (aliases.length === 0) return schema;
  return { ...schema, description: `${descriptionOf(schema)} Aliases: ${aliases.join(', ')}.` };
};

const parametersOf = (rest: RestRoute, schema: JsonObject): readonly (Parameter | Reference)[] => {
  const required = requiredIn(schema);
  const parameters = fieldsOf(schema).flatMap(([name, field]): Parameter[] => {
    const in_path = rest.in_path.includes(name);
    if (!in_path && rest.route.method !== 'GET') return [];
    const { description: _, examples: __, ...rules } = field;
    return [
      {
        name,
        in: in_path ? 'path' : 'query',
        required: required.includes(name),
        description: descriptionOf(in_path ? field : withAliases(name, field)),
        ...(rules['type'] === 'object' ? ({ style: 'deepObject', explode: true } as const) : {}),
        schema: rules,
        example: exampleOf(field, {}),
      },
    ];
  });
  const takes_key = fieldsOf(schema).some(([name]) => name === 'idempotency_key');
  return [...parameters, ...(takes_key ? [IDEMPOTENCY_KEY] : []), WORKSPACE];
};

/** The input without path parameters; null when no fields remain. */
const bodyOf = (rest: RestRoute, { schema, named }: Described): RequestBody | null => {
  const whole = resolve(schema, named);
  const fields = fieldsOf(whole).filter(([name]) => !rest.in_path.includes(name));
  if (rest.route.method === 'GET' || fields.length === 0) return null;
  const required = requiredIn(whole).filter((name) => !rest.in_path.includes(name));
  const body = {
    ...whole,
    properties: Object.fromEntries(fields.map(([name, field]) => [name, withAliases(name, field)])),
    required,
  };
  const example = rest.meta.example ?? exampleOf(body, named, (name) => required.includes(name));
  const content = { schema: whole === schema ? body : schema, example };
  return { required: required.length > 0, content: { 'application/json': content } };
};

const successOf = (rest: RestRoute, named: Schemas): Readonly<Record<string, Answer>> => {
  const described = describedAnswer(rest);
  if (described === null) return { '204': { description: 'No content.' } };
  const { schema } = described;
  const content = { schema, example: exampleOf(schema, named) };
  return {
    [String(rest.route.status ?? 200)]: {
      description: descriptionOf(resolve(schema, described.named)) || 'OK.',
      content: { 'application/json': content },
    },
  };
};

/** The documentation of a route without its errors. `named` contains the named schemas of all routes. */
export const operationOf = (rest: RestRoute, named: Schemas): Operation => {
  const input = describedInput(rest);
  const body = bodyOf(rest, { ...input, named });
  return {
    operationId: rest.name,
    tags: [nounOf(rest.name)],
    summary: rest.meta.summary,
    description: rest.meta.description,
    security: [{ api_key: [rest.meta.scope] }],
    parameters: parametersOf(rest, resolve(input.schema, named)),
    ...(body === null ? {} : { requestBody: body }),
    responses: successOf(rest, named),
  };
};
