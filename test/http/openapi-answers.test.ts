import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { EXAMPLE } from '../../packages/server/src/rpc/examples.ts';
import { ANSWERED_CODES } from '../../packages/server/src/rpc/views/error.ts';
import {
  differences,
  document,
  expectDocumented,
  operation,
  operations,
  process_operations,
} from '../support/openapi.ts';
import { callByExample, createExamples, type Variation } from '../support/openapi-calls.ts';
import { startReceiver } from '../support/receiver.ts';
import {
  type Answer,
  keepForFile,
  type RunningServer,
  startServer,
  until,
  withoutSocket,
} from '../support/running-server.ts';
import { openBeside, refuseUpdates } from '../support/storage.ts';

/** Codes that need raw bytes on a socket, a full queue or a failing disk. Other tests cover them. */
const OUT_OF_REACH = ['ambiguous_host', 'overloaded', 'storage_broken'];

/** The host of the examples is this machine, where nothing listens on its port. */
const settings = { static_hosts: 'shop.example.com=127.0.0.1' };

const server = await keepForFile(startServer({ settings }));
const receiver = await keepForFile(startReceiver());

const examples = () => createExamples(server, `${receiver.origin}/in`);
const seen = new Set<string>();

const note = (answer: Answer): Answer => {
  seen.add(answer.body.error?.code ?? String(answer.status));
  return answer;
};
/** Calls an operation; its answer must be in the document. */
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
const ofDelivery = (id: string): Variation => ({ ids: { [EXAMPLE.delivery_id]: id } });
const lowKey = async () =>
  (await server.api('POST /v1/api-keys', { name: 'low', scope: 'send' })).body.api_key;
const expectCode = async (code: string, name: string, variation: Variation): Promise<void> => {
  const { body, text } = await call(name, variation);
  expect(body.error?.code, text).toBe(code);
};
/** Also a delivery with a place in an order, for a call that needs one. */
const idsFor = async (name: string) => {
  const ids = await examples();
  if (name !== 'deliveries.skip') return ids;
  const { id: hook } = await server.addHook('https://shop.example.com/', { ordered: true, active: false });
  const { id } = await server.send({ hook_ids: [hook] });
  return { ...ids, [EXAMPLE.delivery_id]: (await server.deliveries(`event_id=${id}`))[0]!.id };
};
const writes = (name: string): boolean => operation(name).method !== 'get';

