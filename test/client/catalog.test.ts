import { type } from 'arktype';
import * as v from 'valibot';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createClient } from '@bellwire/client';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';
import { startFront } from './faulty-front.ts';

const server = await keepForFile(startServer());
let at: { readonly url: string; readonly api_key: string; readonly workspace: string };
beforeEach(async () => {
  at = { url: server.origin, api_key: ADMIN_KEY, workspace: (await server.newWorkspace()).workspace! };
});

const order = z.object({ id: z.string(), lines: z.array(z.object({ sku: z.string() })) });

describe.each([
  ['zod', order],
  ['valibot', v.object({ id: v.string(), lines: v.array(v.object({ sku: v.string() })) })],
  ['arktype', type({ id: 'string', lines: type({ sku: 'string' }).array() })],
])('a catalog of %s', (_, schema) => {
  test('refuses data that does not match before it is sent, and names the path', async () => {
    await using front = await startFront(server.origin);
    const { events } = createClient({ ...at, url: front.origin, catalog: { 'order.created': schema } });
    const wrong = { id: 'o_1', lines: [{ sku: 's' }, { sku: 7 }] } as unknown as z.infer<typeof order>;
    await expect(events.send('order.created', wrong)).rejects.toMatchObject({
      code: 'schema_violation',
      status: null,
      issues: [{ path: 'data.lines.1.sku' }],
      message: expect.stringMatching(/^The data does not .* schema of order\.created: data\.lines\.1\.sku /),
    });
    await expect(events.send('order.creatde' as 'order.created', wrong)).rejects.toMatchObject({
      code: 'unknown_event_type',
    });
    expect(front.calls).toHaveLength(0);
    const { id } = await events.send('order.created', { id: 'o_1', lines: [{ sku: 's' }] });
    expect((await events.get(id)).data).toEqual({ id: 'o_1', lines: [{ sku: 's' }] });
  });
});

test('the output of a schema is sent', async () => {
  const catalog = {
    'order.created': z.object({
      currency: z.string().default('EUR'),
      total: z.string().transform(Number),
      note: z.string().optional(),
    }),
  };
  const { events } = createClient({ ...at, catalog });
  const { id } = await events.send('order.created', { total: '12.5', note: undefined });
  expect((await events.get(id)).data).toEqual({ currency: 'EUR', total: 12.5 });
});

test('values that JSON does not have are refused with their path, not changed silently', async () => {
  const catalog = { a: z.object({ at: z.date(), sums: z.array(z.any()) }) };
  const { events } = createClient({ ...at, catalog });
  await expect(
    events.send('a', { at: new Date(0), sums: [1, Number.NaN, new Map(), 1n] }),
  ).rejects.toMatchObject({
    code: 'schema_violation',
    issues: [
      { path: 'data.at', message: expect.stringMatching(/^is a Date, /) },
      { path: 'data.sums.1', message: expect.stringMatching(/^is NaN, /) },
      { path: 'data.sums.2', message: expect.stringMatching(/^is a Map, /) },
      { path: 'data.sums.3', message: expect.stringMatching(/^is a bigint, /) },
    ],
  });
});

const good = (id: string) => ({ type: 'order' as const, data: { id, lines: [] } });

test('a batch omits an invalid event, and its results are in the order of the events', async () => {
  await using front = await startFront(server.origin);
  const { events } = createClient({ ...at, url: front.origin, catalog: { order } });
  const wrong = { type: 'order', data: { id: 7, lines: [] } } as unknown as ReturnType<typeof good>;
  const { results } = await events.sendBatch([good('o_1'), wrong, good('o_2')]);
  expect(results).toMatchObject([
    { ok: true },
    { ok: false, error: { code: 'schema_violation', issues: [{ path: 'data.id' }] } },
    { ok: true },
  ]);
  expect((await events.list({ include: 'data' })).data.map(({ data }) => data?.['id'])).toEqual([
    'o_2',
    'o_1',
  ]);
  const { results: refused } = await events.sendBatch([wrong]);
  expect(refused).toMatchObject([{ ok: false }]);
  expect(front.calls).toHaveLength(2);
});

