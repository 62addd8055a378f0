import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkData } from '../support/schemas.ts';
import type { JsonObject } from '../../packages/server/src/core/json.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { type DialectRow, dialectTable } from '../support/dialect-table.ts';
import { printed } from '../support/printed-receivers.ts';
import { type ReceivedCall, startReceiver } from '../support/receiver.ts';
import { type AnswerBody, type RunningServer, startServer, until } from '../support/running-server.ts';
import { startTlsFront } from '../support/tls-front.ts';

const dialects = createDialects();

it('the table contains every built-in dialect', () => {
  expect(dialectTable.map(({ dialect }) => dialect)).toEqual([...dialects.keys()]);
});

/** Headers that undici adds to every request. */
const BY_UNDICI = ['host', 'connection', 'content-length'];
/** Headers of every dialect. */
const EVERYWHERE = ['user-agent', 'content-type', 'accept-encoding'];

const SECRET = 'super-secret-key-of-the-table';
const WHSEC = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const OCCURRED_AT = '2026-11-21T10:30:00.123Z';

const event = {
  type: 'order.created',
  data: {
    order: { id: 123, total: 499, note: 'Zoë 世界 🎉 / </script> \u2028' },
    again: [1, 2.5, null, true],
  },
  previous_data: { order: { total: 498 } },
  occurred_at: OCCURRED_AT,
};

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

interface Arrived {
  readonly call: ReceivedCall;
  readonly hook: AnswerBody & { readonly number: number };
  readonly event_id: string;
}

/** Creates an active hook and returns the request for `event` that arrives there. */
const arrive = async ({ dialect }: DialectRow, fields: object): Promise<Arrived> => {
  await using receiver = await startReceiver();
  await using front = await startTlsFront(Number(new URL(receiver.origin).port));
  const isBehindTls = dialect === 'connect2print';
  const origin = isBehindTls ? front.origin : receiver.origin;
  const url = `${origin}/in?tenant=a%20b`;
  const hook = await server.addHook(url, { dialect, insecure_ssl: isBehindTls, ...fields });
  if (dialect === 'casesolved') {
    await server.api(`POST /v1/webhooks/${hook.id}/validate`);
    await server.api(`POST /v1/webhooks/${hook.id}/activate`);
  }
  // The handshake arrives first.
  if (dialect === 'casesolved' || dialect === 'q2') await receiver.next();
  const { status, body, text } = await server.api('POST /v1/events', { ...event, hook_ids: [hook.id] });
  expect(status, text).toBe(202);
  const call = await receiver.next();
  return { call, hook: hook as Arrived['hook'], event_id: body.id };
};

const WIRE_ID = /^wh_[0-9a-z]{12}$/;
const secretFor = ({ generated_secret }: DialectRow): string =>
  generated_secret?.test(WHSEC) === true ? WHSEC : SECRET;

interface BodyIds {
  readonly id?: string;
  readonly hook_id?: number;
  readonly hook?: { readonly id: number };
}

describe.each(dialectTable)('$dialect', (row) => {
  it('arrives with the documented headers, case-sensitive, and the documented body, byte for byte', async () => {
    const { call, hook, event_id } = await arrive(row, { secret: secretFor(row) });
    expect([call.method, call.path]).toEqual(['POST', '/in?tenant=a%20b']);

    const names = call.raw_headers.map(([name]) => name);
    expect(names.toSorted()).toEqual([...BY_UNDICI, ...EVERYWHERE, ...Object.keys(row.headers)].toSorted());
    const values = Object.fromEntries(call.raw_headers);
    for (const [name, form] of Object.entries(row.headers)) {
      expect([name, values[name]]).toEqual([name, expect.stringMatching(form)]);
    }
    expect(values['user-agent']).toMatch(row.user_agent);
    expect(values['content-type']).toBe(row.content_type);
    expect(values['accept-encoding']).toBe('identity');
    expect(values['content-length']).toBe(String(call.body.length));

    const body = call.body.toString();
    const ids = JSON.parse(body) as BodyIds;
    const expected = row.body({
      ...event,
      event_id,
      wire_id: WIRE_ID.test(ids.id ?? '') ? ids.id! : 'no wire id',
      hook: { ...ids.hook, id: hook.number },
    });
    expect(body).toBe(JSON.stringify(expected));
  });

  it('has no signature without a secret', async () => {
    if (row.without_secret === null) {
      expect(dialects.get(row.dialect)!.secret.presence).toBe('always');
      return;
    }
    const { call, hook } = await arrive(row, row.without_secret);
    expect(hook.secret).toBeNull();
    const { [row.signature]: _, ...others } = row.headers;
    expect(call.raw_headers.map(([name]) => name).toSorted()).toEqual(
      [...BY_UNDICI, ...EVERYWHERE, ...Object.keys(others)].toSorted(),
    );
  });

  const entries = dialects.get(row.dialect)!.catalog;

  it('has the documented catalog, and each example matches its schema, also with more or fewer keys', () => {
    expect(entries.map(({ name }) => name)).toEqual(row.catalog);
    for (const { name, description, schema, example } of entries) {
      expect([name, description.length > 0, Object.keys(example ?? {}).length]).toEqual([
        name,
        true,
        expect.toSatisfy((keys: number) => keys > 0),
      ]);
      if (schema === undefined) continue;
      for (const data of [example ?? {}, { ...example, more: 1 }, {}]) {
        expect([name, checkData(schema, data)]).toEqual([name, []]);
      }
    }
  });
});

