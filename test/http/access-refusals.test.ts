import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createRefusalBench, type Refused } from '../support/refusals.ts';
import { type Answer, type Api, startServer } from '../support/running-server.ts';

const bench = createRefusalBench();
const api: Api = (...call) => bench.server().api(...call);
const event = { type: 'order.created', data: { a: 1 } };
const url = 'https://receiver.example.com/in';

const invalid = (...paths: string[]): Refused => ({ status: 422, code: 'invalid_input', paths });
const once = (body: object, headers: Record<string, string> = {}) =>
  api('POST /v1/events', body, { headers });
const keyOf = async (scope: string, workspace_id = 'ws_default'): Promise<string> => {
  const named = { headers: { 'bellwire-workspace': workspace_id } };
  const { body } = await api('POST /v1/api-keys', { name: `${scope} key`, scope }, named);
  return body.api_key;
};
const asTrpc = async (answer: Promise<Answer>): Promise<Answer> => {
  const got = await answer;
  const { error } = got.body as unknown as { error: { data: Answer['body']['error'] } };
  return { ...got, body: { ...got.body, error: error.data } };
};

describe('a caller without a key that is known is 401 on both surfaces:', () => {
  const unauthenticated: Refused = { status: 401, code: 'unauthenticated' };

  it.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['a key that nobody made', { authorization: 'Bearer bwk_nobody' }],
    ['a key without its scheme', { authorization: 'an-admin-key-of-the-tests-9f3b7c1d' }],
    ['another scheme', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['a key of 10,000 characters', { authorization: `Bearer ${'k'.repeat(10_000)}` }],
  ])('%s', async (_, headers) => {
    const options = { key: null, headers };
    const call = () => api('POST /v1/events', event, options);
    const answer = await bench.expectRefusal(call, unauthenticated);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    await bench.expectRefusal(() => asTrpc(api('POST /trpc/events.send', event, options)), unauthenticated);
  });

  it('before a word is said about the body', async () => {
    await bench.expectRefusal(() => api('POST /v1/events', '{', { key: null }), unauthenticated);
  });
});

describe('a key is 403 beyond its scope', () => {
  const forbidden: Refused = { status: 403, code: 'forbidden' };

  it('send: everything but sending', async () => {
    const key = await keyOf('send');
    const calls = [
      'GET /v1/events',
      'GET /v1/webhooks',
      'GET /v1/deliveries',
      'GET /v1/event-types',
      'GET /v1/workspaces',
      'GET /v1/api-keys',
      `DELETE /v1/webhooks/${bench.hook().id}`,
    ] as const;
    for (const call of calls) await bench.expectRefusal(() => api(call, undefined, { key }), forbidden);
    const create = () => api('POST /v1/webhooks', { url, events: ['*'] }, { key });
    await bench.expectRefusal(create, forbidden);
    await bench.expectRefusal(
      () => asTrpc(api('GET /trpc/hooks.list?input={}', undefined, { key })),
      forbidden,
    );
    const unseen = { ...event, hook_ids: ['wh_nobody'] };
    expect((await api('POST /v1/events', unseen, { key })).status).toBe(404);
  });

  it('workspace: what belongs to the installation, and other workspaces', async () => {
    const key = await keyOf('workspace');
    for (const call of ['GET /v1/workspaces', 'GET /v1/api-keys', 'DELETE /v1/workspaces/ws_x'] as const) {
      await bench.expectRefusal(() => api(call, undefined, { key }), forbidden);
    }
    const admin_key = () => api('POST /v1/api-keys', { name: 'x', scope: 'admin' }, { key });
    await bench.expectRefusal(admin_key, forbidden);
    const options = { key, headers: { 'bellwire-workspace': 'ws_other' } };
    await bench.expectRefusal(() => api('GET /v1/webhooks', undefined, options), forbidden);
    expect((await api('GET /v1/webhooks', undefined, { key })).status).toBe(200);
  });
});

