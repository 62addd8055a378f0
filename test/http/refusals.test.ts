import { describe, expect, it } from 'vitest';
import { type Refused, startRefusalBench } from '../support/refusals.ts';

const { api, hook: existing, expectRefused, expectNothingSent } = await startRefusalBench();
const url = 'https://receiver.example.com/in';
const good = { type: 'order.created', data: {} };
const hook = { url, events: ['*'] };

const invalid = (...paths: string[]): Refused => ({ status: 422, code: 'invalid_input', paths });
const unknown = (...paths: string[]): Refused => ({ status: 422, code: 'unknown_event_type', paths });
const url_refused: Refused = { status: 422, code: 'url_refused', paths: ['url'] };

type Row = readonly [what: string, fields: object, paths?: readonly string[]];
const refuseAll = (call: 'POST /v1/events' | 'POST /v1/webhooks', valid: object, rows: readonly Row[]) => {
  for (const [what, fields, paths = Object.keys(fields)] of rows) {
    it(what, () => expectRefused(invalid(...paths), call, { ...valid, ...fields }));
  }
};

describe('an event is refused, neither stored nor sent, for', () => {
  refuseAll('POST /v1/events', good, [
    ['an unknown field', { typ: 1 }],
    ['a field that only JavaScript knows', { constructor: 1 }],
    [
      'fields of the wrong type',
      { type: 5, data: [], occurred_at: 1, idempotency_key: true, hook_ids: 'wh_1' },
    ],
    ['invalid and unknown fields together', { type: '', data: null, extra: 1, more: 2 }],
    ['data that is an array', { data: [1] }],
    ['data that is a string', { data: '{}' }],
    ['data that is null', { data: null }],
    ['data that is a number', { data: 1 }],
    ['previous data that is an array', { previous_data: [] }],
    ['a type like a path', { type: '../../x' }],
    ['a type of dots', { type: '...' }],
    ['a type with two dots in a row', { type: 'order..created' }],
    ['a type with CRLF', { type: 'order\r\nx: y' }],
    ['a type that ends in a line break', { type: 'order\n' }],
    ['a type of 200 characters', { type: 'x'.repeat(200) }],
    ['an empty type', { type: '' }],
    ['a type with a star', { type: 'order.*.created' }],
    ['a star as type', { type: '*' }],
    ['a day that does not exist', { occurred_at: '2026-02-30T00:00:00Z' }],
    ['a time without a zone', { occurred_at: '2026-02-20T00:00:00' }],
    ['an empty idempotency key', { idempotency_key: '' }],
    ['an idempotency key with a line break', { idempotency_key: 'a\nb' }],
    ['an idempotency key of 257 characters', { idempotency_key: 'k'.repeat(257) }],
    ['an empty list of hooks', { hook_ids: [] }],
  ]);

  it('missing fields', () => expectRefused(invalid('type', 'data'), 'POST /v1/events', {}));

  it('a hook that does not exist', async () => {
    const refused: Refused = { status: 404, code: 'not_found', paths: ['hook_ids'] };
    await expectRefused(refused, 'POST /v1/events', { ...good, hook_ids: ['wh_unknown'] });
  });
});

const headersRow = (what: string, map: object, ...names: string[]): Row => [
  what,
  { headers: map },
  (names.length === 0 ? Object.keys(map) : names).map((name) => `headers.${name}`),
];

