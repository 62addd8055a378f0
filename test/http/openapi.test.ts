import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../packages/server/src/core/json.ts';
import { answerFor, compile, document, operations, process_operations } from '../support/openapi.ts';
import { startServer } from '../support/running-server.ts';
import { procedures } from '../support/two-surfaces.ts';

interface Shown {
  readonly where: string;
  readonly schema: JsonObject;
}

/** Every schema that a reader sees: named ones, parameters, bodies and answers. */
const shown: readonly Shown[] = [
  ...Object.entries(document.components.schemas).map(([where, schema]) => ({ where, schema })),
  ...[...operations, ...process_operations].flatMap(({ name, operation, parameters }) => [
    ...parameters.map((one) => ({ where: `${name} ${one.name}`, schema: one.schema })),
    ...Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => ({ where: name, schema })),
    ...Object.keys(operation.responses).flatMap((status) =>
      Object.values(answerFor(operation, Number(status))?.content ?? {}).map(({ schema }) => ({
        where: `${name} ${status}`,
        schema,
      })),
    ),
  ]),
];

const isBare = (field: Json): boolean =>
  isJsonObject(field) &&
  field['description'] === undefined &&
  field['$ref'] === undefined &&
  field['const'] === undefined;

/** The fields without a description, here or in the schema that they refer to. */
const bareFields = ({ where, schema }: Shown): readonly string[] =>
  Object.entries(isJsonObject(schema['properties']) ? schema['properties'] : {}).flatMap(([name, field]) => {
    const inner = isJsonObject(field) ? field : {};
    const items = isJsonObject(inner['items']) ? inner['items'] : null;
    const deeper = bareFields({ where: `${where}.${name}`, schema: inner });
    const isDescribed =
      !isBare(field) || (items !== null && !isBare(items)) || inner['properties'] !== undefined;
    return isDescribed ? deeper : [`${where}.${name}`, ...deeper];
  });

/** The object schemas, at any depth, that do not specify their fields. */
const silentObjects = ({ where, schema }: Shown): readonly string[] => [
  ...([schema['type']].flat().includes('object') &&
  schema['properties'] === undefined &&
  schema['additionalProperties'] === undefined
    ? [where]
    : []),
  ...Object.entries(schema).flatMap(([name, inner]) =>
    name === 'examples'
      ? []
      : [inner]
          .flat()
          .filter(isJsonObject)
          .flatMap((one) => silentObjects({ where: `${where}.${name}`, schema: one })),
  ),
];

const expectMatches = (where: string, schema: JsonObject, example: unknown): void => {
  expect(example, `${where} has no example`).toBeDefined();
  const validate = compile(schema);
  expect(validate(example), `${where}: ${JSON.stringify(validate.errors)}`).toBe(true);
};

describe('the document', () => {
  it('is OpenAPI 3.1 by the official schema', async () => {
    const plain = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
    expect(await new Validator().validate(plain)).toEqual({ valid: true });
    expect((await new Validator().validate({ ...plain, servers: '/v1' })).valid).toBe(false);
  });

  it('has every REST procedure with its method and path, and no other operation', () => {
    const declared = procedures.flatMap(({ name, meta }) =>
      meta?.route === undefined ? [] : [`${name} ${meta.route.method} /v1${meta.route.path}`],
    );
    const documented = operations.map(({ name, method, path }) => `${name} ${method.toUpperCase()} ${path}`);
    expect(documented.toSorted()).toEqual(declared.toSorted());
    expect(declared.length).toBeGreaterThan(30);
  });

  it('describes every operation: summary, tag, scope and answers', () => {
    const nouns = new Set(document.tags.map(({ name }) => name));
    for (const { name, operation } of [...operations, ...process_operations]) {
      expect(operation.summary.length, name).toBeGreaterThan(5);
      expect(operation.description, name).toMatch(/^.{5,}[.:`]$/s);
      expect(operation.summary, name).not.toMatch(/[.:]$/);
      expect(operation.tags.every((tag) => nouns.has(tag)) && operation.tags.length === 1, name).toBe(true);
    }
    for (const { name, operation } of operations) {
      expect(operation.security, name).toEqual([
        { api_key: [procedures.find((one) => one.name === name)!.meta!.scope] },
      ]);
      expect(Object.keys(operation.responses), name).toEqual(
        expect.arrayContaining(['401', '403', '404', '422', '500']),
      );
    }
  });

  it('names its main schemas', () => {
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(
        'Hook Event Delivery Attempt EventType Workspace ApiKey AuditEntry Error'.split(' '),
      ),
    );
  });

  it('describes every field', () => {
    const fields = shown.flatMap(bareFields);
    expect(fields.filter((field) => !/^BatchItem|timings\./.test(field))).toEqual([]);
  });

  it('specifies the fields of every object, or that any are allowed: client generators take silence as none', () => {
    expect(shown.flatMap(silentObjects)).toEqual([]);
  });

  it('has the same rules for an idempotency key in the body and in the header', () => {
    const schema = document.components.schemas['NewEvent']!['properties'] as Record<string, JsonObject>;
    const { description: _, examples: __, ...rules } = schema['idempotency_key']!;
    expect(document.components.parameters['IdempotencyKey']!.schema).toEqual(rules);
    const validate = compile(rules);
    expect(['order 1042', '', 'ä', 'a\nb', 'x'.repeat(257)].map((key) => validate(key))).toEqual([
      true,
      ...Array.from({ length: 4 }, () => false),
    ]);
  });

  it('has schemas that a strict validator compiles', () => {
    expect(shown.length).toBeGreaterThan(200);
    for (const { where, schema } of shown) expect(() => compile(schema), where).not.toThrow();
  });

  it('has an example of every body, parameter and answer, and each matches its schema', () => {
    for (const { name, operation, parameters } of operations) {
      for (const one of parameters) expectMatches(`${name} ${one.name}`, one.schema, one.example);
      for (const one of Object.values(operation.requestBody?.content ?? {}))
        expectMatches(name, one.schema, one.example);
      for (const status of Object.keys(operation.responses)) {
        const { content = {} } = answerFor(operation, Number(status))!;
        if (status !== '204') expect(Object.keys(content), `${name} ${status}`).toEqual(['application/json']);
        for (const { schema, example, examples } of Object.values(content)) {
          const values = examples === undefined ? [example] : Object.values(examples).map((one) => one.value);
          for (const value of values) expectMatches(`${name} ${status}`, schema, value);
        }
      }
    }
  });
});

describe('/openapi.json', () => {
  it('is the document, needs no key, and is fetched once', async () => {
    await using server = await startServer();
    const keyless = (headers: Record<string, string> = {}) =>
      server.api('GET /openapi.json', undefined, { key: null, headers });
    const first = await keyless();
    expect(first.status).toBe(200);
    expect(JSON.parse(first.text)).toEqual(JSON.parse(JSON.stringify(document)));
    const etag = String(first.headers['etag']);
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    const again = await keyless({ 'if-none-match': etag });
    expect([again.status, again.text, again.headers['etag']]).toEqual([304, '', etag]);
    expect((await keyless({ 'if-none-match': `"other", W/${etag}` })).status).toBe(304);
    expect((await keyless({ 'if-none-match': '"other"' })).status).toBe(200);
    expect((await server.api('POST /openapi.json', {}, { key: null })).headers['allow']).toBe('GET');
  });
});
