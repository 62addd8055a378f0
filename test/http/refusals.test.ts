import { describe, expect, it } from 'vitest';
import { createRefusalBench, type Refused } from '../support/refusals.ts';

const bench = createRefusalBench();
const url = 'https://receiver.example.com/in';
const good = { type: 'order.created', data: {} };
const hook = { url, events: ['*'] };

const invalid = (...paths: string[]): Refused => ({ status: 422, code: 'invalid_input', paths });
const unknown = (...paths: string[]): Refused => ({ status: 422, code: 'unknown_event_type', paths });
const url_refused: Refused = { status: 422, code: 'url_refused', paths: ['url'] };
type Rows = Readonly<Record<string, readonly [input: object, refused: Refused]>>;

const refuseAll = (call: 'POST /v1/events' | 'POST /v1/webhooks', rows: Rows): void => {
  it.each(Object.entries(rows))('%s', async (_, [input, refused]) => {
    await bench.expectRefusal(() => bench.server().api(call, input), refused);
  });
};

describe('an event is refused, stored nowhere and sent to nobody, for', () => {
  refuseAll('POST /v1/events', {
    'an unknown field': [{ ...good, typ: 1 }, invalid('typ')],
    'a field that only JavaScript knows': [{ ...good, constructor: 1 }, invalid('constructor')],
    'no field at all': [{}, invalid('type', 'data')],
    'fields of the wrong type': [
      { type: 5, data: [], occurred_at: 1, idempotency_key: true, hook_ids: 'wh_1' },
      invalid('type', 'data', 'occurred_at', 'idempotency_key', 'hook_ids'),
    ],
    'wrong fields and unknown ones together': [
      { type: '', data: null, extra: 1, more: 2 },
      invalid('type', 'data', 'extra', 'more'),
    ],
    'data that is an array': [{ ...good, data: [1] }, invalid('data')],
    'data that is a string': [{ ...good, data: '{}' }, invalid('data')],
    'data that is null': [{ ...good, data: null }, invalid('data')],
    'data that is a number': [{ ...good, data: 1 }, invalid('data')],
    'previous data that is an array': [{ ...good, previous_data: [] }, invalid('previous_data')],
    'a type that climbs a path': [{ ...good, type: '../../x' }, invalid('type')],
    'a type of dots': [{ ...good, type: '...' }, invalid('type')],
    'a type with two dots in a row': [{ ...good, type: 'order..created' }, invalid('type')],
    'a type with CRLF': [{ ...good, type: 'order\r\nx: y' }, invalid('type')],
    'a type that ends in a line break': [{ ...good, type: 'order\n' }, invalid('type')],
    'a type of 200 characters': [{ ...good, type: 'x'.repeat(200) }, invalid('type')],
    'an empty type': [{ ...good, type: '' }, invalid('type')],
    'a type with a star': [{ ...good, type: 'order.*.created' }, invalid('type')],
    'a star as type': [{ ...good, type: '*' }, invalid('type')],
    'a day that does not exist': [{ ...good, occurred_at: '2026-02-30T00:00:00Z' }, invalid('occurred_at')],
    'a time without a zone': [{ ...good, occurred_at: '2026-02-20T00:00:00' }, invalid('occurred_at')],
    'an empty idempotency key': [{ ...good, idempotency_key: '' }, invalid('idempotency_key')],
    'an idempotency key with a line break': [
      { ...good, idempotency_key: 'a\nb' },
      invalid('idempotency_key'),
    ],
    'an idempotency key of 257 characters': [
      { ...good, idempotency_key: 'k'.repeat(257) },
      invalid('idempotency_key'),
    ],
    'an empty list of hooks': [{ ...good, hook_ids: [] }, invalid('hook_ids')],
    'a hook that does not exist': [
      { ...good, hook_ids: ['wh_nobody'] },
      { status: 404, code: 'not_found', paths: ['hook_ids'] },
    ],
  });
});

