import { describe, expect, it } from 'vitest';
import { dialectTable } from '../support/dialect-table.ts';
import type { AnswerBody } from '../support/running-server.ts';
import { isSignedWith } from '../support/signature-checks.ts';
import type { Script, Sent } from '../support/scripted-transport.ts';
import { startVirtualServer } from '../support/virtual-server.ts';

const HOUR = 3_600_000;
const TEN_DAYS = 240 * HOUR;

const failing: Script = () => ({ status: 500 });

/** An active hook of a dialect. Its activation is answered with 200 and not part of `sent`. */
const start = async (dialect: string, script: Script = () => ({ status: 200 }), fields: object = {}) => {
  let ready = false;
  const server = await startVirtualServer({
    script: (request, nth) => (ready ? script(request, nth) : { status: 200 }),
  });
  const hook = await server.addHook('/in', { dialect, ...fields });
  if (dialect === 'casesolved') {
    await server.clock.until(server.verb(hook.id, 'validate'));
    await server.verb(hook.id, 'activate');
  }
  await server.clock.settle();
  const before = server.sent().length;
  ready = true;
  return { server, hook, sent: () => server.sent().slice(before) };
};

/** Fails the first request for an event at each URL, and no ping. */
const failFirst = (): Script => {
  const failed = new Set<string>();
  return ({ url, body }) => {
    if (!body.includes('"order"') || failed.has(url)) return { status: 200 };
    failed.add(url);
    return { status: 500 };
  };
};

/** The time from each request to the next, beginning with `began`. */
const delaysOf = (sent: readonly Sent[], began: number): readonly number[] =>
  sent.map(({ at }, index) => at - (sent[index - 1]?.at ?? began));

type Headers = Readonly<Record<string, string>>;

const lowerCase = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** The dialects with a timestamp in each request. */
const DATED = new Set(['standard', 'svix', 'slack', 'stripe']);

/** The timestamps in the headers of a request, in seconds. */
const timesIn = (headers: Headers): readonly number[] =>
  Object.entries(headers).flatMap(([name, value]) => {
    if (name === 'stripe-signature') return [Number(/t=(\d+)/.exec(value)?.[1])];
    return name.endsWith('timestamp') ? [Number(value)] : [];
  });

