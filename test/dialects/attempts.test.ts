import { describe, expect, it } from 'vitest';
import { type DialectRow, dialectTable } from '../support/dialect-table.ts';
import type { AnswerBody } from '../support/running-server.ts';
import { isSignedWith } from '../support/signature-checks.ts';
import {
  startVirtualServer,
  type VirtualServer,
  type VirtualServerOptions,
} from '../support/virtual-server.ts';

const HOUR = 3_600_000;
const TEN_DAYS = 240 * HOUR;

const rowOf = (name: string): DialectRow => dialectTable.find(({ dialect }) => dialect === name)!;

/** A hook of a dialect that gets events; what made it so is answered with 200 and is not in `sent`. */
const start = async (dialect: string, { script }: VirtualServerOptions = {}, fields: object = {}) => {
  let ready = false;
  const server = await startVirtualServer({
    script: (request, nth) => (ready ? (script?.(request, nth) ?? { status: 200 }) : { status: 200 }),
  });
  const hook = await server.addHook('/in', { dialect, ...fields });
  if (dialect === 'casesolved') {
    await server.clock.until(server.api(`POST /v1/webhooks/${hook.id}/validate`));
    await server.api(`POST /v1/webhooks/${hook.id}/activate`);
  }
  await server.clock.settle();
  const before = server.sent().length;
  ready = true;
  return { server, hook, sent: () => server.sent().slice(before) };
};

/** At each URL the first request about the event fails; a ping is none. */
const failFirst = (): VirtualServerOptions => {
  const failed = new Set<string>();
  return {
    script: ({ url, body }) => {
      if (!body.includes('"order"') || failed.has(url)) return { status: 200 };
      failed.add(url);
      return { status: 500 };
    },
  };
};

type Headers = Readonly<Record<string, string>>;

const lowerCase = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** The dialects whose requests say when they were made. */
const DATED = new Set(['standard', 'svix', 'slack', 'stripe']);

/** The seconds since 1970 that a request says it was made at. */
const timesIn = (headers: Headers): readonly number[] =>
  Object.entries(headers).flatMap(([name, value]) => {
    if (name === 'stripe-signature') return [Number(/t=(\d+)/.exec(value)?.[1])];
    return name.endsWith('timestamp') ? [Number(value)] : [];
  });

const hookNow = async (server: VirtualServer, { id }: AnswerBody) =>
  (await server.api(`GET /v1/webhooks/${id}`)).body as AnswerBody & {
    readonly disabled_reason: string | null;
    readonly consecutive_failures: number;
  };

const onlyDelivery = async (server: VirtualServer, event_id: string) =>
  (await server.api(`GET /v1/deliveries?event_id=${event_id}`)).body.data[0] as AnswerBody & {
    readonly failure_reason: string | null;
  };

