import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorTable } from '../../packages/server/src/core/errors.ts';
import { EXAMPLE } from '../../packages/server/src/rpc/examples.ts';
import { ANSWERED_CODES } from '../../packages/server/src/rpc/views/error.ts';
import {
  callByExample,
  document,
  expectDocumented,
  judge,
  makeThings,
  operation,
  operations,
  process_operations,
  type Variation,
} from '../support/openapi-bench.ts';
import { withoutSocket } from '../support/without-socket.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Answer, type RunningServer, startServer, until } from '../support/running-server.ts';

/** What no request alone brings about: a queue that is full, a disk that fails. Tests of the delivery loop and of processes do. */
const OUT_OF_REACH = ['overloaded', 'storage_broken'];

/** The examples name a host; it is this machine, where nothing listens on its port. */
const settings = { static_hosts: 'shop.example.com=127.0.0.1' };

let server: RunningServer;
let receiver: Receiver;
beforeAll(async () => {
  [server, receiver] = await Promise.all([startServer({ settings }), startReceiver()]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const things = () => makeThings(server, `${receiver.origin}/in`);
const seen = new Set<string>();

const note = (answer: Answer): Answer => {
  seen.add(answer.body.error?.code ?? String(answer.status));
  return answer;
};
/** Calls an operation; whatever it answers must be in the document. */
const call = async (
  name: string,
  variation: Variation = {},
  to: Pick<RunningServer, 'api'> = server,
): Promise<Answer> => {
  const answer = note(await callByExample(to.api, operation(name), variation));
  expectDocumented(operation(name), answer);
  return answer;
};
const expectEach = async (
  expected: string,
  variationOf: (name: string) => Variation | null | Promise<Variation | null>,
): Promise<void> => {
  let called = 0;
  for (const { name } of operations) {
    const variation = await variationOf(name);
    if (variation === null) continue;
    called += 1;
    const { status, body, text } = await call(name, { bare: true, ...variation });
    expect(`${status} ${body.error?.code}`, `${name}: ${text}`).toBe(expected);
  }
  expect(called).toBeGreaterThan(5);
};
const ofDelivery = (id: string): Variation => ({ things: { [EXAMPLE.delivery_id]: id } });
const lowKey = async () =>
  (await server.api('POST /v1/api-keys', { name: 'low', scope: 'send' })).body.api_key;
const expectCode = async (code: string, name: string, variation: Variation): Promise<void> => {
  const { body, text } = await call(name, variation);
  expect(body.error?.code, text).toBe(code);
};
const writes = (name: string): boolean => operation(name).method !== 'get';

describe('what the running server answers is what the document says:', () => {
  it.each(operations.map(({ name }) => name))('%s, called with its own example', async (name) => {
    const answer = await call(name, { things: await things() });
    expect(answer.status, answer.text).toBeLessThan(300);
    const { responses } = operation(name).operation;
    expect(Object.keys(responses).filter((status) => status.startsWith('2'))).toEqual([
      String(answer.status),
    ]);
  });

  it.each(process_operations.map(({ name }) => name))('%s', async (name) => {
    const answer = await call(name, { key: null });
    expect(answer.status).toBe(200);
  });

  it('lists that are not empty, and the last page of many', async () => {
    await things();
    await things();
    for (const { name, parameters } of operations) {
      if (!parameters.some((one) => one.name === 'cursor')) continue;
      const made = await things();
      const first = await call(name, { bare: true, things: made, query: { limit: '1' } });
      const cursor = first.body.next_cursor;
      if (name !== 'audit.list') expect(first.body.data, name).toHaveLength(1);
      if (cursor !== null) await call(name, { bare: true, things: made, query: { limit: '1000', cursor } });
    }
  });

  it('a batch in which one is good and one is bad', async () => {
    const { body } = await call('events.sendBatch', {
      body: { events: [{ type: 'a', data: {} }, { type: '..', more: 1 }, 7] },
    });
    const { results } = body as unknown as { results: readonly { ok: boolean }[] };
    expect(results.map(({ ok }) => ok)).toEqual([true, false, false]);
  });
});

describe('every refusal is in the document:', () => {
  it('401 for every operation', () => expectEach('401 unauthenticated', () => ({ key: null })));

  it('403 for every operation', async () => {
    const key = await lowKey();
    await expectEach('403 forbidden', () => ({ key, headers: { 'bellwire-workspace': 'ws_other' } }));
  });

  it('404 for every operation, in a workspace that is not there', () =>
    expectEach('404 not_found', () => ({ headers: { 'bellwire-workspace': 'ws_nobody' } })));

  it('422 for every operation', () => expectEach('422 invalid_input', () => ({ query: { nonsense: '1' } })));

  it('400 for every list', () =>
    expectEach('400 invalid_cursor', async (name) =>
      operation(name).parameters.some((one) => one.name === 'cursor')
        ? { query: { cursor: 'nonsense' }, things: await things() }
        : null,
    ));

  it.each([
    ['400 invalid_json', { body: '{', headers: { 'content-type': 'application/json' } }],
    ['400 invalid_utf8', { body: new Uint8Array([0xff]), headers: { 'content-type': 'application/json' } }],
    [
      '400 number_not_representable',
      { body: '{"a":9007199254740993}', headers: { 'content-type': 'application/json' } },
    ],
    ['413 payload_too_large', { body: { a: 'x'.repeat(1_048_577) } }],
    ['415 unsupported_media_type', { body: 'a=1', headers: { 'content-type': 'text/plain' } }],
  ] as const)('%s for every operation with a body', (expected, variation) =>
    expectEach(expected, (name) => (writes(name) ? variation : null)),
  );

  it('405 for a path that is known by another method', async () => {
    const answer = note(await server.api('PUT /v1/events'));
    expect(answer.status).toBe(405);
    expect(judge.judge(document.components.responses['MethodNotAllowed']!, answer)).toEqual([]);
  });
});

describe('every refusal of its own is in the document:', () => {
  it('what a hook is refused for', async () => {
    const body = { url: 'http://10.0.0.7/', events: ['*'] };
    await expectCode('url_refused', 'hooks.create', { body });
    await expectCode('url_refused', 'hooks.update', { body, things: await things() });
    const unvalidated = { url: 'https://shop.example.com/', events: ['*'], dialect: 'casesolved' };
    const active = { active: true };
    await expectCode('not_validated', 'hooks.create', { body: { ...unvalidated, ...active } });
    const { body: hook } = await call('hooks.create', { body: unvalidated });
    const of_hook = { things: { [EXAMPLE.hook_id]: hook.id } };
    await expectCode('not_validated', 'hooks.update', { ...of_hook, body: active });
    await expectCode('not_validated', 'hooks.activate', of_hook);
  });

  it('what an event is refused for', async () => {
    const strict = {
      'bellwire-workspace': (await server.api('POST /v1/workspaces', { name: 's', strict: true })).body.id,
    };
    const schema = { type: 'object', required: ['a'] };
    await server.api('PUT /v1/event-types/strict', { schema }, { headers: strict });
    await expectCode('unknown_event_type', 'events.send', { headers: strict });
    const body = { type: 'strict', data: {} };
    await expectCode('schema_violation', 'events.send', { headers: strict, body });
    await expectCode('schema_invalid', 'eventTypes.put', { body: { schema: { type: 'x' } } });
    const url = { url: 'https://shop.example.com/', events: ['nope'] };
    await expectCode('unknown_event_type', 'hooks.create', { headers: strict, body: url });
    await call('events.send', { body: { type: 'a', data: {}, idempotency_key: 'once' } });
    await expectCode('idempotency_conflict', 'events.send', {
      body: { type: 'b', data: {}, idempotency_key: 'once' },
    });
  });

  it('what is in the way of sending again', async () => {
    const answers = Promise.withResolvers<object>();
    await using slow = await startReceiver(() => answers.promise);
    const hook = await server.addHook(slow.origin);
    const sent = async () => {
      const { body } = await server.api('POST /v1/events', { type: 'a', data: {}, hook_ids: [hook.id] });
      return (await server.api(`GET /v1/deliveries?event_id=${body.id}`)).body.data[0]!.id;
    };
    const delivery = await sent();
    await slow.next();
    await expectCode('delivery_in_flight', 'deliveries.retry', ofDelivery(delivery));
    answers.resolve({});
    await server.deliveryIn(delivery, 'succeeded');
    const hook_id = { things: { [EXAMPLE.hook_id]: hook.id } };
    await call('hooks.deactivate', hook_id);
    await expectCode('hook_not_active', 'hooks.replay', {
      ...hook_id,
      body: { since: '2020-01-01T00:00:00Z' },
    });
    await expectCode('hook_not_active', 'deliveries.retryMany', { body: { hook_id: hook.id } });
    const held = await sent();
    await call('hooks.delete', hook_id);
    await expectCode('delivery_canceled', 'deliveries.retry', ofDelivery(held));
  });

  it('what is taken or in use', async () => {
    await server.api('POST /v1/workspaces', { name: 'taken' });
    await expectCode('already_exists', 'workspaces.create', { body: { name: 'taken' } });
    await expectCode('already_exists', 'workspaces.update', {
      body: { name: 'taken' },
      things: await things(),
    });
    const { body: workspace } = await server.api('POST /v1/workspaces', { name: 'in use' });
    await server.api(
      'POST /v1/api-keys',
      { name: 'in it' },
      { headers: { 'bellwire-workspace': workspace.id } },
    );
    await expectCode('in_use', 'workspaces.delete', { things: { [EXAMPLE.workspace_id]: workspace.id } });
    const mine = (await server.api('GET /v1/api-keys?limit=1000')).body.data.at(-1)!.id;
    await expectCode('in_use', 'apiKeys.delete', { things: { [EXAMPLE.key_id]: mine } });
  });
});

describe('a server in trouble answers as documented:', () => {
  it('500 and 503 where the database is broken', async () => {
    await using broken = await startServer({ settings });
    const made = await makeThings(broken, `${receiver.origin}/in`);
    const database = new Database(broken.database_path);
    for (const table of ['events', 'deliveries', 'hooks', 'event_types', 'audit', 'attempts', 'secrets']) {
      database.exec(`alter table bellwire_${table} rename to ${table}_gone`);
    }
    database.close();
    for (const { name } of operations) await call(name, { things: made }, broken);
    expect(seen).toContain('internal');
    expect(seen).toContain('storage_failed');
  });

  it('503 while it stops, which takes as long as an attempt under way', async () => {
    await using parts = new AsyncDisposableStack();
    const stopping = parts.use(await startServer({ settings }));
    const answers = Promise.withResolvers<object>();
    await using slow = await startReceiver(() => answers.promise);
    const there = await makeThings(stopping, `${receiver.origin}/in`);
    const hook = await stopping.addHook(slow.origin);
    await call('hooks.ping', { things: { [EXAMPLE.hook_id]: hook.id } }, stopping);
    await slow.next();
    const stopped = parts.disposeAsync();
    // The socket is closed first: whoever mounts Bellwire in a server of their own still gets here.
    const inside = { api: withoutSocket(stopping.bellwire) };
    const ready = () => callByExample(inside.api, operation('process.ready'));
    expectDocumented(operation('process.ready'), await until(ready, ({ status }) => status === 503));
    for (const name of ['events.send', 'hooks.ping', 'hooks.test', 'hooks.validate', 'deliveries.retry']) {
      const { status, body } = await call(name, { things: there }, inside);
      expect([status, body.error.code], name).toEqual([503, 'shutting_down']);
    }
    answers.resolve({});
    await stopped;
    for (const { name } of process_operations) await call(name, { key: null }, inside);
  });
});

it('every error code of the document was met on the way', () => {
  const unmet = Object.keys(ANSWERED_CODES).filter((code) => !seen.has(code));
  expect(unmet.toSorted()).toEqual(OUT_OF_REACH.toSorted());
  expect(new Set(unmet.map((code) => errorTable[code as keyof typeof errorTable]))).toEqual(new Set([503]));
});