describe('the answers of a running server match the document:', () => {
  it.each(operations.map(({ name }) => name))('%s, called with its example', async (name) => {
    const answer = await call(name, { ids: await idsFor(name) });
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

  it('lists with rows, and the last of several pages', async () => {
    await examples();
    await examples();
    for (const { name, parameters } of operations) {
      if (!parameters.some((one) => one.name === 'cursor')) continue;
      const ids = await examples();
      const first = await call(name, { bare: true, ids, query: { limit: '1' } });
      const cursor = first.body.next_cursor;
      if (name !== 'audit.list') expect(first.body.data, name).toHaveLength(1);
      if (cursor !== null) await call(name, { bare: true, ids, query: { limit: '1000', cursor } });
    }
  });

  it('a batch of valid and invalid events', async () => {
    const { body } = await call('events.sendBatch', {
      body: { events: [{ type: 'a', data: {} }, { type: '..', more: 1 }, 7] },
    });
    const { results } = body as unknown as { results: readonly { ok: boolean }[] };
    expect(results.map(({ ok }) => ok)).toEqual([true, false, false]);
  });
});

describe('every common refusal is in the document:', () => {
  it('401 for every operation', () => expectEach('401 unauthenticated', () => ({ key: null })));

  it('403 for every operation', async () => {
    const key = await lowKey();
    await expectEach('403 forbidden', () => ({ key, headers: { 'bellwire-workspace': 'ws_other' } }));
  });

  it('404 for every operation, in an unknown workspace', () =>
    expectEach('404 not_found', () => ({ headers: { 'bellwire-workspace': 'ws_unknown' } })));

  it('422 for every operation', () => expectEach('422 invalid_input', () => ({ query: { nonsense: '1' } })));

  it('400 for every list', () =>
    expectEach('400 invalid_cursor', async (name) =>
      operation(name).parameters.some((one) => one.name === 'cursor')
        ? { query: { cursor: 'nonsense' }, ids: await examples() }
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

  it('405 for another method of a known path', async () => {
    const answer = note(await server.api('PUT /v1/events'));
    expect(answer.status).toBe(405);
    expect(differences(document.components.responses['MethodNotAllowed']!, answer)).toEqual([]);
  });
});

it('the answer to an unknown host is in the document', async () => {
  const answer = note(
    await server.api('GET /v1/events', undefined, { headers: { host: 'evil.example.com' } }),
  );
  expect(answer.status).toBe(421);
  expect(differences(document.components.responses['HostRefused']!, answer)).toEqual([]);
});

describe('every refusal of one operation is in the document:', () => {
  it('of a hook', async () => {
    const body = { url: 'http://10.0.0.7/', events: ['*'] };
    await expectCode('url_refused', 'hooks.create', { body });
    await expectCode('url_refused', 'hooks.update', { body, ids: await examples() });
    const unvalidated = { url: 'https://shop.example.com/', events: ['*'], dialect: 'casesolved' };
    const moved = { url: 'https://elsewhere.example.com/', events: ['*'] };
    const with_headers = { url: unvalidated.url, events: ['*'], headers: { 'X-Key': 'v' } };
    const with_secret = { ...unvalidated, secret: 'a-secret-in-a-header' };
    const refusals = { headers_required: with_headers, secret_required: with_secret };
    for (const [code, wanted] of Object.entries(refusals)) {
      const { body: stored } = await call('hooks.create', { body: wanted });
      await expectCode(code, 'hooks.update', {
        ids: { [EXAMPLE.hook_id]: stored.id },
        body: moved,
      });
    }
    const active = { active: true };
    await expectCode('not_validated', 'hooks.create', { body: { ...unvalidated, ...active } });
    const { body: hook } = await call('hooks.create', { body: unvalidated });
    const of_hook = { ids: { [EXAMPLE.hook_id]: hook.id } };
    await expectCode('not_validated', 'hooks.update', { ...of_hook, body: active });
    await expectCode('not_validated', 'hooks.activate', of_hook);
  });

  it('of a hook of a tenant that has its maximum', async () => {
    await server.api('PATCH /v1/tenants/cus_full', { limits: { max_hooks: 0 } });
    const body = { url: 'https://shop.example.com/', events: ['*'], tenant: 'cus_full' };
    await expectCode('too_many_hooks', 'hooks.create', { body });
  });

  it('of a tenant that sends more than its limit', async () => {
    await server.api('PATCH /v1/tenants/cus_fast', { limits: { events_per_second: 1 } });
    const body = { type: 'a', data: {}, tenant: 'cus_fast' };
    await call('events.send', { body });
    await expectCode('too_many_requests', 'events.send', { body });
  });

  it('of a creation whose key has another request', async () => {
    const once = { idempotency_key: 'once' };
    const hook = { url: 'https://shop.example.com/', events: ['*'], ...once };
    await call('hooks.create', { body: hook });
    await expectCode('idempotency_conflict', 'hooks.create', { body: { ...hook, events: ['a'] } });
    await call('workspaces.create', { body: { name: 'first', ...once } });
    await expectCode('idempotency_conflict', 'workspaces.create', { body: { name: 'second', ...once } });
  });

  it('of an event', async () => {
    const strict = {
      'bellwire-workspace': (await server.api('POST /v1/workspaces', { name: 's', strict: true })).body.id,
    };
    const schema = { type: 'object', required: ['a'] };
    await server.api('PUT /v1/event-types/strict', { schema }, { headers: strict });
    await expectCode('unknown_event_type', 'events.send', { headers: strict });
    const body = { type: 'strict', data: {} };
    await expectCode('schema_violation', 'events.send', { headers: strict, body });
    await expectCode('reserved_event_type', 'events.send', { body: { type: 'bellwire.a', data: {} } });
    await expectCode('schema_invalid', 'eventTypes.put', { body: { schema: { type: 'x' } } });
    const impossible = { type: 'object', required: ['a'], maxProperties: 0 };
    await server.api('PUT /v1/event-types/impossible', { schema: impossible }, { headers: strict });
    const ids = { [EXAMPLE.event_type]: 'impossible' };
    await expectCode('example_required', 'eventTypes.sample', { headers: strict, ids });
    const url = { url: 'https://shop.example.com/', events: ['nope'] };
    await expectCode('unknown_event_type', 'hooks.create', { headers: strict, body: url });
    await call('events.send', { body: { type: 'a', data: {}, idempotency_key: 'once' } });
    await expectCode('idempotency_conflict', 'events.send', {
      body: { type: 'b', data: {}, idempotency_key: 'once' },
    });
  });

  it('of a retry or a recovery', async () => {
    const answers = Promise.withResolvers<object>();
    await using slow = await startReceiver(() => answers.promise);
    const hook = await server.addHook(slow.origin);
    const sent = async () => {
      const { id } = await server.send({ hook_ids: [hook.id] });
      return (await server.deliveries(`event_id=${id}`))[0]!.id;
    };
    const delivery = await sent();
    await slow.next();
    await expectCode('delivery_in_flight', 'deliveries.retry', ofDelivery(delivery));
    await expectCode('not_ordered', 'deliveries.skip', ofDelivery(delivery));
    answers.resolve({});
    await server.deliveryIn(delivery, 'succeeded');
    await using beside = openBeside(server.database_url);
    await sql`update bellwire_events set data = null, payload_expired_at = 1
      where id = (select event_id from bellwire_deliveries where id = ${delivery})`.execute(beside.db);
    await expectCode('payload_expired', 'deliveries.retry', ofDelivery(delivery));
    const hook_id = { ids: { [EXAMPLE.hook_id]: hook.id } };
    await call('hooks.deactivate', hook_id);
    await expectCode('hook_not_active', 'recoveries.create', {
      body: { hook_id: hook.id, since: '2020-01-01T00:00:00Z' },
    });
    const held = await sent();
    await call('hooks.delete', hook_id);
    await expectCode('delivery_canceled', 'deliveries.retry', ofDelivery(held));
  });

  it('of a ninth call that would wait for the same receiver', async () => {
    const answers = Promise.withResolvers<object>();
    await using slow = await startReceiver(() => answers.promise);
    const hook = await server.addHook(slow.origin);
    const hook_id = { ids: { [EXAMPLE.hook_id]: hook.id } };
    const waiting = Array.from({ length: 8 }, () => call('hooks.ping', hook_id));
    for (const _ of waiting) await slow.next();
    await expectCode('too_many_requests', 'hooks.ping', hook_id);
    await expectCode('too_many_requests', 'hooks.test', hook_id);
    answers.resolve({});
    for (const { body } of await Promise.all(waiting)) expect(body).toMatchObject({ success: true });
    expect((await call('hooks.ping', hook_id)).body).toMatchObject({ success: true });
  });

  it('of data that takes too long to check', async () => {
    const { api, workspace } = await server.newWorkspace();
    const schema = { properties: { a: { pattern: '^(a|a)*$' } } };
    await api('PUT /v1/event-types/slow', { schema });
    const headers = { 'bellwire-workspace': workspace! };
    const body = { type: 'slow', data: { a: `${'a'.repeat(60)}!` } };
    await expectCode('schema_too_slow', 'events.send', { body, headers });
  });

  it('of an event type that does not fit its catalog', async () => {
    const { api, workspace } = await server.newWorkspace();
    const schema = { $comment: 'x'.repeat(65_500) };
    const full = Array.from({ length: 64 }, (_, index) => api(`PUT /v1/event-types/t${index}`, { schema }));
    for (const { status } of await Promise.all(full)) expect(status).toBe(200);
    const headers = { 'bellwire-workspace': workspace! };
    await expectCode('catalog_full', 'eventTypes.put', { body: { schema }, headers });
  });

  it('of a name that is taken, and of a noun in use', async () => {
    await server.api('POST /v1/workspaces', { name: 'taken' });
    await expectCode('already_exists', 'workspaces.create', { body: { name: 'taken' } });
    await expectCode('already_exists', 'workspaces.update', {
      body: { name: 'taken' },
      ids: await examples(),
    });
    const { body: workspace } = await server.api('POST /v1/workspaces', { name: 'in use' });
    await server.api(
      'POST /v1/api-keys',
      { name: 'in it' },
      { headers: { 'bellwire-workspace': workspace.id } },
    );
    await expectCode('in_use', 'workspaces.delete', { ids: { [EXAMPLE.workspace_id]: workspace.id } });
    const mine = 'key_configured';
    await expectCode('in_use', 'apiKeys.delete', { ids: { [EXAMPLE.key_id]: mine } });
  });
});

describe('a failing server answers as documented:', () => {
  it('500 and 503 when the database is broken', async () => {
    await using broken = await startServer({ settings });
    const ids = await createExamples(broken, `${receiver.origin}/in`);
    await using beside = openBeside(broken.database_url);
    await refuseUpdates(beside, 'bellwire_deliveries');
    const retried = await call('deliveries.retry', { ids }, broken);
    expect(retried.body.error.code).toBe('storage_failed');
    for (const table of ['events', 'deliveries', 'hooks', 'event_types', 'audit', 'attempts', 'secrets']) {
      await sql.raw(`alter table bellwire_${table} rename to ${table}_gone`).execute(beside.db);
    }
    for (const { name } of operations) await call(name, { ids }, broken);
    expect(seen).toContain('internal');
  });

  it('503 during shutdown, which lasts as long as an attempt in progress', async () => {
    await using parts = new AsyncDisposableStack();
    const stopping = parts.use(await startServer({ settings }));
    const answers = Promise.withResolvers<object>();
    await using slow = await startReceiver(() => answers.promise);
    const ids = await createExamples(stopping, `${receiver.origin}/in`);
    const hook = await stopping.addHook(slow.origin);
    // The socket is closed first, but a program that mounts `fetch` still calls it.
    const inside = { api: withoutSocket(stopping.bellwire) };
    const pinged = call('hooks.ping', { ids: { [EXAMPLE.hook_id]: hook.id } }, inside);
    await slow.next();
    const stopped = parts.disposeAsync();
    const ready = () => callByExample(inside.api, operation('process.ready'));
    expectDocumented(operation('process.ready'), await until(ready, ({ status }) => status === 503));
    // A sweep may still have to end first.
    await until(
      () => call('events.send', { ids }, inside),
      ({ status }) => status === 503,
    );
    for (const name of ['events.send', 'hooks.ping', 'hooks.test', 'hooks.validate', 'deliveries.retry']) {
      const { status, body } = await call(name, { ids }, inside);
      expect([status, body.error.code], name).toEqual([503, 'shutting_down']);
    }
    answers.resolve({});
    expect((await pinged).body).toMatchObject({ success: true });
    await stopped;
    for (const { name } of process_operations) await call(name, { key: null }, inside);
  });
});

it('the tests above received every error code of the document', () => {
  const unmet = Object.keys(ANSWERED_CODES).filter((code) => !seen.has(code));
  expect(unmet.toSorted()).toEqual(OUT_OF_REACH.toSorted());
});
