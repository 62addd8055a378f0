import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type CatalogType, printCatalog } from '@bellwire/client/generate';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const tool = (name: string): string =>
  fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
const OPTIONS =
  '--noEmit --strict --exactOptionalPropertyTypes --ignoreConfig --target es2022 --module nodenext';

/** The errors of the compiler for files that can import each other; empty without errors. */
const compile = async (files: Readonly<Record<string, string>>): Promise<string> => {
  await using folder = await createTemporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(folder.file(name), text);
  const args = [...OPTIONS.split(' '), '--allowImportingTsExtensions', ...Object.keys(files)];
  return spawnSync(tool('tsc'), args, { cwd: folder.path, encoding: 'utf8' }).stdout;
};

const line = {
  type: 'object',
  properties: { sku: { type: 'string' }, parent: { $ref: '#/$defs/line' } },
  required: ['sku'],
  additionalProperties: false,
};

const order: CatalogType = {
  name: 'order.created',
  description: 'A customer ordered.\nEnds no comment: */',
  schema: {
    type: 'object',
    properties: {
      order: {
        type: 'object',
        properties: {
          id: { type: 'integer', description: 'Its number.' },
          status: { enum: ['open', 'paid', null] },
          kind: { enum: Array.from({ length: 6 }, (_, n) => `a kind with a long name, number ${n}`) },
          'due-on': { type: ['string', 'null'], format: 'date' },
          lines: { type: 'array', items: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/line' }] } },
          point: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }], items: false },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          buyer: { allOf: [{ properties: { name: { type: 'string' } } }, { required: ['name'] }] },
        },
        required: ['id'],
      },
    },
    required: ['order'],
    $defs: { line },
  },
  example: { order: { id: 1, status: 'open', lines: ['a', { sku: 'it\'s "x"' }], point: [1, -2.5] } },
};
const plan: CatalogType = { name: 'Site Plan Change', description: 'The plan of a site was changed' };
const paid: CatalogType = { name: 'order.paid', schema: { type: 'object', required: ['order', 'order'] } };
const catalog = [
  order,
  plan,
  paid,
  { name: 'order-created' },
  { name: '7 days', schema: null, example: null },
];

it('types, examples and the catalog of a sender compile, and an invalid payload does not', async () => {
  const use = `
import { catalog, examples, type EventData, type WebhookEvent } from './events.ts';
const good: EventData['order.created'] = { order: { id: 1, point: [1, 2], labels: { a: 'b' } } };
// @ts-expect-error the id is a number
const text: EventData['order.created'] = { order: { id: '1' } };
// @ts-expect-error no such status
const status: EventData['order.created'] = { order: { id: 1, status: 'lost' } };
// @ts-expect-error a misspelt key
const key: EventData['order.created'] = { order: { id: 1, satus: 'open' } };
// @ts-expect-error a required field is missing
const missing: EventData['order.created'] = { order: {} };
// @ts-expect-error a required field without a schema is missing
const unnamed: EventData['order.paid'] = { anything: 1 };
const paid: EventData['order.paid'] = { order: 1, anything: 1 };
// @ts-expect-error no such type
type None = EventData['order.crated'];
const anything: EventData['Site Plan Change'] = { plan: 'pro' };
const idIn = (event: WebhookEvent): number => event.type === 'order.created' ? event.data.order.id : 0;
const input: NonNullable<(typeof catalog)['order.created']['~standard']['types']>['input'] = examples['order.created'];
export { anything, good, input, key, missing, paid, status, idIn, text, unnamed };
export type { None };
`;
  expect(await compile({ 'events.ts': printCatalog(catalog), 'use.ts': use })).toBe('');
  expect(
    await compile({ 'events.ts': printCatalog(catalog), 'use.ts': use.replaceAll('@ts-expect-error', '') }),
  ).toMatch(/use\.ts/);
});

it('the order of a catalog does not change the text', () => {
  expect(printCatalog(catalog.toReversed())).toBe(printCatalog(catalog));
});

it('the examples are the values of the catalog, also under unusual names', async () => {
  const example: unknown = JSON.parse(
    '{"__proto__": {"a": [1, -0.5, "\\u2028"]}, "constructor": null, "": {}}',
  );
  await using folder = await createTemporaryFolder();
  await writeFile(
    folder.file('events.ts'),
    printCatalog([{ name: 'odd', example, previous_example: { a: 1 } }, order]),
  );
  const print =
    "import { examples, previous_examples } from './events.ts'; process.stdout.write(JSON.stringify([examples, previous_examples]));";
  const args = ['--input-type=module', '-e', print];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder.path, encoding: 'utf8' });
  expect(stdout).toBe(JSON.stringify([{ odd: example, [order.name]: order.example }, { odd: { a: 1 } }]));
});

it('the text needs no formatting', async () => {
  await using folder = await createTemporaryFolder();
  await writeFile(folder.file('.oxfmtrc.json'), '{}');
  await writeFile(folder.file('events.ts'), printCatalog(catalog));
  const run = spawnSync(tool('oxfmt'), ['--check', 'events.ts'], { cwd: folder.path, encoding: 'utf8' });
  expect(`${run.stdout}${run.stderr}`).toContain('All matched files use the correct format');
  expect(run.status).toBe(0);
});

const hostileText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'class',
    'string',
    '*/',
    '`${x}`',
    "'",
    '"',
    '\\',
    '\n',
    '\u2028',
    '',
    '1',
    'EventData',
    'Record',
  ),
);

const schema = fc.letrec<{ readonly schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(
      true,
      false,
      {},
      { type: 'string' },
      { type: ['integer', 'null'] },
      { $ref: '#' },
    ),
    fc.constantFrom<unknown>(
      { $ref: 'other.json' },
      { $ref: '#/$defs/a' },
      { type: 'nothing' },
      { enum: [] },
    ),
    fc.record({ const: fc.oneof(hostileText, fc.integer(), fc.constant(null)) }),
    fc.record({ enum: fc.array(fc.oneof(hostileText, fc.double({ noNaN: true, noDefaultInfinity: true }))) }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.record({ type: fc.constant('array'), prefixItems: fc.array(tie('schema'), { maxLength: 3 }) }),
    fc.record(
      {
        type: fc.constant('object'),
        description: hostileText,
        properties: fc.dictionary(hostileText, tie('schema'), { maxKeys: 4 }),
        required: fc.array(hostileText, { maxLength: 2 }),
        additionalProperties: tie('schema'),
        $defs: fc.dictionary(hostileText, tie('schema'), { maxKeys: 2 }),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { maxLength: 3 }), description: hostileText }),
  ),
})).schema;

const anyCatalog = fc.uniqueArray(fc.record({ name: hostileText, description: hostileText, schema }), {
  selector: ({ name }) => name,
  maxLength: 4,
});

it('the catalogs of all dialects and any other catalogs compile, and their examples match their types', async () => {
  const dialects = [...createDialects().values()].map(({ catalog: types }) => types);
  expect(dialects.length).toBeGreaterThan(10);
  const catalogs = [...dialects, ...fc.sample(anyCatalog, { numRuns: 300, seed: 20_261_121 })];
  const files = catalogs.map((one, index) => [`catalog-${index}.ts`, printCatalog(one)] as const);
  const errors = await compile(Object.fromEntries(files));
  const first = /catalog-(\d+)/.exec(errors)?.[1];
  expect(errors + (first === undefined ? '' : files[Number(first)]![1])).toBe('');
});
