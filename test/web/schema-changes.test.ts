import { describe, expect, it } from 'vitest';
import { compareSchemas } from '../../packages/web/src/pages/catalog/schema-changes.ts';
import { rowsOfSchema } from '../../packages/web/src/pages/catalog/schema-rows.ts';
import { entryFor } from '../../packages/web/src/pages/catalog/subscribers.ts';

const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest });

const of = (before: object, after: object) =>
  compareSchemas(object({ a: before }), object({ a: after })).map(({ breaks, path, text }) =>
    `${breaks} ${path} ${text}`.trim(),
  );

describe('a change of a schema may break receivers if', () => {
  it('a property is removed', () => {
    const before = object({ order: object({ id: {}, total: {} }) });
    const after = object({ order: object({ id: {} }) });
    expect(compareSchemas(before, after)).toEqual([
      { breaks: 'receivers', path: 'order.total', text: 'is removed; receivers may rely on it' },
    ]);
  });

  it('a required property may be missing', () => {
    const before = object({ id: {} }, { required: ['id'] });
    expect(compareSchemas(before, object({ id: {} }))).toMatchObject([{ breaks: 'receivers', path: 'id' }]);
  });

  it.each([
    [{ type: 'string' }, { type: ['string', 'null'] }, 'may now be null; it was string'],
    [{ type: 'integer' }, { type: 'number' }, 'may now be number; it was integer'],
    [{ type: 'string' }, {}, 'may now be anything; it was string'],
    [{ enum: ['EUR'] }, { enum: ['EUR', 'CHF'] }, 'may now be "CHF", which receivers may not know'],
    [{ enum: ['EUR'] }, {}, 'may now have other values than "EUR"'],
    [{ const: 1 }, { const: 2 }, 'may now be 2, which receivers may not know'],
    [{ maxLength: 10 }, { maxLength: 20 }, 'has another maxLength: 20, before 10'],
    [{ minimum: 1 }, {}, 'has another minimum: unlimited, before 1'],
    [{ additionalProperties: false }, {}, 'may now have properties that the schema does not list'],
  ])('%j becomes %j', (before, after, text) => {
    expect(of(before, after)).toContain(`receivers a ${text}`);
  });

  it('it is removed', () => {
    expect(compareSchemas({ type: 'object' }, null)).toMatchObject([{ breaks: 'receivers', path: '' }]);
  });
});

describe('a change of a schema may break senders if', () => {
  it('a property is newly required, also one that the schema does not describe', () => {
    const after = object({ id: {} }, { required: ['id', 'other'] });
    expect(compareSchemas(object({ id: {} }), after)).toMatchObject([
      { breaks: 'senders', path: 'id' },
      { breaks: 'senders', path: 'other' },
    ]);
  });

  it.each([
    [{ type: ['string', 'null'] }, { type: 'string' }, 'may no longer be null'],
    [{ type: 'number' }, { type: 'integer' }, 'may no longer be number'],
    [{ enum: ['EUR', 'CHF'] }, { enum: ['EUR'] }, 'may no longer be "CHF"'],
    [{}, { enum: ['EUR'] }, 'must now be one of "EUR"'],
    [{}, { type: 'string' }, 'must now be string; it could be anything'],
    [{ maxLength: 20 }, { maxLength: 10 }, 'has another maxLength: 10, before 20'],
  ])('%j becomes %j', (before, after, text) => {
    expect(of(before, after)).toContain(`senders a ${text}`);
  });

  it('there was none', () => {
    expect(compareSchemas(null, { type: 'object' })).toMatchObject([{ breaks: 'senders', path: '' }]);
  });
});

it('an optional property, a description and an equal reference break nothing', () => {
  const before = object({ a: { $ref: '#/$defs/a' } }, { $defs: { a: { type: 'string' } } });
  const after = object({ a: { type: 'string', description: 'new' }, b: { type: 'null' } });
  expect(compareSchemas(before, after)).toEqual([]);
  expect(compareSchemas(null, null)).toEqual([]);
});

it('parts of arrays are compared, and receivers come first', () => {
  const lines = (item: object) => object({ lines: { type: 'array', items: item } });
  const before = lines(object({ sku: { type: 'string' } }));
  const after = lines(object({}, { required: ['id'] }));
  expect(compareSchemas(before, after).map(({ breaks, path }) => [breaks, path])).toEqual([
    ['receivers', 'lines[].sku'],
    ['senders', 'lines[].id'],
  ]);
});

it('what is not understood is named', () => {
  const text = 'unknown a differs in anyOf: check whether receivers accept every new value';
  expect(of({ anyOf: [{ type: 'string' }] }, { anyOf: [] })).toEqual([text]);
});

it('a schema that refers to itself is compared and shown', () => {
  const tree = { type: 'object', properties: { child: { $ref: '#' } } };
  expect(compareSchemas(tree, { ...tree, required: ['child'] }).length).toBeGreaterThan(0);
  expect(rowsOfSchema(tree)).toHaveLength(8);
});

it('a schema is a table of its properties', () => {
  const schema = object(
    {
      lines: {
        type: 'array',
        items: object({ sku: { type: 'string', maxLength: 4, description: 'Ours.' } }),
      },
    },
    { required: ['lines'] },
  );
  expect(rowsOfSchema(schema)).toEqual([
    { path: 'lines', depth: 0, type: 'array of object', required: true, description: '', rules: [] },
    {
      path: 'lines[].sku',
      depth: 1,
      type: 'string',
      required: false,
      description: 'Ours.',
      rules: ['at most 4 characters'],
    },
  ]);
});

it('a subscription includes a type by its name, a prefix or *', () => {
  expect(entryFor(['a', 'order.*'], 'order.created')).toBe('order.*');
  expect(entryFor(['*'], 'x')).toBe('*');
  expect(entryFor(['order.*', 'order'], 'orders')).toBeNull();
});
