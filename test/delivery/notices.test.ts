import { expect, it } from 'vitest';
import { checkData } from '../support/schemas.ts';
import { operationalCatalog } from '../../packages/server/src/core/operational-catalog.ts';
import { startNoticeServer } from '../support/notice-server.ts';
import type { Script } from '../support/scripted-transport.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The receiver of `/notices…` works; every other one answers as `answer` says. */
const except =
  (answer: Script): Script =>
  (request, nth) =>
    new URL(request.url).pathname.startsWith('/notices') ? { status: 200 } : answer(request, nth);

it('a hook that fails, is disabled and activated again is reported, with ids, names and reasons', async () => {
  await using started = await startNoticeServer({
    script: except((_, nth) => ({ status: nth === 2 ? 410 : 503 })),
    settings: { retry_delays_ms: [0, SECOND, MINUTE] },
  });
  const { server, watch, received, stored } = started;
  await watch();
  const { id: hook_id } = await server.addHook('/a', { name: 'Accounting', tenant: 'cus_1' });
  const event_id = await server.send('order.created', { tenant: 'cus_1', data: { card: 'not-for-notices' } });
  await server.live(5 * SECOND);
  expect((await server.verb(hook_id, 'activate')).status).toBe(200);
  await server.live(SECOND);
  const [delivery] = await server.deliveries(hook_id);
  const hook = { hook_id, hook_name: 'Accounting', tenant: 'cus_1' };
  const time = expect.stringMatching(/^2026-01-05T/) as string;
  const gone = { last_outcome: 'http_status', last_status: 410 };
  expect(received()).toEqual([
    {
      type: 'bellwire.hook.failing',
      data: { ...hook, last_outcome: 'http_status', last_status: 503, failing_since: time, count: 1 },
    },
    {
      type: 'bellwire.delivery.failed',
      data: {
        ...hook,
        ...gone,
        delivery_id: delivery!.id,
        event_id,
        event_type: 'order.created',
        failure_reason: 'hook_gone',
        attempts: 2,
        failed_at: time,
        count: 1,
      },
    },
    {
      type: 'bellwire.hook.disabled',
      data: { ...hook, ...gone, reason: 'gone_410', disabled_at: time },
    },
    { type: 'bellwire.hook.enabled', data: { ...hook, disabled_reason: 'gone_410', enabled_at: time } },
  ]);
  expect((await stored()).map(({ type, data }) => ({ type, data }))).toEqual(received());
  expect(JSON.stringify(received())).not.toMatch(/not-for-notices|receiver\.example\.com/);
});

it('every notice matches the schema of its type', async () => {
  await using started = await startNoticeServer({
    script: except(() => ({ status: 410 })),
    wrapStore: (store) => ({
      ...store,
      fileSizes: async () => ({ database: 0, wal: 0, volume: { free_bytes: 1, total_bytes: 1_000 } }),
    }),
  });
  const { server, watch, stored } = started;
  await watch();
  await server.addHook('/a');
  for (let n = 0; n < 12; n += 1) {
    const { id } = await server.addHook(`/${n}`);
    await server.send();
    await server.verb(id, 'activate');
  }
  await server.live(11 * MINUTE);
  await server.sweep();
  await server.live(SECOND);
  const events = await stored();
  expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThanOrEqual(5);
  for (const { type, data } of events) {
    const { schema } = operationalCatalog.get(type)!;
    expect([type, checkData(schema, data)]).toEqual([type, []]);
  }
});

it('the example of every operational type matches its schema', () => {
  for (const [type, { schema, example }] of operationalCatalog) {
    expect([type, checkData(schema, example)]).toEqual([type, []]);
  }
});

it('without a subscribed hook, nothing is stored: ["*"] does not subscribe, nor does another type', async () => {
  await using started = await startNoticeServer({ script: () => ({ status: 410 }) });
  const { server, watch, stored } = started;
  await server.addHook('/all');
  await server.addHook('/tenants', { tenant: '*' });
  await watch('/notices', { events: ['bellwire.disk.*', 'bellwire.hook.enabled'] });
  await server.send();
  await server.live(MINUTE);
  expect(await stored()).toEqual([]);
  expect(server.sent()).toHaveLength(2);
});

it('a hook in another workspace receives nothing', async () => {
  await using started = await startNoticeServer({ script: except(() => ({ status: 410 })) });
  const { server, received } = started;
  const other = await server.addWorkspace('stripe');
  const hook = { url: 'https://receiver.example.com/notices', events: ['bellwire.*'] };
  expect((await server.api('POST /v1/webhooks', hook, other)).status).toBe(201);
  await server.addHook('/a');
  await server.send();
  await server.live(MINUTE);
  expect(server.sent()).toHaveLength(1);
  expect(received()).toEqual([]);
});