describe.each(dialectTable)('$dialect', (row) => {
  const { dialect } = row;

  it('tries as often and as late as the table says, each time with its time-out, then gives up', async () => {
    const { server, hook, sent } = await start(dialect, { script: () => ({ status: 500 }) });
    await using _ = server;
    const began = server.clock.now();
    const event_id = await server.send();
    await server.live(TEN_DAYS);
    const times = sent().map(({ at }) => at);
    expect(times.map((at, index) => at - (times[index - 1] ?? began))).toEqual(row.delays_ms);
    expect(new Set(sent().map(({ request }) => request.timeout_ms))).toEqual(new Set([row.timeout_ms]));
    expect(await onlyDelivery(server, event_id)).toMatchObject({
      status: 'failed',
      failure_reason: 'exhausted',
      attempt_count: row.delays_ms.length,
    });
    expect(await hookNow(server, hook)).toMatchObject({
      status: row.after_exhaustion,
      disabled_reason: row.after_exhaustion === 'disabled' ? 'attempts_exhausted' : null,
    });
  });

  it('makes up a secret, or none, as the table says', async () => {
    const { server, hook } = await start(dialect);
    await using _ = server;
    expect(hook.secret).toEqual(row.made_secret === null ? null : expect.stringMatching(row.made_secret));
  });

  it('signs every attempt by the rules of its receivers', async () => {
    const { server, hook, sent } = await start(
      dialect,
      failFirst(),
      row.made_secret === null ? { secret: 'a-secret-of-the-test' } : {},
    );
    await using _ = server;
    await server.send();
    await server.live(HOUR);
    expect(sent()).toHaveLength(2);
    for (const { request, at } of sent()) {
      const headers = lowerCase(request.headers);
      expect(timesIn(headers)).toEqual(timesIn(headers).map(() => Math.floor(at / 1000)));
      expect(timesIn(headers)).toHaveLength(DATED.has(dialect) ? 1 : 0);
      const check = (secret: string): Promise<boolean> =>
        isSignedWith(dialect, { headers, body: request.body }, secret);
      const other = hook.secret.replace(/.(?=.{9}$)/, (digit) => (digit === 'a' ? 'b' : 'a'));
      expect([await check(hook.secret), await check(other)]).toEqual([true, false]);
    }
  });

  it('pings in its own envelope', async () => {
    const { server, hook, sent } = await start(dialect);
    await using _ = server;
    const { status, body } = await server.api(`POST /v1/webhooks/${hook.id}/ping`);
    await server.clock.settle();
    expect(status).toBe(200);
    const [ping] = sent();
    const delivery = await server.api(`GET /v1/deliveries/${body.delivery_id}`);
    const { event_id } = delivery.body as AnswerBody & { readonly event_id: string };
    const { body: event } = await server.api(`GET /v1/events/${event_id}`);
    const got = JSON.parse(ping!.request.body) as {
      readonly id?: string;
      readonly hook: { readonly id: number };
    };
    const { number } = hook as AnswerBody & { readonly number: number };
    const expected = row.ping({
      event_id,
      type: 'ping',
      data: {},
      previous_data: null,
      occurred_at: (event as AnswerBody & { readonly occurred_at: string }).occurred_at,
      hook: { ...got.hook, id: number },
      wire_id: /^wh_[0-9a-z]{12}$/.exec(got.id ?? '')?.[0] ?? 'no wire id',
    });
    expect(ping!.request.body).toBe(JSON.stringify(expected));
  });

  it('takes the methods and content types of the table and refuses others, when made and when changed', async () => {
    const { server, hook } = await start(dialect);
    await using _ = server;
    const url = 'https://receiver.example.com/other';
    const form = { content_type: 'application/x-www-form-urlencoded' };
    const others = [{ method: 'PUT' }, { method: 'PATCH' }, { method: 'DELETE' }, form];
    for (const [index, fields] of [
      ...others,
      { method: 'POST' },
      { content_type: 'application/json' },
    ].entries()) {
      const isTaken = row.any_method || index >= others.length;
      const made = await server.api('POST /v1/webhooks', { url, events: ['*'], dialect, ...fields });
      const changed = await server.api(`PATCH /v1/webhooks/${hook.id}`, fields);
      expect([fields, made.status, changed.status]).toEqual([
        fields,
        isTaken ? 201 : 422,
        isTaken ? 200 : 422,
      ]);
      if (isTaken) continue;
      const [path] = Object.keys(fields);
      for (const { body } of [made, changed]) expect(body.error.issues).toMatchObject([{ path }]);
    }
    // What no dialect has is refused for all.
    for (const fields of [{ method: 'GET' }, { content_type: 'text/plain' }]) {
      expect((await server.api(`PATCH /v1/webhooks/${hook.id}`, fields)).status).toBe(422);
    }
  });
});

describe('forms', () => {
  it.each(dialectTable.filter(({ any_method }) => any_method))(
    '$dialect: one field, payload, and the signature covers the encoded body',
    async ({ dialect, content_type }) => {
      const secret = 'a-secret-of-the-test';
      const form = `application/x-www-form-urlencoded`;
      const { server, sent } = await start(dialect, {}, { content_type: form, method: 'PUT', secret });
      await using _ = server;
      await server.send();
      const { request } = sent()[0]!;
      expect(request.method).toBe('PUT');
      expect([content_type, request.headers['content-type']]).toEqual(['application/json', form]);
      const fields = [...new URLSearchParams(request.body)];
      expect(fields.map(([name]) => name)).toEqual(['payload']);
      expect(() => void JSON.parse(fields[0]![1])).not.toThrow();
      const headers = lowerCase(request.headers);
      expect(await isSignedWith(dialect, { headers, body: request.body }, secret)).toBe(true);
      expect(await isSignedWith(dialect, { headers, body: fields[0]![1] }, secret)).toBe(false);
    },
  );
});

