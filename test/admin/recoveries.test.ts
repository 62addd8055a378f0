import { describe, expect, it } from 'vitest';
import type { Repositories } from '../../packages/server/src/ports/repositories.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer, until } from '../support/running-server.ts';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const iso = (time: number): string => new Date(time).toISOString();
const EVER = { since: iso(0) };

interface ShownRecovery {
  readonly id: string;
  readonly status: string;
  readonly total: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Creates a recovery and lets it end. */
const recover = async (server: VirtualServer, fields: object): Promise<ShownRecovery> => {
  const { status, text } = await server.api('POST /v1/recoveries', { ...EVER, ...fields });
  expect([status, text]).toEqual([202, expect.any(String)]);
  const { id } = JSON.parse(text) as ShownRecovery;
  await server.clock.settle();
  const shown = await server.api(`GET /v1/recoveries/${id}`);
  expect(shown.body).toMatchObject({ status: 'completed', progress: 1 });
  return JSON.parse(shown.text) as ShownRecovery;
};

const counted = async (server: VirtualServer, fields: object): Promise<ShownRecovery> => {
  const { text } = await server.api('POST /v1/recoveries', { ...EVER, ...fields, dry_run: true });
  return JSON.parse(text) as ShownRecovery;
};

/** A server whose receivers respond with `receivers.status`. */
const startWith = async (status: number) => {
  const receivers = { status };
  const server = await startVirtualServer({ script: () => ({ status: receivers.status }) });
  return { server, receivers };
};

const eventsAt = (server: VirtualServer, path: string, from = 0): readonly string[] =>
  server
    .sentTo(path)
    .slice(from)
    .map(({ request }) => request.headers['webhook-id']!);

describe('an outage', () => {
  it('of an hour with 5,000 events: one recovery sends all of them at once, oldest first', async () => {
    const { server, receivers } = await startWith(503);
    await using _ = server;
    const { id } = await server.addHook('/');
    const since = server.clock.now();
    const ids: string[] = [];
    for (let batch = 0; batch < 50; batch += 1) {
      const events = Array.from({ length: 100 }, (__, n) => ({ type: 'a', data: { n } }));
      const { text } = await server.api('POST /v1/events/batch', { events });
      const { results } = JSON.parse(text) as { readonly results: readonly { event: { id: string } }[] };
      ids.push(...results.map(({ event }) => event.id));
      await server.live(HOUR / 50);
    }
    receivers.status = 200;
    const before = server.sentTo('/').length;
    const range = { hook_id: id, since: iso(since) };
    const expected = { total: 5_000, counts: { pending: 5_000, failed: 0 }, oldest: iso(since) };
    expect(await counted(server, range)).toMatchObject({ status: 'dry_run', id: null, ...expected });
    expect(server.sentTo('/')).toHaveLength(before);
    expect(await recover(server, range)).toMatchObject(expected);
    await server.live(MINUTE);
    const sent = eventsAt(server, '/', before);
    expect(sent).toHaveLength(5_000);
    const age = new Map(ids.map((event, index) => [event, index]));
    const order = sent.map((event) => age.get(event) ?? -1);
    // Up to eight requests are in flight at a time, so neighbours may arrive in another order.
    const late = order.filter((index, position) => Math.abs(index - position) > 500);
    // A probe of the breaker that failed is due later than its neighbours, as after any failed attempt.
    const probed = server.sentTo('/').slice(0, before).slice(10);
    expect(late.length).toBeLessThanOrEqual(probed.length);
    expect((await counted(server, range)).total).toBe(0);
  }, 120_000);

  it('a recovered delivery gets its whole schedule again, with the trigger recovery and the same webhook-id', async () => {
    const { server } = await startWith(500);
    await using _ = server;
    const { id } = await server.addHook('/', { max_attempts: 4 });
    const event = await server.send('a');
    await server.live(HOUR);
    expect(await server.deliveries(id)).toMatchObject([{ status: 'failed', attempt_count: 4 }]);
    const start = server.clock.now();
    await recover(server, { hook_id: id });
    await server.live(HOUR);
    const moments = server.sentTo('/').map(({ at }) => at - start);
    expect(moments.slice(4)).toEqual([0, 5 * SECOND, 5 * MINUTE + 5 * SECOND, 35 * MINUTE + 5 * SECOND]);
    expect(new Set(eventsAt(server, '/'))).toEqual(new Set([event]));
    const [delivery] = await server.deliveries(id);
    expect(delivery).toMatchObject({ status: 'failed', failure_reason: 'exhausted', attempt_count: 8 });
    const { body } = await server.api(`GET /v1/deliveries/${delivery!.id}`);
    const { attempts } = body as unknown as { readonly attempts: readonly { readonly trigger: string }[] };
    const triggers = attempts.map(({ trigger }) => trigger);
    expect(triggers).toEqual([...Array<string>(4).fill('scheduled'), ...Array<string>(4).fill('recovery')]);
  });

  it('a succeeded delivery that is recovered and fails stays succeeded', async () => {
    const { server, receivers } = await startWith(200);
    await using _ = server;
    const { id } = await server.addHook('/', { max_attempts: 2 });
    await server.send('a');
    await server.live(SECOND);
    expect((await recover(server, { hook_id: id })).total).toBe(0);
    receivers.status = 500;
    expect((await recover(server, { hook_id: id, statuses: ['succeeded'] })).counts).toMatchObject({
      succeeded: 1,
    });
    await server.live(HOUR);
    expect(server.sentTo('/')).toHaveLength(3);
    expect(await server.deliveries(id)).toMatchObject([{ status: 'succeeded', attempt_count: 3 }]);
  });

  it('what a hook missed while it was not subscribed is sent when named, but nothing from before the hook', async () => {
    await using server = await startVirtualServer();
    await server.send('b');
    await server.live(MINUTE);
    const { id } = await server.addHook('/', { events: ['a'] });
    await server.live(1);
    const missed = [await server.send('b'), await server.send('b.c')];
    await server.send('other');
    await server.api(`PATCH /v1/webhooks/${id}`, { events: ['a', 'b', 'b.*'] });
    expect((await recover(server, { hook_id: id })).total).toBe(0);
    expect((await counted(server, { hook_id: id, statuses: ['missed'] })).counts).toMatchObject({
      missed: 2,
    });
    expect((await recover(server, { hook_id: id, statuses: ['missed'] })).counts).toMatchObject({
      missed: 2,
    });
    await server.live(MINUTE);
    expect(eventsAt(server, '/').toSorted()).toEqual(missed.toSorted());
  });

  it('covers only deliveries that existed when it was created, and no pings and tests', async () => {
    const { server, receivers } = await startWith(500);
    await using _ = server;
    const { id } = await server.addHook('/', { max_attempts: 1 });
    await server.send('a');
    for (const verb of ['ping', 'test']) await server.verb(id, verb);
    await server.live(MINUTE);
    receivers.status = 200;
    const until_now = iso(server.clock.now() + 1);
    await server.live(MINUTE);
    receivers.status = 500;
    await server.send('a');
    await server.live(MINUTE);
    expect((await counted(server, { until: until_now })).counts).toMatchObject({ failed: 1 });
    expect((await recover(server, {})).counts).toMatchObject({ failed: 2 });
  });
});

/** A server with a paused hook for which three deliveries are held. */
const withHeld = async () => {
  const server = await startVirtualServer();
  const { id } = await server.addHook('/', { active: false });
  for (let event = 0; event < 3; event += 1) await server.send('a');
  return { server, id, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

describe('a hook that is not active', () => {
  it('refuses a recovery of its own with 409, is skipped by others, and is counted by a dry run', async () => {
    await using paused = await withHeld();
    const { server, id } = paused;
    const { status, body } = await server.api('POST /v1/recoveries', { hook_id: id, ...EVER });
    expect([status, body.error]).toMatchObject([409, { code: 'hook_not_active' }]);
    expect(body.error.message).toContain('paused');
    expect((await counted(server, { hook_id: id })).counts).toMatchObject({ held: 3 });
    expect(await recover(server, {})).toMatchObject({ total: 0, skipped: { hook_not_active: 3 } });
    await server.live(MINUTE);
    expect(server.sent()).toEqual([]);
  });

  it('its activation answers how many deliveries are held, and with recover sends them', async () => {
    await using paused = await withHeld();
    const { server, id } = paused;
    const first = await server.verb(id, 'activate');
    expect(first.body).toMatchObject({ status: 'active', held: 3, recovery_id: null });
    await server.live(MINUTE);
    expect(server.sent()).toEqual([]);
    const { body } = await server.verb(id, 'activate', { recover: true });
    expect(body).toMatchObject({ held: 3, recovery_id: expect.stringMatching(/^rcv_/) as string });
    await server.live(MINUTE);
    expect(server.sent()).toHaveLength(3);
    expect((await server.verb(id, 'activate', { recover: true })).body).toMatchObject({
      held: 0,
      recovery_id: null,
    });
  });

  it('loses held deliveries only to a cancellation, which shows that it was requested', async () => {
    await using paused = await withHeld();
    const { server, id } = paused;
    const fields = { hook_id: id, ...EVER };
    const dry = await server.api('POST /v1/deliveries/cancel', { ...fields, dry_run: true });
    expect(dry.body).toMatchObject({ kind: 'cancel', status: 'dry_run', total: 3, counts: { held: 3 } });
    const { body } = await server.api('POST /v1/deliveries/cancel', fields);
    await server.clock.settle();
    const shown = await server.api(`GET /v1/recoveries/${body.id}`);
    expect(shown.body).toMatchObject({ kind: 'cancel', status: 'completed', total: 3 });
    const canceled = { status: 'canceled', failure_reason: 'by_user', next_attempt_at: null };
    expect(await server.deliveries(id)).toMatchObject([canceled, canceled, canceled]);
    expect((await server.api('GET /v1/recoveries')).body.data).toMatchObject([{ id: body.id }]);
  });
});

describe('the request', () => {
  it.each([
    [{}, 'since'],
    [{ since: 'yesterday' }, 'since'],
    [{ since: iso(0), statuses: ['missed'] }, 'hook_id'],
    [{ since: iso(0), statuses: ['sending'] }, 'statuses.0'],
    [{ since: iso(0), statuses: [] }, 'statuses'],
    [{ since: iso(0), delivery_ids: ['dlv_1'] }, 'since'],
    [{ delivery_ids: ['dlv_1'], tenant: 'a' }, 'tenant'],
    [{ delivery_ids: ['dlv_1'], statuses: ['missed'] }, 'statuses'],
    [{ delivery_ids: [] }, 'delivery_ids'],
    [{ since: iso(0), outcome: 'bad' }, 'outcome'],
  ])('%j is refused at %s', async (fields, path) => {
    await using server = await startVirtualServer();
    for (const dry_run of [true, false]) {
      const { status, body } = await server.api('POST /v1/recoveries', { ...fields, dry_run });
      expect([status, body.error]).toMatchObject([422, { issues: [{ path }] }]);
    }
  });

  it('deliveries by id are sent again, and an unknown one is a 404', async () => {
    const { server } = await startWith(500);
    await using _ = server;
    const { id } = await server.addHook('/', { max_attempts: 1 });
    for (let event = 0; event < 3; event += 1) await server.send('a');
    await server.live(MINUTE);
    const [first, second] = (await server.deliveries(id)).map((delivery) => delivery.id);
    const unknown = { delivery_ids: [first, 'dlv_none'] };
    expect((await server.api('POST /v1/recoveries', unknown)).status).toBe(404);
    const { body } = await server.api('POST /v1/recoveries', { delivery_ids: [first, second, first] });
    await server.clock.settle();
    expect((await server.api(`GET /v1/recoveries/${body.id}`)).body).toMatchObject({ total: 2, since: null });
  });

  it.each(['/recoveries', '/deliveries/cancel'])(
    'of %s is a 404 for a hook that does not get the events of the given tenant',
    async (path) => {
      await using server = await startVirtualServer();
      const [one, every, none] = [{ tenant: 'cus_1' }, { tenant: '*' }, {}];
      for (const [fields, tenant, expected] of [
        [one, 'cus_1', 202],
        [one, 'cus_2', 404],
        [every, 'cus_2', 202],
        [none, 'cus_2', 404],
      ] as const) {
        const { id } = await server.addHook(`/${tenant}`, fields);
        for (const dry_run of [true, false]) {
          const input = { ...EVER, hook_id: id, tenant, dry_run };
          const { status, body } = await server.api(`POST /v1${path}`, input);
          expect([fields, tenant, status]).toEqual([fields, tenant, expected]);
          if (status === 404)
            expect(body.error.message).toContain(`There is no hook ${id} of the tenant cus_2`);
        }
      }
    },
  );

  it('an unknown recovery is a 404, and the cancellation of an ended one changes nothing', async () => {
    await using server = await startVirtualServer();
    expect((await server.api('GET /v1/recoveries/rcv_none')).status).toBe(404);
    expect((await server.api('DELETE /v1/recoveries/rcv_none')).status).toBe(404);
    const { id } = await recover(server, {});
    expect((await server.api(`DELETE /v1/recoveries/${id}`)).status).toBe(204);
    expect((await server.api(`GET /v1/recoveries/${id}`)).body).toMatchObject({ status: 'completed' });
  });
});

it('a recovery over real sockets sends each of 1,500 events once', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const { id } = await server.addHook(receiver.origin, { active: false });
  const ids: string[] = [];
  for (const count of [1_000, 500]) {
    const events = Array.from({ length: count }, (_, n) => ({ type: 'a', data: { n } }));
    const { text } = await server.api('POST /v1/events/batch', { events });
    const { results } = JSON.parse(text) as { results: readonly { event: { id: string } }[] };
    ids.push(...results.map(({ event }) => event.id));
  }
  const { body } = await server.api(`POST /v1/webhooks/${id}/activate`, { recover: true });
  expect(body).toMatchObject({ held: 1_500 });
  await until(
    () => Promise.resolve(receiver.calls.length),
    (count) => count >= 1_500,
  );
  const arrived = receiver.calls.map(({ headers }) => headers['webhook-id'] ?? '');
  expect(arrived.toSorted()).toEqual(ids.toSorted());
});

it('a workspace and each tenant have at most 20 running recoveries', async () => {
  const kept: Repositories[] = [];
  const wrapRepositories = (all: Repositories): Repositories => {
    kept.push(all);
    return all;
  };
  await using server = await startVirtualServer({ wrapRepositories });
  const { data } = (await server.api('GET /v1/workspaces')).body;
  const workspace_id = data.find(({ name }) => name === 'standard')!.id;
  const own = await server.addHook('/own');
  const tenant = await server.addHook('/tenant', { tenant: 'cus_1' });
  const create = ({ id }: { readonly id: string }) =>
    server.api('POST /v1/recoveries', { ...EVER, hook_id: id });
  const fill = async (owner: string | null): Promise<void> => {
    for (let n = 0; n < 20; n += 1) {
      const filter = { hook_id: null, tenant: null, event_type: null, outcome: null, delivery_ids: null };
      const job = { id: `rcv_${owner}_${n}`, workspace_id, kind: 'recover', owner, created_at: 0 } as const;
      await kept[0]!.recoveries.create({
        ...job,
        filter: { ...filter, since: 0, until: 1, statuses: ['failed'] },
      });
    }
  };
  const refusal = { status: 429, body: { error: { code: 'too_many_requests' } } };
  await fill(null);
  expect(await create(own)).toMatchObject(refusal);
  await fill('cus_1');
  expect(await create(tenant)).toMatchObject(refusal);
  for (const [owner, hook] of [
    [null, own],
    ['cus_1', tenant],
  ] as const) {
    await kept[0]!.recoveries.cancel(workspace_id, `rcv_${owner}_0`, 1);
    expect((await create(hook)).status).toBe(202);
  }
});
