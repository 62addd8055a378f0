import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../packages/server/src/core/json.ts';
import { document, judge, operations, process_operations } from '../support/openapi-bench.ts';
import { answerFor } from '../support/openapi.ts';
import { startServer } from '../support/running-server.ts';
import { procedures } from '../support/two-surfaces.ts';

interface Place {
  readonly where: string;
  readonly schema: JsonObject;
}

/** Every schema that the document shows a reader: those with a name, parameters, bodies and answers. */
const shown: readonly Place[] = [
  ...Object.entries(document.components.schemas).map(([where, schema]) => ({ where, schema })),
  ...[...operations, ...process_operations].flatMap(({ name, operation, parameters }) => [
    ...parameters.map((one) => ({ where: `${name} ${one.name}`, schema: one.schema })),
    ...Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => ({ where: name, schema })),
    ...Object.keys(operation.responses).flatMap((status) =>
      Object.values(answerFor(document, operation, Number(status))?.content ?? {}).map(({ schema }) => ({
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

/** The fields that nothing is said of; one that names a schema, or an array of such, says it there. */
const bareFields = ({ where, schema }: Place): readonly string[] =>
  Object.entries(isJsonObject(schema['properties']) ? schema['properties'] : {}).flatMap(([name, field]) => {
    const inner = isJsonObject(field) ? field : {};
    const items = isJsonObject(inner['items']) ? inner['items'] : null;
    const deeper = bareFields({ where: `${where}.${name}`, schema: inner });
    const isSaid = !isBare(field) || (items !== null && !isBare(items)) || inner['properties'] !== undefined;
    return isSaid ? deeper : [`${where}.${name}`, ...deeper];
  });

/** The schemas of objects of which nothing says what fields they can have, wherever in a schema they stand. */
const silentObjects = ({ where, schema }: Place): readonly string[] => [
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

const expectFits = (where: string, schema: JsonObject, example: unknown): void => {
  expect(example, `${where} has no example`).toBeDefined();
  const validate = judge.compile(schema);
  expect(validate(example), `${where}: ${JSON.stringify(validate.errors)}`).toBe(true);
};

describe('the document', () => {
  it('is OpenAPI 3.1 by the schema of its makers', async () => {
    const plain = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
    expect(await new Validator().validate(plain)).toEqual({ valid: true });
    expect((await new Validator().validate({ ...plain, servers: '/v1' })).valid).toBe(false);
  });

  it('has every procedure that is on REST, by its method and path, and no other', () => {
    const declared = procedures.flatMap(({ name, meta }) =>
      meta?.route === undefined ? [] : [`${name} ${meta.route.method} /v1${meta.route.path}`],
    );
    const documented = operations.map(({ name, method, path }) => `${name} ${method.toUpperCase()} ${path}`);
    expect(documented.toSorted()).toEqual(declared.toSorted());
    expect(declared.length).toBeGreaterThan(30);
  });

  it('says of every operation what it does, for whom, and what it answers', () => {
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

  it('names its parts', () => {
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(
        'Hook Event Delivery Attempt EventType Workspace ApiKey AuditEntry Error'.split(' '),
      ),
    );
  });

  it('says something of every field', () => {
    const fields = shown.flatMap(bareFields);
    expect(fields.filter((field) => !/^BatchItem|timings\./.test(field))).toEqual([]);
  });

  it('says of every object which fields it has or that any will do: to generators of clients silence means none', () => {
    expect(shown.flatMap(silentObjects)).toEqual([]);
  });

  it('says of an idempotency key what the server asks of it, in the body and as a header alike', () => {
    const schema = document.components.schemas['NewEvent']!['properties'] as Record<string, JsonObject>;
    const { description: _, examples: __, ...rules } = schema['idempotency_key']!;
    expect(document.components.parameters['IdempotencyKey']!.schema).toEqual(rules);
    const validate = judge.compile(rules);
    expect(['order 1042', '', 'ä', 'a\nb', 'x'.repeat(257)].map((key) => validate(key))).toEqual([
      true,
      ...Array.from({ length: 4 }, () => false),
    ]);
  });

  it('holds schemas that a strict checker understands', () => {
    expect(shown.length).toBeGreaterThan(200);
    for (const { where, schema } of shown) expect(() => judge.compile(schema), where).not.toThrow();
  });

  it('shows an example of every body, every parameter and every answer, and each fits its schema', () => {
    for (const { name, operation, parameters } of operations) {
      for (const one of parameters) expectFits(`${name} ${one.name}`, one.schema, one.example);
      for (const one of Object.values(operation.requestBody?.content ?? {}))
        expectFits(name, one.schema, one.example);
      for (const status of Object.keys(operation.responses)) {
        const { content = {} } = answerFor(document, operation, Number(status))!;
        if (status !== '204') expect(Object.keys(content), `${name} ${status}`).toEqual(['application/json']);
        for (const { schema, example, examples } of Object.values(content)) {
          const values = examples === undefined ? [example] : Object.values(examples).map((one) => one.value);
          for (const value of values) expectFits(`${name} ${status}`, schema, value);
        }
      }
    }
  });
});

describe('/openapi.json', () => {
  it('is the document, for anybody, and is fetched only once', async () => {
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
