import { expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig, settingNames } from '../../packages/server/src/index.ts';
import { issueInWords } from '../../packages/server/src/core/issue-words.ts';
import { fieldsOf } from '../../packages/server/src/http/openapi/schemas.ts';
import { toJsonSchema } from '../../packages/server/src/rpc/json-schema.ts';
import { routes } from '../support/any-step.ts';
import { RAW_SENTENCE } from '../support/raw-sentences.ts';
import { keepForFile, startServer } from '../support/running-server.ts';

const server = await keepForFile(startServer());

const LONG = 'x'.repeat(5_000);
const WRONG: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  ' ',
  'a\nb',
  '..',
  LONG,
  [],
  [null],
  [1],
  [''],
  [LONG],
  Array.from({ length: 1_100 }, () => 'a'),
  {},
  { a: 1 },
  { '': 'a' },
  { [LONG]: 'a' },
  { a: LONG },
  Object.fromEntries(Array.from({ length: 50 }, (_, nth) => [`k${nth}`, 'a'])),
];

const errorOf = async (parse: () => unknown): Promise<z.ZodError | null> => {
  try {
    await parse();
    return null;
  } catch (error) {
    return error as z.ZodError;
  }
};

/** The messages that the parser of a procedure gives; tRPC calls either of its methods. */
const messagesOf = async (input: z.ZodObject, value: unknown): Promise<readonly string[]> => {
  const errors = [await errorOf(() => input.parse(value)), await errorOf(() => input.parseAsync(value))];
  return errors.flatMap((error) =>
    (error?.issues ?? []).flatMap((issue) =>
      issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message) : [issue.message],
    ),
  );
};

it.each(routes)('$name: no invalid input gets a sentence of zod', async ({ input }) => {
  const { schema, named } = toJsonSchema(input, 'input');
  const [reference] = Object.values(named);
  const fields = fieldsOf(schema['$ref'] === undefined ? schema : (reference ?? schema)).map(
    ([name]) => name,
  );
  const inputs = [
    undefined,
    null,
    'a',
    [],
    {},
    { unknown: 1, another: 2 },
    ...fields.flatMap((name) => WRONG.map((value) => ({ [name]: value }))),
  ];
  let count = 0;
  for (const value of inputs) {
    for (const message of await messagesOf(input, value)) {
      count += 1;
      const where = `${message} for ${JSON.stringify(value)?.slice(0, 100)}`;
      expect(message, where).not.toMatch(RAW_SENTENCE);
      expect(message.length, where).toBeGreaterThan(5);
    }
  }
  expect(count).toBeGreaterThan(fields.length);
});

it('a message has the kind of the value and what is expected, on every surface', async () => {
  const cases: readonly (readonly [string, unknown, string, string])[] = [
    ['url', 7, 'url', 'must be a string, not the number 7'],
    ['url', '', 'url', 'must not be empty'],
    ['url', LONG, 'url', 'must have at most 2048 characters, not 5000'],
    ['events', 'a', 'events', 'must be an array, not a string'],
    ['events', [null], 'events.0', 'must be a string, not null'],
    ['method', 'GET', 'method', 'must be one of POST, PUT, PATCH, DELETE, not "GET"'],
    ['active', 'yes', 'active', 'must be true or false, not a string'],
    ['max_attempts', 21, 'max_attempts', 'must be at most 20, not 21'],
    ['max_attempts', 1.5, 'max_attempts', 'must be a whole number, not a fraction'],
    ['timeout_ms', 5, 'timeout_ms', 'must be at least 100, not 5'],
    ['metadata', [], 'metadata', 'must be an object, not an array'],
    ['metadata', { '': 'a' }, 'metadata.', 'its name must not be empty'],
    ['tenant', 7, 'tenant', 'must be a string, not the number 7, or must be *, not the number 7'],
    ['extra', 1, 'extra', 'is not a known field'],
  ];
  const good = { url: 'https://receiver.example.com/', events: ['*'] };
  for (const [field, value, path, message] of cases) {
    const input = { ...good, [field]: value };
    const rest = await server.api('POST /v1/webhooks', input);
    expect(rest.body.error.issues).toEqual([{ path, message }]);
    expect(rest.body.error.message).toBe(`${path}: ${message}.`);
    const trpc = await server.api('POST /trpc/hooks.create', input);
    expect(trpc.text).toContain(JSON.stringify({ path, message }));
    await expect(server.bellwire.hooks.create(input as never)).rejects.toMatchObject({
      issues: [{ path, message }],
    });
  }
  const missing = await server.api('POST /v1/webhooks', { url: good.url });
  expect(missing.body.error.issues).toEqual([{ path: 'events', message: 'is required' }]);
  const batch = await server.api('POST /v1/events/batch', { events: [{ type: 7, data: {} }] });
  expect(batch.text).toContain('type: must be a string, not the number 7.');
});

it('a setting with an invalid value gets no sentence of zod', () => {
  for (const name of settingNames) {
    for (const value of ['', ' ', 'x', '-1', LONG, ',', '1.5', '1h,1h'.repeat(60)]) {
      try {
        readConfig({ [name]: value });
      } catch (error) {
        expect((error as Error).message, `${name}=${value.slice(0, 20)}`).not.toMatch(RAW_SENTENCE);
      }
    }
  }
});

it('schemas of the program that embeds the server keep the messages of zod', () => {
  expect(z.string().safeParse(7).error?.issues[0]?.message).toMatch(RAW_SENTENCE);
});

it('every code of zod has words', () => {
  const two = z.string().or(z.number());
  const schemas: readonly (readonly [z.ZodType, unknown])[] = [
    [two, true],
    [z.email(), 'a'],
    [z.iso.datetime(), 'a'],
    [z.string().startsWith('a').endsWith('b').includes('c'), 'x'],
    [z.string().regex(/a/), 'x'],
    [z.number().multipleOf(2), 3],
    [z.number().lt(2), 3],
    [z.number().gt(2), 1],
    [z.number(), Number.NaN],
    [z.literal('a'), undefined],
    [z.strictObject({}), { a: 1, b: 2 }],
    [z.record(z.string().max(1), z.string()), { ab: 'a' }],
    [z.map(z.string(), z.number()), new Map([['a', 'b']])],
    [z.set(z.number()), new Set(['a'])],
    [z.custom(() => false), 1],
    [z.discriminatedUnion('a', [z.object({ a: z.literal(1) }), z.object({ a: z.literal(2) })]), { a: 3 }],
    [z.date(), 'a'],
    [z.bigint(), 1],
    [z.array(z.string()).length(2), ['a']],
    [z.never(), 1],
  ];
  for (const [schema, value] of schemas) {
    const { error } = schema.safeParse(value, { error: issueInWords });
    expect(error?.issues.length).toBeGreaterThan(0);
    for (const { message } of error?.issues ?? []) {
      expect(message).not.toMatch(RAW_SENTENCE);
      expect(message).not.toMatch(/undefined|\[object|NaN must/);
    }
  }
});