describe('a hook is refused for', () => {
  refuseAll('POST /v1/webhooks', hook, [
    ['an unknown field', { event: ['*'] }],
    [
      'fields of the wrong type',
      { url: 1, events: {}, name: 5, active: 'yes', insecure_ssl: 0, headers: [], method: 7, secret: 1 },
    ],
    ['numbers below the range', { max_attempts: 0, timeout_ms: 99 }],
    ['numbers above the range', { max_attempts: 21, timeout_ms: 60_001 }],
    ['numbers with a fraction', { max_attempts: 1.5, timeout_ms: 100.1 }],
    ['a retry schedule of 21 delays', { retry_schedule: Array.from({ length: 21 }, () => '0s') }],
    ['a retry schedule without a delay', { retry_schedule: [] }],
    ['a retry schedule that begins later', { retry_schedule: ['1s', '5m'] }],
    [
      'delays that are not durations or too long',
      { retry_schedule: ['0s', '5', '1 m', '-1s', '31d', '1.5h', '', '1m'] },
      [1, 2, 3, 4, 5, 6].map((index) => `retry_schedule.${index}`),
    ],
    ['a method that no dialect has', { method: 'GET' }],
    ['a content type that no dialect has', { content_type: 'text/xml' }],
    ['an unknown dialect', { dialect: 'nope' }],
    ['a name of spaces', { name: '   ' }],
    ['a name with a control character', { name: 'a\u0007b' }],
    ['no events', { events: [] }],
    [
      'invalid event names',
      { events: ['../../x', '..', 'a\r\nb', 'x'.repeat(200), '', 'a.*.b', 'order.created', '**', '.*'] },
      [0, 1, 2, 3, 4, 5, 7, 8].map((index) => `events.${index}`),
    ],
    ['a secret of null', { secret: null }],
    ['an empty secret', { secret: '' }],
    ['a secret of 257 characters', { secret: 's'.repeat(257) }],
    ['a whsec_ secret that is not base64', { secret: 'whsec_!!!' }],
    ['a whsec_ secret that is too short', { secret: `whsec_${Buffer.alloc(8).toString('base64')}` }],
    headersRow('headers that Bellwire or the network sets', {
      Host: 'x',
      'Content-Length': '1',
      'webhook-id': 'x',
      'Transfer-Encoding': 'chunked',
      Connection: 'x',
    }),
    headersRow('a header that unlocks cloud metadata', { 'Metadata-Flavor': 'Google' }),
    headersRow('a header twice', { 'X-A': '1', 'x-a': '2' }, 'x-a'),
    headersRow('a header value with CRLF', { 'X-A': 'a\r\nX-B: c' }),
    headersRow('invalid header names', { 'X A': '1', 'Y:': '2' }),
    headersRow('a header name that is too long', { ['x'.repeat(65)]: '1' }),
    headersRow('a header value that is too long', { 'X-A': 'v'.repeat(4097) }),
    headersRow('the placeholder of a header value', { 'X-A': '[secret]' }),
    [
      'too many headers',
      { headers: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`X-${n}`, 'v'])) },
    ],
    ['a URL of more than 2048 characters', { url: `${url}/${'x'.repeat(2048)}` }],
  ]);

  it('missing fields', () => expectRefused(invalid('url', 'events'), 'POST /v1/webhooks', {}));

  it('an invalid URL, header and secret', async () => {
    const wrong = { ...hook, url: 'ftp://example.com', secret: 'whsec_!', headers: { Host: 'x' } };
    const refused: Refused = { ...url_refused, paths: ['url', 'headers.Host', 'secret'] };
    await expectRefused(refused, 'POST /v1/webhooks', wrong);
  });
});

describe('a hook is refused for the URL', () => {
  it.each([
    'receiver.example.com',
    'ftp://receiver.example.com/',
    'javascript:alert(1)',
    'https://user:password@receiver.example.com/',
    'https://@receiver.example.com/',
    'https://receiver.example.com/#part',
    'https://receiver.example.com/a b',
    'https://receiver.example.com/a\tb',
    'http://169.254.169.254/latest/meta-data',
    'http://[fd00:ec2::254]/',
    'http://10.0.0.1/',
    'http://192.168.1.1/',
    'http://[fe80::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://0x0a000001/',
    'http://0.0.0.0/',
    'http://100.100.100.200/',
    'https://receiver.example.com:22/',
    'https://receiver.example.com:6379/',
    'http://intranet/',
    'http://printer.local/',
  ])('%s', async (bad) => {
    await expectRefused(url_refused, 'POST /v1/webhooks', { url: bad, events: ['*'] });
    await expectRefused(url_refused, `PATCH /v1/webhooks/${existing.id}`, { url: bad });
  });
});

