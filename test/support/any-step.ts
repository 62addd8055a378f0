import * as fc from 'fast-check';
import { canonicalJson, type Json } from '../../packages/server/src/core/json.ts';
import { type RestRoute, routesOf } from '../../packages/server/src/http/routes.ts';
import { EXAMPLE } from '../../packages/server/src/rpc/examples.ts';
import { toJsonSchema } from '../../packages/server/src/rpc/json-schema.ts';
import { createAppRouter } from '../../packages/server/src/rpc/router.ts';
import { EXAMPLE_SCHEMA } from '../../packages/server/src/rpc/views/event-type.ts';
import { createAnyInput } from './any-input.ts';
import type { Input } from './two-surfaces.ts';

export interface Step {
  readonly name: string;
  /** With `@wh:17` for the id of a hook that was created earlier. */
  readonly input: Input;
  /** An API key, `admin`, or null for none; and the workspace that the call names. */
  readonly key: string | null;
  readonly workspace: string | null;
  /** Whether REST gets a field by its alias, or in a header. */
  readonly rest_only: { readonly alias: number; readonly by_header: boolean };
}

/** Every REST procedure. */
export const routes: readonly RestRoute[] = routesOf(
  createAppRouter({} as Parameters<typeof createAppRouter>[0]),
);

const ID = /^(ws|wh|evt|dlv|rcv|ers|key)_/;

const idOf = (kind: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 30, arbitrary: fc.nat(23).map((nth) => `@${kind}:${nth}`) },
    { weight: 2, arbitrary: fc.nat(23).map((nth) => `@gone:${nth}`) },
    { weight: 1, arbitrary: fc.constantFrom(`${kind}_unknown`, 'x', 'x'.repeat(65)) },
  );

const mostly = (good: readonly unknown[], bad: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );

/** Values with a meaning beyond their schema, by the example of the schema. */
const wordsTo = (receiver: string): ReadonlyMap<string, fc.Arbitrary<unknown>> => {
  const types = ['a', 'a.b', 'order.created', 'Site Plan Change'];
  const words: readonly (readonly [Json, fc.Arbitrary<unknown>])[] = [
    [EXAMPLE.tenant, mostly(['cus_1', 'cus_1', 'cus_2'], ['*', '', 'a b'])],
    [EXAMPLE.metadata, mostly([{}, { plan: 'team' }], [{ '': 'a' }, { a: 1 }])],
    [EXAMPLE.event_metadata, mostly([{ a: 'x' }, { a: 'x', b: 'y' }, { b: 'y' }], [{ '': 'a' }, { a: 1 }])],
    [EXAMPLE.event_type, mostly(types, ['..', '', 'a..b', 'ping', ' a'])],
    ['order.*', mostly([...types, '*', 'a.*', 'order.*'], ['..', '', '*.a', 'a.**'])],
    [
      EXAMPLE.url,
      mostly(
        [`${receiver}/ok`, `${receiver}/ok?a=b`, `${receiver}/fail`],
        ['http://10.0.0.1/', 'ftp://x', 'no url', 'http://user:pass@h.example.com/'],
      ),
    ],
    [
      'application/json',
      mostly(
        ['application/json', 'application/json', 'application/x-www-form-urlencoded'],
        ['text/plain', 'json', ''],
      ),
    ],
    ['order.id', mostly(['a', 'a.b', 'order.id', null], ['', '.', 'a..b', 'a b'])],
    [
      'order.total >= 100',
      mostly(
        ['a >= 1', 'exists a', '$type == "a" or a == null', '$metadata.a == "x"', null],
        ['a =', '', 'a', 'x'.repeat(1_025)],
      ),
    ],
    [EXAMPLE.secret, mostly([EXAMPLE.secret, 'good enough as a secret', 'short'], ['whsec_!', 'ä', ''])],
    [
      'standard',
      mostly(['standard', 'standard', 'github', 'stripe', 'q2', 'casesolved', 'connect2print'], ['nope', '']),
    ],
    [
      'order-1042-created',
      mostly(
        Array.from({ length: 30 }, (_, nth) => `k${nth}`),
        ['\n', 'ä', ''],
      ),
    ],
    ['5m', mostly(['0', '0s', '1h'], ['5', '1 m', '31d', ''])],
    ['1h', mostly(['1m', '5m', '1h', '1d'], ['0h', '1s', ''])],
    ['cus-42-orders', mostly(['k0', 'k1', 'k2', 'k3'], ['\n', 'ä', ''])],
    ['Shop', fc.oneof(mostly(['one', ' padded '], [' ', 'a\nb']), fc.string({ minLength: 1, maxLength: 9 }))],
    [
      { 'X-Tenant': 'acme' },
      mostly(
        [{}, { 'X-A': 'v' }, { 'x-a': '1', 'X-B': '2' }],
        [{ Host: 'v' }, { 'X-A': 'a\nb' }, { 'X-A': '[secret]' }],
      ),
    ],
    [
      EXAMPLE_SCHEMA,
      mostly(
        [{}, { type: 'object' }, { type: 'object', required: ['a'] }, null],
        [{ type: 'x' }, { $ref: 'http://x' }],
      ),
    ],
    [
      EXAMPLE.cursor,
      mostly(
        Array.from({ length: 9 }, (_, nth) => `@cursor:${nth}`),
        ['nonsense', ''],
      ),
    ],
  ];
  return new Map(words.map(([example, word]) => [canonicalJson(example), word]));
};

