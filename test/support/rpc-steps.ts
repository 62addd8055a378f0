import * as fc from 'fast-check';
import type { Input } from './two-surfaces.ts';

export interface Step {
  readonly name: string;
  readonly input: Input;
}

/** Mostly one of the good ones, now and then one of the bad ones or any JSON at all. */
const mostly = (good: readonly unknown[], bad: readonly unknown[] = []): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 14, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad, null) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
  );
const object = fc.oneof(
  { weight: 14, arbitrary: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 })) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
);
const stranger = fc.oneof(
  { weight: 14, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constantFrom({ extra: 1 }, { constructor: {} }, { toString: 1 }) },
);
const record = (
  required: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
): fc.Arbitrary<Input> =>
  fc
    .tuple(fc.record(required), fc.record(optional, { requiredKeys: [] }), stranger)
    .map((parts) => Object.assign({}, ...parts) as Input);

const url = mostly(
  ['https://r.example.com/', 'http://r.example.com:8080/a?b=c'],
  ['ftp://x', 'http://10.0.0.1/'],
);
const inputs: Record<string, fc.Arbitrary<Input>> = {
  'events.send': record(
    { type: mostly(['a', 'a.b', 'Site Plan Change'], ['..', '', 'x'.repeat(129)]), data: object },
    {
      previous_data: object,
      idempotency_key: mostly(['k1', 'k2', 'k3'], ['\n', '']),
      occurred_at: mostly(['2026-01-01T00:00:00Z'], ['now']),
    },
  ),
  'hooks.create': record(
    {
      url,
      events: mostly([['a'], ['*'], ['a.*', 'b']], [[], ['..'], ['a', '']]),
      active: fc.constant(false),
    },
    {
      headers: mostly([{}, { 'X-A': 'v' }], [{ Host: 'v' }, { 'X-A': 'a\nb', 'x-a': '1' }]),
      max_attempts: mostly([1, 20], [0, 21]),
      secret: mostly(['good enough as a secret'], ['whsec_!', '']),
    },
  ),
  'eventTypes.put': record(
    { name: fc.constantFrom('a', 'a.b', 'a..b') },
    {
      description: mostly(['what it is']),
      schema: mostly([{}, { type: 'object' }], [{ type: 'x' }]),
      example: object,
    },
  ),
  // Only what a query string can say: there, everything is text.
  'deliveries.list': fc.record(
    {
      limit: fc.integer({ min: -1, max: 1001 }),
      status: fc.constantFrom('held', 'pending', 'nope'),
      cursor: fc.constantFrom('', 'x', Buffer.from('after:dlv_x').toString('base64url')),
      since: fc.constantFrom('2026-01-01T00:00:00Z', 'now'),
    },
    { requiredKeys: [] },
  ),
  'workspaces.create': record({ name: mostly(['left'], [' ', 'a\nb']) }, { strict: mostly([true, false]) }),
};
/** One call of a procedure, good or bad, that tells nobody outside. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  ...Object.entries(inputs).map(([name, input]) => input.map((given) => ({ name, input: given }))),
);