it('a strict workspace refuses unknown event types: of an event, of a hook, and of a changed hook', async () => {
  const { id } = (await api('POST /v1/workspaces', { name: 'strict', strict: true })).body;
  const named = { headers: { 'bellwire-workspace': id } };
  await api('PUT /v1/event-types/known.one', {}, named);
  await expectRefused(unknown('type'), 'POST /v1/events', good, named);
  const events = ['known.one', 'b', '*', 'c'];
  await expectRefused(unknown('events.1', 'events.3'), 'POST /v1/webhooks', { url, events }, named);
  const known = await api('POST /v1/webhooks', { url, events: ['known.one', 'known.*', 'ping'] }, named);
  expect(known.status).toBe(201);
  await expectRefused(unknown('events.0'), `PATCH /v1/webhooks/${known.body.id}`, { events: ['b'] }, named);
  expect((await api('POST /v1/events', { type: 'known.one', data: {} }, named)).status).toBe(202);
});

it('data that violates the schema of its type is refused with every path, also one by one in a batch', async () => {
  const lines = { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } };
  const schema = {
    type: 'object',
    required: ['id', 'lines'],
    properties: { id: { type: 'integer' }, lines },
  };
  await api('PUT /v1/event-types/checked', { schema });
  const bad = { type: 'checked', data: { id: '1', lines: [{ sku: 'a' }, { sku: 2 }] } };
  const paths = ['data.id', 'data.lines.1.sku'];
  await expectRefused({ status: 422, code: 'schema_violation', paths }, 'POST /v1/events', bad);
  const batch = await api('POST /v1/events/batch', { events: [bad, 7, { type: 'x', data: {}, extra: 1 }] });
  expect(batch.status).toBe(200);
  expect(batch.body).toMatchObject({
    results: [
      { ok: false, error: { code: 'schema_violation', issues: [{ path: 'data.id' }, {}] } },
      { ok: false, error: { code: 'invalid_input' } },
      { ok: false, error: { code: 'invalid_input', issues: [{ path: 'extra' }] } },
    ],
  });
  const schema_invalid: Refused = { status: 422, code: 'schema_invalid', paths: ['schema.type'] };
  await expectRefused(schema_invalid, 'PUT /v1/event-types/checked', { schema: { type: 'nope' } });
});

describe('an invalid query or path is refused:', () => {
  const invalid_cursor: Refused = { status: 400, code: 'invalid_cursor', paths: ['cursor'] };
  const not_found: Refused = { status: 404, code: 'not_found' };

  it.each<[`/${string}`, Refused]>([
    ['/events?limit=0', invalid('limit')],
    ['/events?limit=1001', invalid('limit')],
    ['/events?limit=ten', invalid('limit')],
    ['/events?limit=1e2', invalid('limit')],
    ['/events?limit=1.5', invalid('limit')],
    ['/events?limit=', invalid('limit')],
    ['/events?limit=1&limit=2', invalid('limit')],
    ['/events?page=2', invalid('page')],
    ['/events?__proto__=2', invalid('__proto__')],
    ['/events?constructor=2', invalid('constructor')],
    ['/deliveries?status=done&since=yesterday', invalid('status', 'since')],
    ['/deliveries?hook_id=a&webhook_id=b', invalid('hook_id')],
    ['/webhooks?cursor=nonsense', invalid_cursor],
    ['/webhooks?cursor=', invalid_cursor],
    [`/events?cursor=${Buffer.from('evt_x').toString('base64url')}`, invalid_cursor],
    ['/event-types/..%2F..%2Fx', invalid('name')],
    ['/webhooks/wh_unknown', not_found],
    [`/webhooks/${'x'.repeat(65)}`, invalid('hook_id')],
    ['/webhooks/%E0%A4%A', not_found],
  ])('%s', async (path, refused) => {
    await expectRefused(refused, `GET /v1${path}`);
  });
});