const ADMIN = { key: 'admin', workspace: null };
const anyCaller = fc.oneof(
  { weight: 16, arbitrary: fc.constant(ADMIN) },
  { weight: 3, arbitrary: fc.nat(23).map((nth) => ({ ...ADMIN, workspace: `@ws:${nth}` })) },
  { weight: 2, arbitrary: fc.nat(23).map((nth) => ({ key: `@api_key:${nth}`, workspace: null })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { key: '@api_key:0', workspace: '@ws:0' },
      { key: null, workspace: null },
      { key: 'nonsense', workspace: null },
      { ...ADMIN, workspace: 'ws_unknown' },
    ),
  },
);

const MAX_QUERY_LENGTH = 6_000;

/** Whether a query or a path can express a value: everything in them is text. */
const canExpress = (value: unknown, in_path: boolean): boolean => {
  if (typeof value === 'number' || typeof value === 'boolean') return !in_path;
  if (typeof value !== 'string' || !value.isWellFormed()) return false;
  // An empty segment, or one of dots, changes the path.
  if (in_path) return !/^\.{0,2}$/.test(value);
  return !/^(?:true|false|-?\d+(?:\.\d+)?)$/.test(value);
};

/** Whether a query can express a map: it needs a key, and every value is text. */
const isTextMap = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const pairs = Object.entries(value);
  return (
    pairs.length > 0 &&
    pairs.every(([key, text]) => key.isWellFormed() && typeof text === 'string' && text.isWellFormed())
  );
};

const wantsMap = (field: string, { input }: RestRoute): boolean => {
  const schema = toJsonSchema(input, 'input').schema['properties'] as
    | Record<string, { type?: unknown }>
    | undefined;
  return schema?.[field]?.type === 'object';
};

const wantsText = (field: string, { input }: RestRoute): boolean => {
  const schema = toJsonSchema(input, 'input').schema['properties'] as
    | Record<string, { type?: unknown }>
    | undefined;
  return schema?.[field]?.type === 'string';
};

/** Whether REST can express the input. */
const isExpressible = (rest: RestRoute, input: Input): boolean => {
  const { route, in_path } = rest;
  if (!in_path.every((field) => Object.hasOwn(input, field) && canExpress(input[field], true))) return false;
  if (route.method !== 'GET') return true;
  const others = Object.entries(input).filter(([name]) => !in_path.includes(name));
  return (
    others.every(
      ([name, value]) =>
        // Hono ignores a query field without a name.
        name !== '' &&
        name.isWellFormed() &&
        (wantsMap(name, rest)
          ? isTextMap(value)
          : canExpress(value, false) && (typeof value === 'string' || !wantsText(name, rest))),
    ) && JSON.stringify(input).length < MAX_QUERY_LENGTH
  );
};

const PATIENT_MS = 30_000;
const LONG_GRACE_S = 6 * 3_600;

/** With time-outs and grace periods that do not end during the test: they could on one of the two servers only. */
const patient = (input: Input): Input => {
  const { timeout_ms, grace_seconds } = input;
  const times_out = typeof timeout_ms === 'number' && timeout_ms >= 100 && timeout_ms < PATIENT_MS;
  const expires = typeof grace_seconds === 'number' && grace_seconds > 0 && grace_seconds < LONG_GRACE_S;
  return {
    ...input,
    ...(times_out && { timeout_ms: PATIENT_MS }),
    ...(expires && { grace_seconds: LONG_GRACE_S }),
  };
};

/** Creates outnumber deletes, so that other calls find something; few inputs explain a signature. */
const weightOf = (name: string): number =>
  name.endsWith('.create') || name === 'deliveries.cancel' || name === 'signatures.explain'
    ? 5
    : name.startsWith('events.send') || name === 'deliveries.listOfHook'
      ? 3
      : 1;

/** One valid or invalid call of a procedure. */
export const anyStepTo = (receiver: string): fc.Arbitrary<Step> => {
  const words = wordsTo(receiver);
  const named = Object.assign({}, ...routes.map(({ input }) => toJsonSchema(input, 'input').named));
  const anyInput = createAnyInput({
    named,
    wordsFor: (example) => {
      if (example === undefined) return null;
      const kind = typeof example === 'string' ? ID.exec(example)?.[1] : undefined;
      return kind === undefined ? (words.get(canonicalJson(example)) ?? null) : idOf(kind);
    },
  });
  const rest_only = fc.record({ alias: fc.nat(3), by_header: fc.boolean() });
  return fc.oneof(
    ...routes.map((rest) => ({
      weight: weightOf(rest.name),
      arbitrary: fc
        .tuple(
          anyInput(toJsonSchema(rest.input, 'input').schema).filter((input) => isExpressible(rest, input)),
          anyCaller,
          rest_only,
        )
        .map(([input, caller, only]) => ({
          name: rest.name,
          input: patient(input),
          ...caller,
          rest_only: only,
        })),
    })),
  );
};
