import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineDialect } from '../../packages/server/src/dialects/define-dialect.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const STRICT = { type: 'object', required: ['id'], properties: { id: { type: 'integer', minimum: 5 } } };
const HOSTILE = {
  type: 'object',
  required: ['ids'],
  properties: { ids: { type: 'array', minItems: 1e9, items: { type: 'integer' } } },
};

const sprocket = defineDialect({
  name: 'sprocket',
  catalog: [
    { name: 'a', description: 'An example.', example: { from: 'the dialect', id: 9 } },
    { name: 'b', description: 'A schema only.', schema: STRICT },
  ],
});

let server: RunningServer;
let receiver: Receiver;
beforeAll(async () => {
  [server, receiver] = await Promise.all([startServer({ parts: { dialects: [sprocket] } }), startReceiver()]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const arrange = async (event_types: Readonly<Record<string, object>>, hook: object = {}) => {
  const view = await server.newWorkspace();
  for (const [name, fields] of Object.entries(event_types)) {
    expect((await view.api(`PUT /v1/event-types/${name}`, fields)).status).toBe(200);
  }
  const { id } = await view.addHook(receiver.origin, hook);
  const test = (event_type: string, data?: object) =>
    view.api(`POST /v1/webhooks/${id}/test`, { event_type, ...(data === undefined ? {} : { data }) });
  /** The body that arrives. */
  const received = async (event_type: string) => {
    expect(await test(event_type)).toMatchObject({ status: 200, body: { success: true } });
    return JSON.parse((await receiver.next()).body.toString()) as { readonly data: unknown };
  };
  return { ...view, test, received };
};

describe('the data of a test event', () => {
  it('is the example, else generated from the schema, and never refused by the schema', async () => {
    const types = {
      a: { schema: STRICT, example: { id: 7 } },
      b: { schema: STRICT },
      c: { schema: {} },
      d: {},
    };
    const { received } = await arrange(types);
    expect((await received('a')).data).toEqual({ id: 7 });
    expect((await received('b')).data).toEqual({ id: expect.any(Number) });
    expect((await received('c')).data).toEqual(expect.any(Object));
    expect((await received('d')).data).toEqual({});
    expect((await received('unknown')).data).toEqual({});
  });

  it('is an example of the hook’s dialect only if the schema of the workspace allows it', async () => {
    const types = { a: { schema: { ...STRICT, additionalProperties: false } } };
    const { received } = await arrange(types, { dialect: 'sprocket' });
    expect((await received('a')).data).toEqual({ id: expect.any(Number) });
    const { received: loose } = await arrange({ a: { schema: STRICT } }, { dialect: 'sprocket' });
    expect((await loose('a')).data).toEqual({ from: 'the dialect', id: 9 });
    expect((await loose('b')).data).toEqual({ id: expect.any(Number) });
  });

  it('given by the caller is checked like that of an event', async () => {
    const { test, deliveries } = await arrange({ a: { schema: STRICT } });
    const { status, body } = await test('a', { id: 'one' });
    expect([status, body.error]).toMatchObject([
      422,
      { code: 'schema_violation', issues: [{ path: 'data.id' }] },
    ]);
    expect(await deliveries('')).toEqual([]);
  });

  it('includes the previous example, which only some dialects send', async () => {
    const types = { a: { example: { id: 2 }, previous_example: { id: 1 } } };
    const { received } = await arrange(types, { dialect: 'resource-api' });
    expect(await received('a')).toMatchObject({ data: { id: 2 }, previous_data: { id: 1 } });
    const { received: plain } = await arrange(types);
    expect(await plain('a')).not.toHaveProperty('previous_data');
  });

  it.each([
    ['allows no object', { type: 'object', required: ['a'], maxProperties: 0 }],
    ['asks for too much', HOSTILE],
  ])('is refused with the way out when the schema %s', async (_, schema) => {
    const { test, api, deliveries } = await arrange({ a: { schema } });
    for (const { status, body } of [await test('a'), await api('GET /v1/event-types/a/sample')]) {
      expect([status, body.error.code]).toEqual([422, 'example_required']);
      expect(body.error.message).toContain('PUT /v1/event-types/a');
    }
    expect(await deliveries('')).toEqual([]);
  });
});

it('the sample of a type is what its test event has', async () => {
  const types = { a: { example: { id: 2 }, previous_example: { id: 1 } }, b: { schema: STRICT } };
  const { api, received } = await arrange(types, { dialect: 'resource-api' });
  for (const name of ['a', 'b']) {
    const { data, previous_data } = (await received(name)) as { data: object; previous_data?: object };
    expect((await api(`GET /v1/event-types/${name}/sample`)).body).toEqual({ data, previous_data });
  }
  expect((await api('GET /v1/event-types/c/sample')).status).toBe(404);
});

it('the server answers as usual while data is generated from a hostile schema, and no thread survives it', async () => {
  // The sweeps of the other server read too: its thread is not one of those that are counted.
  await server.api('GET /v1/deliveries');
  const alive = new Set<Worker>();
  const watch = (worker: Worker): void => {
    alive.add(worker);
    worker.once('exit', () => alive.delete(worker));
  };
  process.on('worker', watch);
  {
    await using own = await startServer();
    await own.api('PUT /v1/event-types/a', { schema: HOSTILE });
    await own.api('PUT /v1/event-types/b', { schema: STRICT });
    expect((await own.api('GET /v1/event-types/b/sample')).status).toBe(200);
    // Starts the thread that reads, which a sweep would start otherwise.
    expect((await own.api('GET /v1/deliveries')).status).toBe(200);
    const before = new Set(alive);
    const state = { is_running: true };
    const sample = own.api('GET /v1/event-types/a/sample').finally(() => {
      state.is_running = false;
    });
    const durations: number[] = [];
    while (state.is_running) {
      const started_at = performance.now();
      expect((await own.api('POST /v1/events', { type: 'b', data: { id: 7 } })).status).toBe(202);
      durations.push(performance.now() - started_at);
    }
    expect(await sample).toMatchObject({ status: 422 });
    expect(durations.length).toBeGreaterThan(10);
    expect(durations.filter((ms) => ms > 100).length).toBeLessThan(durations.length / 10);
    // Generation takes up to a second: on the thread of the server, one event would wait for all of it.
    expect(Math.max(...durations)).toBeLessThan(900);
    // Other threads can start meanwhile, such as the one that checkpoints the log.
    expect([...before].filter((thread) => !alive.has(thread)).length).toBe(1);
    const replaced = new Set(alive);
    expect((await own.api('GET /v1/event-types/b/sample')).status).toBe(200);
    await own.api('PUT /v1/event-types/c', { schema: { ...STRICT, title: 'another' } });
    expect((await own.api('GET /v1/event-types/c/sample')).status).toBe(200);
    expect([...alive].filter((thread) => !replaced.has(thread)).length).toBeGreaterThan(0);
  }
  process.off('worker', watch);
  expect(alive.size).toBe(0);
});