it('a field of the path is refused in the body and the query, under each of its names', async () => {
  const { id } = existing;
  const refused = invalid('hook_id');
  await expectRefused(refused, `POST /v1/webhooks/${id}/test`, { hook_id: 'wh_other' });
  await expectRefused(refused, `POST /v1/webhooks/${id}/test`, { webhook_id: id });
  await expectRefused(refused, `PATCH /v1/webhooks/${id}?hook_id=wh_other`, { name: 'x' });
  await expectRefused(refused, 'POST /v1/webhooks/test', { webhook_id: id, hook_id: id });
  await expectRefused(invalid('url'), 'POST /v1/webhooks', { ...hook, target_url: url });
});

describe('an unknown route gets 404:', () => {
  const paths = ['/nowhere', '/v1/nowhere', '/v2/events', '/v1/events/a/b', '/inbox/x'];
  it.each([...paths, '/trpc/hooks.nothing'])('%s', async (path) => {
    await expectRefused({ status: 404, code: 'not_found' }, `GET ${path as '/v1'}`);
  });
});

describe('a known route gets 405 for another method, and the answer lists the allowed ones:', () => {
  it.each([
    ['PUT /v1/events', 'GET, POST'],
    ['OPTIONS /v1/events', 'GET, POST'],
    ['POST /v1/webhooks/wh_x', 'GET, PATCH, DELETE'],
    ['POST /api/v1/event-types/a', 'GET, PUT, DELETE'],
    ['DELETE /healthz', 'GET'],
    ['POST /trpc/hooks.list', undefined],
    ['PUT /trpc/hooks.create', undefined],
  ] as const)('%s', async (call, allow) => {
    const refused: Refused = { status: 405, code: 'method_not_allowed' };
    const body = call.includes('trpc') ? { url } : undefined;
    const answer = await expectRefused(refused, call, body);
    if (allow !== undefined) expect(answer.headers['allow']).toBe(allow);
  });
});

const batchOf = (calls: number) => {
  const names = Array.from({ length: calls }, () => 'hooks.list');
  const inputs = JSON.stringify(Object.fromEntries(names.map((_, n) => [n, {}])));
  return api(`GET /trpc/${names.join(',')}?batch=1&input=${encodeURIComponent(inputs)}`);
};

it('a batch of more than 100 calls is refused as a whole', async () => {
  expect((await batchOf(100)).status).toBe(200);
  const refused = await batchOf(101);
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('invalid_input');
  expect(refused.text).not.toContain('"data":[]');
});

it('no refused event was sent', expectNothingSent);

const once = (body: object, headers: Record<string, string> = {}) =>
  api('POST /v1/events', body, { headers });

describe('an idempotency key', () => {
  const first = { type: 'a', data: { x: 1, y: 2 } };

  it('repeats the first answer for the same event, whatever the order of its fields', async () => {
    await api(`POST /v1/webhooks/${existing.id}/deactivate`);
    const { status, text } = await once({ ...first, idempotency_key: 'k1' });
    expect(status).toBe(202);
    const again = [
      await once({ data: { y: 2, x: 1 }, idempotency_key: 'k1', type: 'a' }),
      await once(first, { 'idempotency-key': 'k1' }),
    ];
    expect(again).toMatchObject([
      { status, text },
      { status, text },
    ]);
    const conflict: Refused = { status: 409, code: 'idempotency_conflict' };
    for (const change of [{ data: { x: 1, y: 3 } }, { type: 'b' }, { previous_data: {} }]) {
      await expectRefused(conflict, 'POST /v1/events', { ...first, ...change, idempotency_key: 'k1' });
    }
  });

  it('must be the same in the body and in the header', async () => {
    const event = { ...good, idempotency_key: 'k2' };
    const options = { headers: { 'idempotency-key': 'k3' } };
    await expectRefused(invalid('idempotency_key'), 'POST /v1/events', event, options);
    expect((await once(event, { 'idempotency-key': 'k2' })).status).toBe(202);
  });

  it('belongs to its workspace', async () => {
    const { id } = (await api('POST /v1/workspaces', { name: 'keys' })).body;
    const other = { type: 'a', data: {}, idempotency_key: 'k1' };
    expect((await once(other, { 'bellwire-workspace': id })).status).toBe(202);
  });
});