describe('activities', () => {
  it.each([1, 3, 12, 20])(
    'max_attempts %i counts all attempts; the last delay repeats',
    async (max_attempts) => {
      const options = { script: () => ({ status: 500 }) };
      const { server, sent } = await start('activities', options, { max_attempts });
      await using _ = server;
      const began = server.clock.now();
      await server.send();
      await server.live(2 * TEN_DAYS);
      const times = sent().map(({ at }) => at);
      const { delays_ms } = rowOf('activities');
      const delays = Array.from({ length: max_attempts }, (__, index) => delays_ms[index] ?? 24 * HOUR);
      expect(times.map((at, index) => at - (times[index - 1] ?? began))).toEqual(delays);
    },
  );
});

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** The 128 bits of an id, written as RFC 9562 writes a UUID. */
const uuidOf = (id: string): string => {
  const bits = Array.from(id.split('_')[1]!)
    .map((digit) => ALPHABET.indexOf(digit).toString(2).padStart(5, '0'))
    .join('');
  const hex = BigInt(`0b${bits}`).toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** One event for two hooks: attempts that fail, attempts that succeed, and a redelivery by hand of the first. */
const manyAttempts = async (dialect: string) => {
  const { server, sent } = await start(dialect, failFirst());
  await using _ = server;
  await server.addHook('/other', { dialect });
  await server.clock.settle();
  const before = sent().length;
  const event_id = await server.send();
  await server.live(HOUR);
  const { data } = (await server.api(`GET /v1/deliveries?event_id=${event_id}`)).body;
  for (const { id } of data) await server.api(`POST /v1/deliveries/${id}/retry`);
  await server.clock.settle();
  const other_event = await server.send();
  await server.clock.settle();
  const requests = sent()
    .slice(before)
    .map(({ request }) => request);
  const count = requests.length - 2;
  return {
    event_id,
    other_event,
    deliveries: data,
    first: requests.slice(0, count),
    last: requests.slice(count),
  };
};

describe('ids', () => {
  it('q2: the delivery’s own UUID, on every attempt and redelivery', async () => {
    const { deliveries, first, last } = await manyAttempts('q2');
    expect(deliveries).toHaveLength(2);
    const sentIds = first.map(({ headers }) => headers['X-Q2-Delivery']!);
    const expected = deliveries.map(({ id }) => uuidOf(id)).flatMap((uuid) => [uuid, uuid, uuid]);
    expect(sentIds.toSorted()).toEqual(expected.toSorted());
    for (const { headers } of last) expect(sentIds).not.toContain(headers['X-Q2-Delivery']);
  });

  it('github: one UUID an event, on every hook and attempt', async () => {
    const { event_id, other_event, first, last } = await manyAttempts('github');
    const idsIn = (requests: typeof first) =>
      new Set(requests.map(({ headers }) => headers['X-GitHub-Delivery']));
    expect(first).toHaveLength(6);
    expect(idsIn(first)).toEqual(new Set([uuidOf(event_id)]));
    expect(idsIn(last)).toEqual(new Set([uuidOf(other_event)]));
  });

  it('connect2print: one id an event, on every hook and attempt, and not the front of ours', async () => {
    const { event_id, first, last } = await manyAttempts('connect2print');
    const idsIn = (requests: typeof first) =>
      new Set(requests.map(({ body }) => (JSON.parse(body) as { readonly id: string }).id));
    const [[id, ...others], [next]] = [[...idsIn(first)], [...idsIn(last)]];
    expect(first).toHaveLength(6);
    expect([others, id]).toEqual([[], expect.stringMatching(/^wh_[0-9a-z]{12}$/)]);
    expect(next).not.toBe(id);
    expect(event_id).not.toContain(id!.slice(3, 9));
  });

  it('connect2print: events of one millisecond have ids that differ from their first digits on', async () => {
    const { server, sent } = await start('connect2print');
    await using _ = server;
    const sends = Array.from({ length: 100 }, () => server.send());
    await Promise.all(sends);
    await server.live(HOUR);
    const ids = sent().map(({ request }) => (JSON.parse(request.body) as { readonly id: string }).id);
    expect(new Set(ids).size).toBe(100);
    expect(new Set(ids.map((id) => id.slice(0, 7))).size).toBeGreaterThan(95);
  });
});

describe('q2', () => {
  it.each(['hook', 'hook_id'])('data with a key %s fails at once, unsent and uncounted', async (key) => {
    const { server, hook, sent } = await start('q2');
    await using _ = server;
    const event_id = await server.send('app-order-created', { data: { order: {}, [key]: 1 } });
    await server.live(TEN_DAYS);
    expect(await onlyDelivery(server, event_id)).toMatchObject({
      status: 'failed',
      failure_reason: 'unrenderable',
      attempt_count: 0,
    });
    expect(sent()).toEqual([]);
    expect(await hookNow(server, hook)).toMatchObject({ status: 'active', consecutive_failures: 0 });
    await server.send('app-order-created', { data: { order: { [key]: 1 } } });
    await server.live(HOUR);
    expect(sent()).toHaveLength(1);
  });

  it('every body has the hook as it stands at that attempt', async () => {
    const { server, hook, sent } = await start('q2', failFirst());
    await using _ = server;
    const event_id = await server.send('app-order-created');
    await server.api(`PATCH /v1/webhooks/${hook.id}`, { events: ['app-order-created', 'later'] });
    await server.live(HOUR);
    const orders = sent()
      .map(({ request }) => JSON.parse(request.body) as { hook: { events: string[]; updated_at: string } })
      .filter((body) => 'order' in body);
    expect(orders.map((body) => body.hook.events)).toEqual([['*'], ['app-order-created', 'later']]);
    expect((await onlyDelivery(server, event_id)).status).toBe('succeeded');
  });
});