it('an admin who names a workspace that does not exist makes nothing in it', async () => {
  const named = { headers: { 'bellwire-workspace': 'ws_nobody' } };
  const not_found: Refused = { status: 404, code: 'not_found' };
  await bench.expectRefusal(() => api('POST /v1/events', event, named), not_found);
  await bench.expectRefusal(() => api('POST /v1/webhooks', { url, events: ['*'] }, named), not_found);
  await bench.expectRefusal(() => api('PUT /v1/event-types/a', {}, named), not_found);
  await bench.expectRefusal(() => api('POST /v1/api-keys', { name: 'x' }, named), not_found);
});

describe('an idempotency key', () => {
  const conflict: Refused = { status: 409, code: 'idempotency_conflict' };

  it('gives the first answer again for the same event, whatever the order of its keys', async () => {
    await api(`POST /v1/webhooks/${bench.hook().id}/deactivate`);
    const first = await once({ type: 'a', data: { x: 1, y: 2 }, idempotency_key: 'k1' });
    expect(first.status).toBe(202);
    const again = await once({ data: { y: 2, x: 1 }, idempotency_key: 'k1', type: 'a' });
    const by_header = await once({ type: 'a', data: { x: 1, y: 2 } }, { 'idempotency-key': 'k1' });
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect([by_header.status, by_header.text]).toEqual([202, first.text]);
    const refuse = (body: object) => bench.expectRefusal(() => once(body), conflict);
    await refuse({ type: 'a', data: { x: 1, y: 3 }, idempotency_key: 'k1' });
    await refuse({ type: 'b', data: { x: 1, y: 2 }, idempotency_key: 'k1' });
    await refuse({ type: 'a', data: { x: 1, y: 2 }, previous_data: {}, idempotency_key: 'k1' });
  });

  it('that stands in the body and in the header must be the same', async () => {
    const differing = () => once({ ...event, idempotency_key: 'k2' }, { 'idempotency-key': 'k3' });
    await bench.expectRefusal(differing, {
      status: 422,
      code: 'invalid_input',
      paths: ['idempotency_key'],
    });
    const same = await once({ ...event, idempotency_key: 'k2' }, { 'idempotency-key': 'k2' });
    expect(same.status).toBe(202);
  });

  it('is known in its own workspace only', async () => {
    const { body } = await api('POST /v1/workspaces', { name: 'keys' });
    const other = await once(
      { type: 'a', data: {}, idempotency_key: 'k1' },
      { 'bellwire-workspace': body.id },
    );
    expect(other.status).toBe(202);
  });
});

describe('a query that cannot be answered is refused:', () => {
  it.each<[`GET /${string}`, Refused]>([
    ['GET /v1/events?limit=0', invalid('limit')],
    ['GET /v1/events?limit=1001', invalid('limit')],
    ['GET /v1/events?limit=ten', invalid('limit')],
    ['GET /v1/events?limit=1e2', invalid('limit')],
    ['GET /v1/events?limit=1.5', invalid('limit')],
    ['GET /v1/events?limit=', invalid('limit')],
    ['GET /v1/events?limit=1&limit=2', invalid('limit')],
    ['GET /v1/events?page=2', invalid('page')],
    ['GET /v1/events?__proto__=2', invalid('__proto__')],
    ['GET /v1/events?constructor=2', invalid('constructor')],
    ['GET /v1/deliveries?status=done&since=yesterday', invalid('status', 'since')],
    ['GET /v1/deliveries?hook_id=a&webhook_id=b', invalid('hook_id')],
    ['GET /v1/webhooks?cursor=nonsense', { status: 400, code: 'invalid_cursor', paths: ['cursor'] }],
    ['GET /v1/webhooks?cursor=', { status: 400, code: 'invalid_cursor', paths: ['cursor'] }],
    [
      `GET /v1/events?cursor=${Buffer.from('evt_x').toString('base64url')}`,
      { status: 400, code: 'invalid_cursor', paths: ['cursor'] },
    ],
    ['GET /v1/event-types/..%2F..%2Fx', invalid('name')],
    ['GET /v1/webhooks/wh_nobody', { status: 404, code: 'not_found' }],
    [`GET /v1/webhooks/${'x'.repeat(65)}`, invalid('hook_id')],
    ['GET /v1/webhooks/%E0%A4%A', { status: 404, code: 'not_found' }],
  ])('%s', async (call, refused) => {
    await bench.expectRefusal(() => api(call), refused);
  });
});

