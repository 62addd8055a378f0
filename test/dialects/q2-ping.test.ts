import { describe, expect, it } from 'vitest';
import type { HookConfig } from '../../packages/server/src/core/hook.ts';
import { q2 } from '../../packages/server/src/dialects/q2.ts';
import { printed } from '../support/printed-receivers.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/running-server.ts';

interface PrintedPing {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: {
    readonly hook_id: number;
    readonly hook: {
      readonly events: string[];
      readonly created_at: string;
      readonly updated_at: string;
      readonly target_url: string;
    };
    readonly ping: object;
  };
}

const readPing = (file: string): PrintedPing => {
  const print = printed(file);
  const start = print.indexOf('{\n');
  const headers = [...print.slice(0, start).matchAll(/^([\w-]+): (.+)$/gm)];
  return {
    headers: new Map(headers.map(([, name = '', value = '']) => [name, value])),
    body: JSON.parse(print.slice(start)) as PrintedPing['body'],
  };
};

/** The page prints two pings: one in the log of its server, one as an example delivery. */
const prints = [
  { file: 'q2-ping.txt', id: 8 },
  { file: 'q2-example-delivery.txt', id: 9 },
].map(({ file, id }) => ({ file, id, print: readPing(file) }));

/** The body of a ping for the printed hook. */
const rendered = ({ body: { hook_id, hook } }: PrintedPing): string => {
  const workspace_id = 'ws_default';
  const updated_at = Date.parse(hook.updated_at);
  const configured: HookConfig = {
    id: 'wh_01kaj2pw0qfvdbg2jj3rdp7n6g',
    number: hook_id,
    workspace_id,
    tenant: null,
    name: 'orders',
    url: hook.target_url,
    events: hook.events,
    filter: null,
    method: 'POST',
    content_type: 'application/json',
    ordered: false,
    order_key: null,
    dialect: 'q2',
    status: 'active',
    disabled_reason: null,
    insecure_ssl: false,
    description: '',
    metadata: {},
    max_attempts: null,
    retry_schedule: null,
    timeout_ms: null,
    rate_limit: null,
    validated_at: null,
    created_at: Date.parse(`${hook.created_at}Z`),
    updated_at,
  };
  const times = { occurred_at: updated_at, created_at: updated_at };
  const ping = { type: 'ping', data: q2.ping.data, previous_data: null };
  return JSON.stringify(
    q2.envelope({
      hook: configured,
      event: { id: 'evt_01kaj2pw0qfvdbg2jj3rdp7n6g', workspace_id, tenant: null, ...ping, ...times },
      delivery_id: 'dlv_01kaj2pw0qfvdbg2jj3rdp7n6g',
      sent_at: updated_at,
    }),
  );
};

/** Bellwire stores milliseconds; the next three digits are zeros. */
const inMilliseconds = (text: string): string => text.replaceAll(/(\.\d{3})\d{3}(?=Z?")/g, '$1000');

describe.each(prints)('the ping in $file', ({ id, print }) => {
  it('equals the printed 312 bytes for the printed hook, except for the digits after the millisecond', () => {
    const body = rendered(print);
    expect(print.body.hook_id).toBe(id);
    expect(Buffer.byteLength(body)).toBe(312);
    // As text, to compare the order of the keys as well.
    expect(body).toBe(inMilliseconds(JSON.stringify(print.body)));
    expect(Buffer.byteLength(JSON.stringify(print.body))).toBe(Number(print.headers.get('Content-Length')));
  });
});

/** The headers that ngrok adds. */
const ADDED_BY_NGROK = new Set(['X-Forwarded-For', 'X-Forwarded-Proto']);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

it('a ping arrives with exactly the printed headers', async () => {
  await using server = await startServer({ settings: { dialect: 'q2' } });
  await using receiver = await startReceiver();
  const hook = await server.addHook(receiver.origin, { events: ['app-order-created'] });
  const call = await receiver.next();
  const got = new Map(call.raw_headers.map(([name, value]) => [name.toLowerCase(), value]));
  expect(got.size).toBe(call.raw_headers.length);

  const printedHeaders = prints[0]!.print.headers;
  const wanted = [...printedHeaders.keys()].filter((name) => !ADDED_BY_NGROK.has(name));
  // undici sends `connection`; the proxy of the printed request removes it.
  expect([...got.keys()].toSorted()).toEqual(
    [...wanted.map((name) => name.toLowerCase()), 'connection'].toSorted(),
  );
  for (const name of ['User-Agent', 'Accept', 'Content-Type', 'X-Q2-Event']) {
    expect([name, got.get(name.toLowerCase())]).toEqual([name, printedHeaders.get(name)]);
  }
  expect(got.get('x-q2-delivery')).toMatch(UUID);
  expect(printedHeaders.get('X-Q2-Delivery')).toMatch(UUID);
  expect(got.get('x-q2-signature-256')).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  expect(got.get('accept-encoding')).toBe('identity');
  expect(got.get('host')).toBe(new URL(receiver.origin).host);
  expect(got.get('content-length')).toBe(String(call.body.length));
  const names = call.raw_headers.map(([name]) => name);
  expect(names).toEqual(
    expect.arrayContaining(['Accept', 'X-Q2-Delivery', 'X-Q2-Event', 'X-Q2-Signature-256']),
  );

  const body = JSON.parse(call.body.toString()) as PrintedPing['body'];
  const { number } = hook as unknown as { readonly number: number };
  expect(body).toMatchObject({ hook_id: number, hook: { id: number, target_url: receiver.origin } });
  const print = prints[0]!.print.body;
  expect([Object.keys(body), Object.keys(body.hook), body.ping]).toEqual([
    Object.keys(print),
    Object.keys(print.hook),
    print.ping,
  ]);
  expect(body.hook.updated_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z$/);
  expect(body.hook.created_at).toBe(body.hook.updated_at.slice(0, -1));
});
