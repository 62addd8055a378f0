import { expect, it } from 'vitest';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const ORDERED = { ordered: true, order_key: 'order.id' };

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly blocked_by: string | null;
  readonly next_attempt_at: string | null;
  readonly failure_reason: string | null;
}

const shown = async (server: VirtualServer, hook_id: string): Promise<readonly Shown[]> =>
  ((await server.deliveries(hook_id)) as unknown as readonly Shown[]).toReversed();

const send = (server: VirtualServer, id: number) => server.send('order.created', { data: { order: { id } } });

/** A server whose receiver answers `status`, with an ordered hook and the events of these orders. */
const start = async (orders: readonly number[], fields: object = {}) => {
  const answer = { status: 500 };
  const server = await startVirtualServer({ script: () => answer });
  const hook = await server.addHook('/ordered', { ...ORDERED, max_attempts: 1, ...fields });
  for (const order of orders) await send(server, order);
  return { server, hook, answer };
};

it('a failed delivery blocks its key until it is skipped; lists and views name it', async () => {
  const { server, hook, answer } = await start([1, 1, 2]);
  await using _ = server;
  answer.status = 200;
  await server.live(24 * HOUR);
  const [first, second, other] = await shown(server, hook.id);
  expect(first).toMatchObject({ status: 'failed', blocked_by: null });
  expect(second).toMatchObject({
    status: 'pending',
    blocked_by: first!.id,
    next_attempt_at: null,
    waits_for: { reason: 'order', until: null },
  });
  expect(other).toMatchObject({ status: 'failed', blocked_by: null });
  expect((await server.api(`GET /v1/deliveries/${second!.id}`)).body).toMatchObject({
    blocked_by: first!.id,
  });
  const skipped = await server.api(`POST /v1/deliveries/${first!.id}/skip`);
  expect(skipped).toMatchObject({ status: 200, body: { id: first!.id, status: 'failed' } });
  await server.live(2 * SECOND);
  expect((await shown(server, hook.id)).map(({ status }) => status)).toEqual([
    'failed',
    'succeeded',
    'failed',
  ]);
  expect(await server.api(`POST /v1/deliveries/${first!.id}/skip`)).toMatchObject({
    status: 409,
    body: { error: { code: 'not_ordered' } },
  });
});

it('skipping a delivery that waits cancels it', async () => {
  const { server, hook } = await start([1, 1, 1], { max_attempts: 5 });
  await using _ = server;
  await server.live(2 * SECOND);
  const [first, second] = await shown(server, hook.id);
  expect(first).toMatchObject({ status: 'pending' });
  for (const { id } of [second!, first!]) {
    expect((await server.api(`POST /v1/deliveries/${id}/skip`)).body).toMatchObject({
      status: 'canceled',
      failure_reason: 'by_user',
      blocked_by: null,
    });
  }
  const [, , third] = await shown(server, hook.id);
  expect(third!.next_attempt_at).not.toBeNull();
});