describe('push', () => {
  test('publishes a catalog as JSON Schema, which the server enforces for every sender', async () => {
    const described = order
      .describe('A customer ordered.')
      .meta({ examples: [{ id: 'o_1', lines: [] }], previous_examples: [{ id: 'o_0', lines: [] }] });
    const catalog = { 'order.created': described, 'stock.low': type({ sku: 'string', left: 'number' }) };
    const { eventTypes } = createClient({ ...at, catalog });
    const pushed = await eventTypes.push();
    expect(pushed.map(({ name }) => name)).toEqual(['order.created', 'stock.low']);
    expect(await eventTypes.get('order.created')).toMatchObject({
      description: 'A customer ordered.',
      schema: { type: 'object', required: ['id', 'lines'] },
      example: { id: 'o_1', lines: [] },
      previous_example: { id: 'o_0', lines: [] },
    });
    const other = createClient({ ...at });
    await expect(other.events.send('stock.low', { sku: 's', left: 'few' })).rejects.toMatchObject({
      code: 'schema_violation',
      status: 422,
      issues: [{ path: 'data.left' }],
    });
    await other.events.send('stock.low', { sku: 's', left: 3 });
  });

  test('keeps the description and example on the server when the schema has none', async () => {
    const { eventTypes } = createClient({ ...at });
    const examples = { example: { id: 'o_9', lines: [] }, previous_example: { id: 'o_8', lines: [] } };
    await eventTypes.put('order', { description: 'On the server.', ...examples });
    await eventTypes.put('other', { description: 'Stays.' });
    await eventTypes.push({ order });
    expect(await eventTypes.get('order')).toMatchObject({
      description: 'On the server.',
      ...examples,
      schema: { type: 'object' },
    });
    expect(await eventTypes.get('other')).toMatchObject({ description: 'Stays.', schema: null });
  });

  test('removes a stored example that does not match the new schema, but refuses a wrong one of its own', async () => {
    const { eventTypes } = createClient({ ...at });
    const kept = { description: 'Stays.', previous_example: { id: 'o_8', lines: [] } };
    await eventTypes.put('order', { ...kept, example: { id: 'o_9' } });
    await eventTypes.push({ order });
    expect(await eventTypes.get('order')).toMatchObject({ ...kept, example: null });
    await eventTypes.put('order', { example: { id: 'o_9' }, previous_example: { id: 'o_8' } });
    await eventTypes.push({ order });
    expect(await eventTypes.get('order')).toMatchObject({ example: null, previous_example: null });
    const wrong = order.meta({ examples: [{ id: 'o_1' } as z.infer<typeof order>] });
    await expect(eventTypes.push({ order: wrong })).rejects.toMatchObject({ code: 'schema_violation' });
  });

  test('uses the option to_json_schema for a schema without JSON Schema support', async () => {
    const catalog = { a: v.object({ id: v.string() }) };
    await expect(createClient({ ...at, catalog }).eventTypes.push()).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/valibot does not .* JSON Schema/),
    });
    const { eventTypes } = createClient({
      ...at,
      catalog,
      to_json_schema: (schema) => ({ type: 'object', title: schema['~standard'].vendor }),
    });
    await eventTypes.push();
    expect((await eventTypes.get('a')).schema).toEqual({ type: 'object', title: 'valibot' });
  });

  test('stores nothing if JSON Schema cannot express one of the schemas', async () => {
    const { eventTypes } = createClient({ ...at });
    await expect(eventTypes.push({ order, dated: z.object({ at: z.date() }) })).rejects.toMatchObject({
      code: 'schema_invalid',
      issues: [{ path: 'dated' }],
    });
    expect((await eventTypes.list()).data).toEqual([]);
  });
});