describe('the printed data matches the catalog', () => {
  const [created, updated] = printed('resource-api-payloads.txt').split('\n\n');
  const printedData: readonly (readonly [string, string, string])[] = [
    ['resource-api', 'resource.created', created!],
    ['resource-api', 'resource.updated', updated!],
    ['connect2print', 'order.created', printed('connect2print-order-created.txt')],
  ];

  it.each(printedData)('%s: %s', (dialect, type, print) => {
    const { schema, example, previous_example } = dialects
      .get(dialect)!
      .catalog.find(({ name }) => name === type)!;
    const { data, previous_data } = JSON.parse(print) as Readonly<Record<string, JsonObject>>;
    expect(example).toEqual(data);
    expect(previous_example ?? null).toEqual(previous_data ?? null);
    expect(checkData(schema!, data!)).toEqual([]);
    const [key] = Object.keys(data!);
    expect(checkData(schema!, { [key!]: 'text' })).not.toEqual([]);
  });

  it.each([
    ['below the order', { order: { app_id: 1, environments: [{ id: '3', type: 2 }] } }, 0],
    ['below the company', { order: { app_id: 1, company: { id: '1', environments: [{ id: '3' }] } } }, 0],
    ['of a type that is not printed', { order: { environments: [{ type: 3 }] } }, 1],
    ['with an id that is a number', { order: { signer: { id: 7 } } }, 1],
  ])('q2: app-order-created with environments %s', (_, data, wrong) => {
    const { schema } = dialects.get('q2')!.catalog[0]!;
    expect(checkData(schema!, data)).toHaveLength(wrong);
  });
});

it('connect2print accepts only https, even for loopback, by create and update', async () => {
  const dialect = 'connect2print';
  const hook = await server.addHook('https://127.0.0.1:4443/', { dialect });
  for (const host of ['127.0.0.1:4443', 'localhost:4443', '[::1]:4443', 'your-app.com']) {
    const url = `http://${host}/`;
    const fields = { url, events: ['*'], insecure_ssl: true };
    const created = await server.api('POST /v1/webhooks', { ...fields, dialect });
    const changed = await server.api(`PATCH /v1/webhooks/${hook.id}`, fields);
    for (const { status, body } of [created, changed]) {
      expect([url, status, body.error.code]).toEqual([url, 422, 'url_refused']);
      expect(body.error.issues).toMatchObject([{ path: 'url' }]);
    }
  }
});

it('connect2print: an event and its deliveries can be found by the id in its body', async () => {
  const row = dialectTable.find(({ dialect }) => dialect === 'connect2print')!;
  const { call, event_id } = await arrive(row, {});
  await server.api('POST /v1/events', event);
  const { id } = JSON.parse(call.body.toString()) as { readonly id: string };
  const found = await server.api(`GET /v1/events?wire_id=${id}`);
  expect([found.status, found.body.data.map((one) => one.id)]).toEqual([200, [event_id]]);
  await until(
    () => server.deliveries(`event_id=${event_id}`),
    (sent) => sent.every(({ status }) => status !== 'sending'),
  );
  const deliveries = await server.api(`GET /v1/deliveries?wire_id=${id}`);
  const all = await server.api(`GET /v1/deliveries?event_id=${event_id}`);
  expect(deliveries.body.data).toEqual(all.body.data);
  expect(deliveries.body.data.map((one) => one.event_id)).toEqual([event_id]);
  for (const list of ['events', 'deliveries']) {
    const none = await server.api(`GET /v1/${list}?wire_id=wh_000000000000`);
    expect([none.status, none.body.data]).toEqual([200, []]);
  }
  const other = await server.api(`GET /v1/deliveries?wire_id=${id}&event_id=evt_other`);
  expect(other.body.data).toEqual([]);
});