describe.each(dialectTable)('$dialect', (row) => {
  const { dialect } = row;

  it('sends the documented attempts with the documented delays and timeout, then fails the delivery', async () => {
    const { server, hook, sent } = await start(dialect, failing);
    await using _ = server;
    const began = server.clock.now();
    await server.send();
    await server.live(TEN_DAYS);
    expect(delaysOf(sent(), began)).toEqual(row.delays_ms);
    expect(new Set(sent().map(({ request }) => request.timeout_ms))).toEqual(new Set([row.timeout_ms]));
    const exhausted = { status: 'failed', failure_reason: 'exhausted', attempt_count: row.delays_ms.length };
    expect((await server.deliveries(hook.id))[0]).toMatchObject(exhausted);
    expect(await server.hook(hook.id)).toMatchObject({
      status: row.after_exhaustion,
      disabled_reason: row.after_exhaustion === 'disabled' ? 'attempts_exhausted' : null,
    });
  });

  it('signs every attempt as its receivers expect', async () => {
    const { server, hook, sent } = await start(
      dialect,
      failFirst(),
      row.generated_secret === null ? { secret: 'a-secret-of-the-test' } : {},
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

  it('sends pings in its own envelope', async () => {
    const { server, hook, sent } = await start(dialect);
    await using _ = server;
    const { status, body } = await server.verb(hook.id, 'ping');
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
    const expected = row.body({
      event_id,
      type: 'ping',
      data: row.ping_data,
      previous_data: null,
      occurred_at: (event as AnswerBody & { readonly occurred_at: string }).occurred_at,
      hook: { ...got.hook, id: number },
      wire_id: /^wh_[0-9a-z]{12}$/.exec(got.id ?? '')?.[0] ?? 'no wire id',
    });
    expect(ping!.request.body).toBe(JSON.stringify(expected));
  });

  it('accepts only the documented methods and content types, by create and update', async () => {
    const { server, hook } = await start(dialect);
    await using _ = server;
    const url = 'https://receiver.example.com/other';
    const form = { content_type: 'application/x-www-form-urlencoded' };
    const others = [{ method: 'PUT' }, { method: 'PATCH' }, { method: 'DELETE' }, form];
    const defaults = [{ method: 'POST' }, { content_type: 'application/json' }];
    for (const fields of [...others, ...defaults]) {
      const isAllowed = row.any_method || defaults.includes(fields);
      const created = await server.api('POST /v1/webhooks', { url, events: ['*'], dialect, ...fields });
      const changed = await server.api(`PATCH /v1/webhooks/${hook.id}`, fields);
      const expected = isAllowed ? [201, 200] : [422, 422];
      expect([fields, created.status, changed.status]).toEqual([fields, ...expected]);
      if (isAllowed) continue;
      const [path] = Object.keys(fields);
      for (const { body } of [created, changed]) expect(body.error.issues).toMatchObject([{ path }]);
    }
    // No dialect allows these.
    const refused_type = dialect === 'activities' ? 'text' : 'text/plain';
    for (const fields of [{ method: 'GET' }, { content_type: refused_type }]) {
      expect((await server.api(`PATCH /v1/webhooks/${hook.id}`, fields)).status).toBe(422);
    }
  });
});

describe('forms', () => {
  it.each(dialectTable.filter(({ any_method }) => any_method))(
    '$dialect: contain the JSON in the one field payload, and the signature covers the encoded body',
    async ({ dialect, content_type }) => {
      const secret = 'a-secret-of-the-test';
      const form = 'application/x-www-form-urlencoded';
      const { server, sent } = await start(dialect, undefined, { content_type: form, method: 'PUT', secret });
      await using _ = server;
      await server.send('order.created', { data: { text: 'a b&c=ä' } });
      const { request } = sent()[0]!;
      expect(request.method).toBe('PUT');
      expect([content_type, request.headers['content-type']]).toEqual(['application/json', form]);
      const fields = [...new URLSearchParams(request.body)];
      expect(fields.map(([name]) => name)).toEqual(['payload']);
      expect(JSON.stringify(JSON.parse(fields[0]![1]))).toContain('{"text":"a b&c=ä"}');
      const headers = lowerCase(request.headers);
      expect(await isSignedWith(dialect, { headers, body: request.body }, secret)).toBe(true);
      expect(await isSignedWith(dialect, { headers, body: fields[0]![1] }, secret)).toBe(false);
    },
  );
});

describe('activities', () => {
  it.each([1, 3, 12, 20])('max_attempts %i counts all attempts; the last delay repeats', async (count) => {
    const { server, hook, sent } = await start('activities', failing, { max_attempts: count });
    await using _ = server;
    const began = server.clock.now();
    await server.send();
    await server.live(2 * TEN_DAYS);
    const { delays_ms } = dialectTable.find(({ dialect }) => dialect === 'activities')!;
    const delays = Array.from({ length: count }, (__, index) => delays_ms[index] ?? 24 * HOUR);
    expect(delaysOf(sent(), began)).toEqual(delays);
    const exhausted = { status: 'failed', failure_reason: 'exhausted', attempt_count: count };
    expect(await server.deliveries(hook.id)).toMatchObject([exhausted]);
    // Twenty failures within five days disable any hook.
    expect((await server.hook(hook.id)).status).toBe(count < 20 ? 'active' : 'disabled');
  });
});

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** The 128 bits of an id as a UUID in the format of RFC 9562. */
const uuidOf = (id: string): string => {
  const bits = Array.from(id.split('_')[1]!)
    .map((digit) => ALPHABET.indexOf(digit).toString(2).padStart(5, '0'))
    .join('');
  const hex = BigInt(`0b${bits}`).toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** One event for two hooks, each with a failure, a success and a manual retry; then another event. */
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
  it('q2: every attempt of a delivery has the UUID of the delivery', async () => {
    const { deliveries, first, last } = await manyAttempts('q2');
    expect(deliveries).toHaveLength(2);
    const sentIds = first.map(({ headers }) => headers['X-Q2-Delivery']!);
    const expected = deliveries.map(({ id }) => uuidOf(id)).flatMap((uuid) => [uuid, uuid, uuid]);
    expect(sentIds.toSorted()).toEqual(expected.toSorted());
    for (const { headers } of last) expect(sentIds).not.toContain(headers['X-Q2-Delivery']);
  });

  it('github: every hook and attempt has the UUID of the event', async () => {
    const { event_id, other_event, first, last } = await manyAttempts('github');
    const idsIn = (requests: typeof first) =>
      new Set(requests.map(({ headers }) => headers['X-GitHub-Delivery']));
    expect(first).toHaveLength(6);
    expect(idsIn(first)).toEqual(new Set([uuidOf(event_id)]));
    expect(idsIn(last)).toEqual(new Set([uuidOf(other_event)]));
  });

  it('connect2print: every hook and attempt has one id per event, which is not a prefix of ours', async () => {
    const { event_id, first, last } = await manyAttempts('connect2print');
    const idsIn = (requests: typeof first) =>
      new Set(requests.map(({ body }) => (JSON.parse(body) as { readonly id: string }).id));
    const [[id, ...others], [next]] = [[...idsIn(first)], [...idsIn(last)]];
    expect(first).toHaveLength(6);
    expect([others, id]).toEqual([[], expect.stringMatching(/^wh_[0-9a-z]{12}$/)]);
    expect(next).not.toBe(id);
    expect(event_id).not.toContain(id!.slice(3, 9));
  });

  it('connect2print: ids of events of the same millisecond differ in their first digits', async () => {
    const { server, sent } = await start('connect2print');
    await using _ = server;
    await Promise.all(Array.from({ length: 100 }, () => server.send()));
    await server.live(HOUR);
    const ids = sent().map(({ request }) => (JSON.parse(request.body) as { readonly id: string }).id);
    expect(new Set(ids).size).toBe(100);
    expect(new Set(ids.map((id) => id.slice(0, 7))).size).toBeGreaterThan(95);
  });
});

describe('q2', () => {
  it.each(['hook', 'hook_id'])(
    'an event whose data has the key %s fails at once, is not sent, and does not count',
    async (key) => {
      const { server, hook, sent } = await start('q2');
      await using _ = server;
      await server.send('app-order-created', { data: { order: {}, [key]: 1 } });
      await server.live(TEN_DAYS);
      const unrenderable = { status: 'failed', failure_reason: 'unrenderable', attempt_count: 0 };
      expect((await server.deliveries(hook.id))[0]).toMatchObject(unrenderable);
      expect(sent()).toEqual([]);
      expect(await server.hook(hook.id)).toMatchObject({ status: 'active', consecutive_failures: 0 });
      await server.send('app-order-created', { data: { order: { [key]: 1 } } });
      await server.live(HOUR);
      expect(sent()).toHaveLength(1);
    },
  );

  it('every body contains the hook in its state at that attempt', async () => {
    const { server, hook, sent } = await start('q2', failFirst());
    await using _ = server;
    await server.send('app-order-created');
    await server.api(`PATCH /v1/webhooks/${hook.id}`, { events: ['app-order-created', 'later'] });
    await server.live(HOUR);
    const orders = sent()
      .map(({ request }) => JSON.parse(request.body) as { hook: { events: string[]; updated_at: string } })
      .filter((body) => 'order' in body);
    expect(orders.map((body) => body.hook.events)).toEqual([['*'], ['app-order-created', 'later']]);
    expect((await server.deliveries(hook.id))[0]!.status).toBe('succeeded');
  });
});