it('a field that stands in the path may not stand in the body or the query, by any of its names', async () => {
  const { id } = bench.hook();
  const refused: Refused = { status: 422, code: 'invalid_input', paths: ['hook_id'] };
  await bench.expectRefusal(() => api(`POST /v1/webhooks/${id}/test`, { hook_id: 'wh_other' }), refused);
  await bench.expectRefusal(() => api(`POST /v1/webhooks/${id}/test`, { webhook_id: id }), refused);
  await bench.expectRefusal(() => api(`PATCH /v1/webhooks/${id}?hook_id=wh_other`, { name: 'x' }), refused);
  const twice = { webhook_id: id, hook_id: id };
  await bench.expectRefusal(() => api('POST /v1/webhooks/test', twice), refused);
  const urls = { url, target_url: url, events: ['*'] };
  await bench.expectRefusal(() => api('POST /v1/webhooks', urls), { ...refused, paths: ['url'] });
});

it('an unknown route is 404; a known one by another method is 405 and says which it takes', async () => {
  const not_found: Refused = { status: 404, code: 'not_found' };
  for (const path of [
    '/nowhere',
    '/v1',
    '/v1/nowhere',
    '/v2/events',
    '/v1/events/a/b',
    '/inbox/x',
  ] as const) {
    await bench.expectRefusal(() => api(`GET ${path}`), not_found);
  }
  await bench.expectRefusal(() => asTrpc(api('GET /trpc/hooks.nothing')), not_found);
  const not_allowed: Refused = { status: 405, code: 'method_not_allowed' };
  const allowed = {
    'PUT /v1/events': 'GET, POST',
    'OPTIONS /v1/events': 'GET, POST',
    'POST /v1/webhooks/wh_x': 'GET, PATCH, DELETE',
    'POST /api/v1/event-types/a': 'GET, PUT, DELETE',
    'DELETE /healthz': 'GET',
  } as const;
  for (const [call, allow] of Object.entries(allowed)) {
    const answer = await bench.expectRefusal(() => api(call as `PUT /v1`), not_allowed);
    expect(answer.headers['allow']).toBe(allow);
  }
  await bench.expectRefusal(() => asTrpc(api('POST /trpc/hooks.list', {})), not_allowed);
  await bench.expectRefusal(() => asTrpc(api('PUT /trpc/hooks.create', { url })), not_allowed);
});

const batchOf = (calls: number): `GET /${string}` => {
  const names = Array.from({ length: calls }, () => 'hooks.list');
  const inputs = Object.fromEntries(names.map((_, n) => [n, {}]));
  return `GET /trpc/${names.join(',')}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`;
};

it('a batch of more than 100 calls is refused whole', async () => {
  expect((await api(batchOf(100))).status).toBe(200);
  const refused = await api(batchOf(101));
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('invalid_input');
  expect(refused.text).not.toContain('"data":[]');
});

it('nothing of all that was sent', async () => {
  await api(`POST /v1/webhooks/${bench.hook().id}/activate`);
  await bench.expectNothingWasSent();
});

it('what an unknown error says goes to the log and never into an answer', async () => {
  await using server = await startServer();
  const broken = new Database(server.database_path);
  broken.exec('alter table bellwire_events rename to a_table_nobody_may_hear_of');
  broken.close();
  const internal = { status: 500, code: 'internal' };
  for (const call of ['GET /v1/events', 'GET /trpc/events.list?input={}'] as const) {
    const { status, text } = await server.api(call);
    expect(status).toBe(internal.status);
    expect(text).toContain('"code":"internal"');
    expect(text).not.toMatch(/no such|table|sqlite|bellwire_|select|\.ts|stack/i);
  }
  const sent = await server.api('POST /v1/events', event);
  expect(sent.status).toBeGreaterThanOrEqual(500);
  expect(sent.text).not.toMatch(/no such|bellwire_|select|insert|\.ts|stack/i);
  expect(server.log_lines.join('\n')).toMatch(/no such table/);
});