it('a recovery of the failed delivery unblocks its key in order; finished ones are sent outside it, as the dry run shows', async () => {
  const { server, hook, answer } = await start([1, 1]);
  await using _ = server;
  answer.status = 200;
  const since = new Date(0).toISOString();
  const recover = (fields: object) =>
    server.api('POST /v1/recoveries', { hook_id: hook.id, since, ...fields });
  expect((await recover({ dry_run: true })).body).toMatchObject({
    total: 1,
    counts: { failed: 1, pending: 0 },
    outside_order: 0,
  });
  await recover({});
  await server.live(10 * SECOND);
  expect((await shown(server, hook.id)).map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  const numbers = server.sentTo('/ordered').map(({ request }) => request.headers['webhook-id']);
  expect(numbers).toHaveLength(3);
  expect(numbers[0]).toBe(numbers[1]);

  const again = { statuses: ['succeeded'] };
  expect((await recover({ ...again, dry_run: true })).body).toMatchObject({ total: 2, outside_order: 2 });
  const { body } = await recover(again);
  await server.live(10 * SECOND);
  expect((await server.api(`GET /v1/recoveries/${body.id}`)).body).toMatchObject({ outside_order: 2 });
  expect(server.sentTo('/ordered')).toHaveLength(5);
});

it('held deliveries are sent in order, before newer ones, when the hook is active again', async () => {
  const { server, hook, answer } = await start([]);
  await using _ = server;
  answer.status = 200;
  await server.verb(hook.id, 'deactivate');
  const held = [await send(server, 1), await send(server, 1), await send(server, 1)];
  await server.verb(hook.id, 'activate');
  const newer = await send(server, 1);
  await server.live(HOUR);
  expect(server.sentTo('/ordered')).toEqual([]);
  await server.verb(hook.id, 'activate', { recover: true });
  await server.live(HOUR);
  const ids = server.sentTo('/ordered').map(({ request }) => request.headers['webhook-id']);
  expect(ids).toEqual([...held, newer]);
});

it('canceling deliveries and erasing their event release the next one', async () => {
  const { server, hook, answer } = await start([1, 1, 1]);
  await using _ = server;
  answer.status = 200;
  const [, second, third] = await shown(server, hook.id);
  await server.api('POST /v1/deliveries/cancel', { delivery_ids: [second!.id] });
  await server.live(10 * SECOND);
  expect((await shown(server, hook.id))[1]).toMatchObject({ status: 'canceled', blocked_by: null });
  expect((await shown(server, hook.id))[2]).toMatchObject({ id: third!.id, status: 'pending' });
  const first = (await server.api(`GET /v1/events?limit=10`)).body.data.at(-1)!;
  await server.clock.until(server.api(`DELETE /v1/events/${first.id}`));
  await server.live(10 * SECOND);
  expect((await shown(server, hook.id)).map(({ status }) => status)).toEqual(['canceled', 'succeeded']);
});

it('a key is refused without an order, and a path must be one', async () => {
  const { server, hook } = await start([]);
  await using _ = server;
  const url = 'https://receiver.example.com/other';
  const create = (fields: object) => server.api('POST /v1/webhooks', { url, events: ['*'], ...fields });
  const update = (fields: object) => server.api(`PATCH /v1/webhooks/${hook.id}`, fields);
  for (const answer of [
    await create({ order_key: 'id' }),
    await create({ ordered: false, order_key: 'id' }),
    await update({ ordered: false, order_key: 'id' }),
    await update({ order_key: 'a..b' }),
  ]) {
    expect(answer).toMatchObject({ status: 422, body: { error: { issues: [{ path: 'order_key' }] } } });
  }
  expect((await update({ order_key: 'id' })).body).toMatchObject({ ordered: true, order_key: 'id' });
  expect((await update({ ordered: false })).body).toMatchObject({ ordered: false, order_key: 'id' });
});

it('weeks of retries: the events of a key arrive in order, one at a time, while other keys go on', async () => {
  let failing = true;
  const server = await startVirtualServer({
    script: ({ body }) => ({ status: failing && body.includes('"id":1') ? 500 : 200 }),
    settings: { retry_delays_ms: Array.from({ length: 20 }, () => 24 * HOUR) },
  });
  await using _ = server;
  await server.addHook('/ordered', ORDERED);
  for (const order of [1, 1, 2, 1, 2]) await send(server, order);
  await server.live(14 * 24 * HOUR);
  const orders = () =>
    server.sentTo('/ordered').map(({ request }) => (request.body.includes('"id":1') ? 1 : 2));
  expect(orders().filter((order) => order === 2)).toHaveLength(2);
  expect(
    new Set(
      server
        .sentTo('/ordered')
        .filter((_sent, nth) => orders()[nth] === 1)
        .map(({ request }) => request.headers['webhook-id']),
    ).size,
  ).toBe(1);
  failing = false;
  await server.live(2 * 24 * HOUR);
  const last = server.sentTo('/ordered').slice(-3);
  expect(last.map(({ request }) => request.body.includes('"id":1'))).toEqual([true, true, true]);
  const ids = last.map(({ request }) => request.headers['webhook-id']!);
  expect(ids).toEqual(ids.toSorted());
});
