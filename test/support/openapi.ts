import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../packages/server/src/core/json.ts';
import { createOpenApi } from '../../packages/server/src/http/openapi/document.ts';
import type {
  Answer as DocumentedAnswer,
  Method,
  Operation,
  Parameter,
  Reference,
} from '../../packages/server/src/http/openapi/types.ts';
import { routesOf } from '../../packages/server/src/http/routes.ts';
import { createAppRouter } from '../../packages/server/src/rpc/router.ts';
import type { Answer } from './running-server.ts';

/** The document, created without a server: it depends only on the router. */
export const document = createOpenApi(routesOf(createAppRouter({} as Parameters<typeof createAppRouter>[0])));

export interface DocumentedOperation {
  readonly name: string;
  readonly method: Method;
  /** With the prefix of its server: `/v1/events/{event_id}`. */
  readonly path: string;
  readonly operation: Operation;
  readonly parameters: readonly Parameter[];
}

/** The target of a `$ref` within the document; any other value unchanged. */
const follow = <T extends object>(value: T | Reference): T => {
  if (!('$ref' in value)) return value;
  const found = value.$ref
    .slice(2)
    .split('/')
    .reduce((at: unknown, key) => (at as Record<string, unknown>)[key], document);
  if (found === undefined) throw new Error(`${value.$ref} does not exist`);
  return found as T;
};

const METHODS: readonly Method[] = ['get', 'post', 'put', 'patch', 'delete'];

const all: readonly DocumentedOperation[] = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const described = item[method];
    if (described === undefined) return [];
    const [server = document.servers[0]!] = item.servers ?? [];
    return {
      name: described.operationId,
      method,
      path: server.url.replace(/\/$/, '') + path,
      operation: described,
      parameters: (described.parameters ?? []).map((one) => follow<Parameter>(one)),
    };
  }),
);
/** The procedures of the API: not the stream, whose answer does not end, nor those of the process. */
export const operations = all.filter(({ name }) => !/^(process|stream)\./.test(name));
export const process_operations = all.filter(({ name }) => name.startsWith('process.'));

export const operation = (name: string): DocumentedOperation => {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the document has no operation ${name}`);
  return found;
};

/** The documented answer for a status; undefined when there is none. */
export const answerFor = ({ responses }: Operation, status: number): DocumentedAnswer | undefined => {
  const answer = responses[status];
  return answer === undefined ? undefined : follow<DocumentedAnswer>(answer);
};

/** The same schema, in which an unnamed field is an error wherever fields are named. */
const closed = (schema: JsonObject): JsonObject => {
  const close = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(close);
    return isJsonObject(value) ? closed(value) : value;
  };
  const { properties } = schema;
  const parts = ['items', 'anyOf', 'oneOf', 'additionalProperties'].flatMap((name) => {
    const value = schema[name];
    return value === undefined ? [] : [[name, close(value)] as const];
  });
  return {
    ...schema,
    ...(isJsonObject(properties)
      ? {
          additionalProperties: false,
          properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, close(one)])),
        }
      : {}),
    ...Object.fromEntries(parts),
  };
};

/** Compiles schemas (draft 2020-12, strict, with formats) that refer to named ones. Each is compiled once. */
const compilerFor = (named: Readonly<Record<string, JsonObject>>) => {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  ajv.addKeyword('components');
  const compiled = new Map<string, ValidateFunction>();
  return (schema: JsonObject): ValidateFunction => {
    const text = JSON.stringify(schema);
    const known = compiled.get(text) ?? ajv.compile({ ...schema, components: { schemas: named } });
    compiled.set(text, known);
    return known;
  };
};

const { schemas } = document.components;

/** Compiles a schema of the document; throws for an unknown keyword. */
export const compile = compilerFor(schemas);
const compileClosed = compilerFor(
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, closed(schema)])),
);

/** Every difference between an answer and the document; an undocumented field is one. */
export const differences = (documented: DocumentedAnswer, answer: Answer): readonly string[] => {
  const missing = Object.keys(documented.headers ?? {})
    // Only the errors that pass with time have Retry-After.
    .filter((name) => name !== 'Retry-After' && answer.headers[name.toLowerCase()] === undefined)
    .map((name) => `the header ${name} is missing`);
  const { content } = documented;
  if (content === undefined) return answer.text === '' ? missing : [...missing, 'has a body'];
  const type = String(answer.headers['content-type']).split(';', 1)[0]!;
  const expected = content[type];
  if (expected === undefined) return [...missing, `has the content type "${type}"`];
  if (type !== 'application/json') return missing;
  const { code } = answer.body.error ?? {};
  const is_known = expected.examples === undefined || Object.hasOwn(expected.examples, code ?? '');
  const validate = compileClosed(closed(expected.schema));
  validate(JSON.parse(answer.text));
  return [
    ...missing,
    ...(is_known ? [] : [`has the error code ${code}`]),
    ...(validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    ),
  ];
};

/** Fails unless the document has this very answer for the operation. */
export const expectDocumented = (
  { name, operation: described }: DocumentedOperation,
  answer: Answer,
): void => {
  const documented = answerFor(described, answer.status);
  const context = `${name} answered ${answer.status} ${answer.text.slice(0, 500)}`;
  expect(documented, `${context}, which is not documented`).toBeDefined();
  expect(differences(documented!, answer), context).toEqual([]);
};