describe('a hook is refused for', () => {
  const secret = (value: unknown): [object, Refused] => [{ ...hook, secret: value }, invalid('secret')];
  const events = (list: unknown, ...paths: string[]): [object, Refused] => [
    { ...hook, events: list },
    invalid(...paths),
  ];
  const headers = (map: object, ...names: string[]): [object, Refused] => [
    { ...hook, headers: map },
    invalid(...names.map((name) => `headers.${name}`)),
  ];
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`X-${n}`, 'v']));

  refuseAll('POST /v1/webhooks', {
    'an unknown field': [{ ...hook, event: ['*'] }, invalid('event')],
    'no field at all': [{}, invalid('url', 'events')],
    'fields of the wrong type': [
      { url: 1, events: {}, name: 5, active: 'yes', insecure_ssl: 0, headers: [], method: 7, secret: 1 },
      invalid('url', 'events', 'name', 'active', 'insecure_ssl', 'headers', 'method', 'secret'),
    ],
    'numbers out of range': [
      { ...hook, max_attempts: 0, timeout_ms: 99 },
      invalid('max_attempts', 'timeout_ms'),
    ],
    'numbers out of range, upwards': [
      { ...hook, max_attempts: 21, timeout_ms: 60_001 },
      invalid('max_attempts', 'timeout_ms'),
    ],
    'numbers with a fraction': [
      { ...hook, max_attempts: 1.5, timeout_ms: 100.1 },
      invalid('max_attempts', 'timeout_ms'),
    ],
    'a method that no dialect has': [{ ...hook, method: 'GET' }, invalid('method')],
    'a content type that no dialect has': [{ ...hook, content_type: 'text/xml' }, invalid('content_type')],
    'a dialect that is not known': [{ ...hook, dialect: 'nope' }, invalid('dialect')],
    'a name of spaces': [{ ...hook, name: '   ' }, invalid('name')],
    'a name with a control character': [{ ...hook, name: 'a\u0007b' }, invalid('name')],
    'no events': events([], 'events'),
    'events that are no names': events(
      ['../../x', '..', 'a\r\nb', 'x'.repeat(200), '', 'a.*.b', 'order.created', '**', '.*'],
      ...[0, 1, 2, 3, 4, 5, 7, 8].map((index) => `events.${index}`),
    ),
    'a secret of null': secret(null),
    'an empty secret': secret(''),
    'a secret of 257 characters': secret('s'.repeat(257)),
    'a whsec_ secret that is no base64': secret('whsec_!!!'),
    'a whsec_ secret that is too short': secret(`whsec_${Buffer.alloc(8).toString('base64')}`),
    'headers that Bellwire or the network sets': headers(
      {
        Host: 'x',
        'Content-Length': '1',
        'webhook-id': 'x',
        'Transfer-Encoding': 'chunked',
        Connection: 'x',
      },
      'Host',
      'Content-Length',
      'webhook-id',
      'Transfer-Encoding',
      'Connection',
    ),
    'a header that opens cloud metadata': headers({ 'Metadata-Flavor': 'Google' }, 'Metadata-Flavor'),
    'a header twice': headers({ 'X-A': '1', 'x-a': '2' }, 'x-a'),
    'a header value with CRLF': headers({ 'X-A': 'a\r\nX-B: c' }, 'X-A'),
    'a header name that is none': headers({ 'X A': '1', 'Y:': '2' }, 'X A', 'Y:'),
    'a header name that is too long': headers({ ['x'.repeat(65)]: '1' }, 'x'.repeat(65)),
    'a header value that is too long': headers({ 'X-A': 'v'.repeat(4097) }, 'X-A'),
    'a header value that only stands for the real one': headers({ 'X-A': '[secret]' }, 'X-A'),
    'too many headers': [{ ...hook, headers: many }, invalid('headers')],
    'a URL of more than 2048 characters': [{ ...hook, url: `${url}/${'x'.repeat(2048)}` }, invalid('url')],
    'a URL, a header and a secret that are wrong': [
      { ...hook, url: 'ftp://example.com', secret: 'whsec_!', headers: { Host: 'x' } },
      { status: 422, code: 'url_refused', paths: ['url', 'headers.Host', 'secret'] },
    ],
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
    const create = () => bench.server().api('POST /v1/webhooks', { url: bad, events: ['*'] });
    await bench.expectRefusal(create, url_refused);
    const change = () => bench.server().api(`PATCH /v1/webhooks/${bench.hook().id}`, { url: bad });
    await bench.expectRefusal(change, url_refused);
  });
});

describe('a workspace that is strict refuses what its catalog does not know', () => {
  it('in an event and in the events of a hook, at creation and at every change', async () => {
    const { api } = bench.server();
    const made = await api('POST /v1/workspaces', { name: 'strict', strict: true });
    const named = { headers: { 'bellwire-workspace': made.body.id } };
    await api('PUT /v1/event-types/known.one', {}, named);
    await bench.expectRefusal(() => api('POST /v1/events', good, named), unknown('type'));
    const create = (events: string[]) => api('POST /v1/webhooks', { url, events }, named);
    await bench.expectRefusal(() => create(['known.one', 'b', '*', 'c']), unknown('events.1', 'events.3'));
    const known = await create(['known.one', 'known.*', 'ping']);
    expect(known.status).toBe(201);
    const change = () => api(`PATCH /v1/webhooks/${known.body.id}`, { events: ['b'] }, named);
    await bench.expectRefusal(change, unknown('events.0'));
    expect((await api('POST /v1/events', { type: 'known.one', data: {} }, named)).status).toBe(202);
  });
});

describe('data that breaks the schema of its type', () => {
  const schema = {
    type: 'object',
    required: ['id', 'lines'],
    properties: {
      id: { type: 'integer' },
      lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string' } } } },
    },
  };

  it('is refused with the path of every wrong value, also one by one in a batch', async () => {
    const { api } = bench.server();
    await api('PUT /v1/event-types/checked', { schema });
    const bad = { type: 'checked', data: { id: '1', lines: [{ sku: 'a' }, { sku: 2 }] } };
    const refused = { status: 422, code: 'schema_violation', paths: ['data.id', 'data.lines.1.sku'] };
    await bench.expectRefusal(() => api('POST /v1/events', bad), refused);
    const batch = await api('POST /v1/events/batch', { events: [bad, 7, { type: 'x', data: {}, extra: 1 }] });
    expect(batch.status).toBe(200);
    expect(JSON.parse(batch.text)).toMatchObject({
      results: [
        { ok: false, error: { code: 'schema_violation', issues: [{ path: 'data.id' }, {}] } },
        { ok: false, error: { code: 'invalid_input' } },
        { ok: false, error: { code: 'invalid_input', issues: [{ path: 'extra' }] } },
      ],
    });
    await bench.expectRefusal(() => api('PUT /v1/event-types/checked', { schema: { type: 'nope' } }), {
      status: 422,
      code: 'schema_invalid',
      paths: ['schema.type'],
    });
  });
});

it('nothing of all that was sent: the first thing that the receiver hears of is a good event', async () => {
  await bench.expectNothingWasSent();
});