it('a notice is retried like every other event', async () => {
  let isUp = false;
  await using started = await startNoticeServer({
    script: ({ url }) => ({ status: url.endsWith('/notices') ? (isUp ? 200 : 500) : 410 }),
    settings: { retry_delays_ms: [0, SECOND, MINUTE] },
  });
  const { server, watch } = started;
  const { id } = await watch('/notices', { events: ['bellwire.hook.disabled'] });
  await server.addHook('/a');
  await server.send();
  await server.live(2 * SECOND);
  isUp = true;
  await server.live(2 * MINUTE);
  expect(await server.deliveries(id)).toMatchObject([{ status: 'succeeded', attempt_count: 3 }]);
});

it('failed pings, tests and manual retries are not reported: their caller has the answer', async () => {
  await using started = await startNoticeServer({ script: except(() => ({ status: 500 })) });
  const { server, watch, stored } = started;
  await watch();
  const { id } = await server.addHook('/a');
  for (const verb of ['ping', 'test']) await server.verb(id, verb);
  await server.clock.settle();
  expect(await stored()).toEqual([]);
});

it('a thousand failed deliveries cause at most ten notices per hook and a hundred in all per minute, then a count', async () => {
  let busy = 0;
  await using started = await startNoticeServer({
    script: except(({ url }) => {
      // Three of five fail, so that the breaker of the busy hook stays closed.
      if (url.endsWith('/busy')) busy += 1;
      return { status: url.endsWith('/busy') && busy % 5 > 2 ? 200 : 500 };
    }),
    settings: { retry_delays_ms: [0] },
  });
  const { server, watch, stored } = started;
  await watch('/notices', { events: ['bellwire.delivery.failed'] });
  await server.addHook('/busy', { events: ['busy'] });
  for (let n = 0; n < 150; n += 1) await server.addHook(`/${n}`, { events: ['wide'] });
  for (let n = 0; n < 83; n += 1) await server.send('busy');
  await server.live(SECOND);
  expect(await stored()).toHaveLength(10);
  for (let n = 0; n < 6; n += 1) await server.send('wide');
  await server.live(10 * SECOND);
  expect(await stored()).toHaveLength(100);
  await server.live(MINUTE);
  await server.sweep();
  const events = await stored();
  expect(events).toHaveLength(101);
  expect(events.at(-1)!.data).toMatchObject({ delivery_id: null, hook_id: null, count: 50 + 900 - 100 });
});

it('a hook that fails in turns is reported as failing once in ten minutes, then with a count', async () => {
  await using started = await startNoticeServer({
    script: except((_, nth) => ({ status: nth % 2 === 1 ? 500 : 200 })),
    settings: { retry_delays_ms: [0, SECOND, MINUTE] },
  });
  const { server, watch, stored } = started;
  await watch();
  const { id } = await server.addHook('/a');
  for (let n = 0; n < 20; n += 1) {
    await server.send();
    await server.live(5 * SECOND);
  }
  expect((await stored()).map(({ data }) => data)).toMatchObject([{ hook_id: id, count: 1 }]);
  await server.live(10 * MINUTE);
  await server.sweep();
  expect((await stored()).map(({ data }) => data)).toMatchObject([
    { hook_id: id, count: 1 },
    { hook_id: null, count: 19 },
  ]);
});

it('a shutdown stores the notices of the last attempts', async () => {
  const started: Awaited<ReturnType<typeof startNoticeServer>> = await startNoticeServer({
    script: except(() => ({ status: 410, after_ms: SECOND })),
    wrapStore: (store) => ({
      ...store,
      subscribers: async (workspace_id, type) => {
        await new Promise<void>((resolve) => void started.server.clock.after(100, resolve));
        return store.subscribers(workspace_id, type);
      },
      commitBatch: async (batch) => {
        const result = await store.commitBatch(batch);
        for (const { type } of batch.events) if (type.startsWith('bellwire.')) types.push(type);
        return result;
      },
    }),
  });
  const types: string[] = [];
  const { server, watch } = started;
  await watch();
  await server.addHook('/a');
  await server.send();
  expect(types).toEqual([]);
  await started[Symbol.asyncDispose]();
  expect(types.toSorted()).toEqual([
    'bellwire.delivery.failed',
    'bellwire.hook.disabled',
    'bellwire.hook.failing',
  ]);
});

it('a notice whose commit fails is stored after the next sweep, once', async () => {
  let failures = 1;
  await using started = await startNoticeServer({
    script: except(() => ({ status: 410 })),
    wrapStore: (store) => ({
      ...store,
      commitBatch: async (batch) => {
        const has_notice = batch.events.some(({ type }) => type.startsWith('bellwire.'));
        if (has_notice && (failures -= 1) >= 0) throw new Error('a fault of this test');
        return store.commitBatch(batch);
      },
    }),
  });
  const { server, watch, received } = started;
  await watch('/notices', { events: ['bellwire.hook.disabled'] });
  await server.addHook('/a');
  await server.send();
  await server.live(5 * SECOND);
  expect(received()).toMatchObject([{ type: 'bellwire.hook.disabled', data: { reason: 'gone_410' } }]);
});
