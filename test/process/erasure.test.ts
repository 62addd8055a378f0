import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer, until } from '../support/running-server.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { readStored } from '../support/storage.ts';

// The full form is `pnpm experiment erasure`.
const EVENTS = Number(process.env['ERASURE_EVENTS'] ?? 2_000);
const MAX_BYTES = 8_192;
const BATCH = 100;
/** Every event of a tenant has a text with this beginning in its data. */
const markerOf = (tenant: string): string => `marker-of-${tenant}-`;

/** For all first attempts and retries, also on a busy machine. */
const SENDING_MS = 60_000;

it(
  `the erasure of one of two tenants with ${EVENTS} interleaved events leaves none of its bytes, and all of the other`,
  async () => {
    const { roll } = createSeededRandom(3);
    const padding = (): string => 'x'.repeat(Math.floor(roll() ** 3 * (MAX_BYTES - 64)));
    // Every third request of each hook fails, so that there are several attempts with their bodies, and no breaker opens.
    const calls = new Map<string, number>();
    await using receiver = await startReceiver(({ path }) => {
      const nth = (calls.get(path) ?? 0) + 1;
      calls.set(path, nth);
      return { status: nth % 3 === 0 ? 500 : 200 };
    });
    await using server = await startServer({ settings: { retry_schedule: '0,1s,1s,1s' } });
    const { api } = server;
    const hooks = new Map<string, string>();
    for (const tenant of ['cus_gone', 'cus_kept', '*']) {
      const hook = await server.addHook(`${receiver.origin}/${tenant}`, { tenant });
      hooks.set(tenant, hook.id);
    }
    for (let first = 0; first < EVENTS; first += BATCH) {
      const events = Array.from({ length: BATCH }, (_, index) => {
        const n = first + index;
        const tenant = n % 2 === 0 ? 'cus_gone' : 'cus_kept';
        const text = `${markerOf(tenant)}${n}`;
        return {
          type: 'order.updated',
          tenant,
          data: { text, padding: padding() },
          previous_data: { text: `${text}-before` },
          idempotency_key: `${text}-key`,
        };
      });
      expect((await api('POST /v1/events/batch', { events })).status).toBe(200);
    }
    await until(
      async () => (await server.deliveries('status=pending&limit=1')).length,
      (open) => open === 0,
      SENDING_MS,
    );
    const before = await until(
      () => server.deliveries('tenant=cus_kept&limit=1000'),
      (kept) => kept.every(({ status }) => status === 'succeeded' || status === 'failed'),
    );
    /** The occurrences of the tenant's texts in the whole database. */
    const found = async (tenant: string) => {
      const stored = Object.values(await readStored(server.database_url));
      return stored.reduce((sum, bytes) => sum + bytes.split(markerOf(tenant)).length - 1, 0);
    };
    expect(await found('cus_gone')).toBeGreaterThan(EVENTS);

    const { status, body } = await api('DELETE /v1/tenants/cus_gone');
    expect([status, body.status]).toEqual([202, 'running']);
    expect((await api('GET /v1/tenants/cus_gone')).status).toBe(404);
    const completed = await until(
      async () => (await api(`GET /v1/erasures/${body.id}`)).body,
      (erasure) => erasure.status === 'completed',
    );
    expect(completed).toMatchObject({ status: 'completed', deleted: { events: EVENTS / 2, hooks: 1 } });
    expect(await found('cus_gone')).toBe(0);

    expect((await api(`GET /v1/webhooks/${hooks.get('cus_gone')}`)).status).toBe(404);
    expect((await api('GET /v1/events?tenant=cus_gone')).body.data).toEqual([]);
    expect((await server.deliveries('tenant=cus_gone')).length).toBe(0);
    expect(await server.deliveries('tenant=cus_kept&limit=1000')).toEqual(before);
    let events = 0;
    for await (const event of server.bellwire.events.list({ tenant: 'cus_kept', include: 'data' })) {
      expect(event.data?.['text']).toMatch(markerOf('cus_kept'));
      events += 1;
    }
    expect(events).toBe(EVENTS / 2);
    const audit = await api('GET /v1/audit', undefined, { key: ADMIN_KEY });
    expect(audit.body.data[0]).toMatchObject({ action: 'tenant.erased', subject: 'cus_gone' });
    // Its next event creates the tenant again, with the same idempotency key.
    const again = {
      type: 'a',
      data: {},
      tenant: 'cus_gone',
      idempotency_key: `${markerOf('cus_gone')}0-key`,
    };
    expect(await server.send(again)).toMatchObject({ deliveries: 1 });
    expect((await api('GET /v1/tenants/cus_gone')).status).toBe(200);
  },
  EVENTS * 20 + 60_000,
);
