import { describe, expect, it } from 'vitest';
import { checkFields } from '../../../packages/server/src/core/filter/check-fields.ts';
import { parseFilter } from '../../../packages/server/src/core/filter/parse-filter.ts';
import type { JsonObject } from '../../../packages/server/src/core/json.ts';

const ORDER: JsonObject = {
  type: 'object',
  properties: {
    order: {
      type: 'object',
      properties: {
        total: { type: 'number' },
        status: { type: 'string', enum: ['open', 'paid'] },
        coupon: { type: ['string', 'null'] },
        'ship to': { type: 'string' },
      },
    },
    tags: { type: 'array', items: { type: 'string' } },
    extra: { type: 'object', properties: { a: {} }, additionalProperties: true },
    free: { type: 'object' },
    customer: { $ref: '#/$defs/customer' },
    payment: { oneOf: [{ properties: { card: { type: 'string' } } }, { properties: { iban: {} } }] },
  },
  allOf: [{ required: ['order'] }, { properties: { source: { type: 'string' } } }],
  $defs: { customer: { properties: { name: { type: 'string' }, parent: { $ref: '#/$defs/customer' } } } },
};

const problems = (text: string, schema = ORDER) => {
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return checkFields(parsed.expression, { type: 'order.created', schema }).map(({ message }) => message);
};

describe('the fields of a filter', () => {
  it.each([
    ['order.totl > 5', 'order.totl is not in the schema of order.created; did you mean order.total?'],
    ['oder.total > 5', 'oder.total is not in the schema of order.created; did you mean order.total?'],
    ['order["ship_to"] == "x"', 'did you mean order["ship to"]?'],
    ['order.total.cents > 5', 'order.total.cents is not in the schema of order.created'],
    ['exists tags.name', 'tags.name is not in the schema of order.created'],
    ['customer.parent.parent.nam == "x"', 'did you mean customer.parent.parent.name?'],
    ['payment.cash == true', 'payment.cash is not in the schema of order.created'],
    ['order.total == "5"', 'order.total is of type number, so it never equals "5" in the schema'],
    ['order.coupon in (5, "x")', 'order.coupon is of type string or null, so it never equals 5'],
    ['order.status contains "x"', 'order.status is of type string; contains needs an array'],
    ['tags starts_with "x"', 'tags is of type array; starts_with and ends_with need a text'],
    ['tags[0] == 1', 'tags[0] is of type string, so it never equals 1'],
  ])('%s is refused', (text, message) => {
    expect(problems(text)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    'order.total == 5 and order.status in ("open", "paid") and order["ship to"] == "x"',
    'order.coupon == null and order.total == null',
    'tags contains "vip" and tags[3] == "new"',
    'extra.unknown == 1 and free.anything.below == 1',
    'customer.parent.name == "Ada" and payment.card == "x" and payment.iban == 1 and source == "web"',
    '$type == "x" and $tenant == "y" and $metadata.z == "1" and exists $previous_data.gone',
  ])('%s is accepted', (text) => {
    expect(problems(text)).toEqual([]);
  });

  it('are accepted where the schema does not tell', () => {
    for (const schema of [
      {},
      { type: 'object' },
      { $ref: 'http://example.com/x' },
      { patternProperties: {} },
    ])
      expect(problems('order.total > 5', schema)).toEqual([]);
  });

  it('are searched in bounded time in a schema that refers to itself', () => {
    const some = Array.from({ length: 20 }, () => ({ $ref: '#' }));
    expect(problems('order.total > 5', { allOf: some, anyOf: some })).toEqual([]);
  });
});
