import { expect } from 'vitest';
import type { LeasedDelivery, Settlement } from '../../../packages/server/src/ports/store.ts';
import { type Check, ERROR, GONE, NOW, OK, ONE_ATTEMPT, POLICY } from './kit.ts';

/** The end of a lease, which only its holder may write. */
export const settling = (check: Check): void => {
  check('a stale lease holder cannot record an attempt', async (kit) => {
    const pair = await kit.pair();
    const first = await kit.leaseFor(pair);
    await kit.release();
    const [second] = await kit.claim([{ ...pair, limit: 1 }]);
    expect(second!.lease_token).toBeGreaterThan(first.lease_token);
    const before = await kit.row(first);
    const { delivery, lease_token } = first;
    for (const settlement of [
      kit.attempted(first, OK),
      kit.attempted(first, GONE),
      kit.returned(first),
      { kind: 'unrenderable', delivery, lease_token } as const,
    ]) {
      expect(await kit.settle(settlement)).toEqual({ kind: 'stale' });
    }
    expect(await kit.row(first)).toEqual(before);
    expect(await kit.arrange.attempts()).toMatchObject([{ outcome: 'interrupted' }]);
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ status: 'active', consecutive_failures: 0 });
    expect(await kit.end(second!, OK)).toMatchObject({ kind: 'settled' });
  });

  check('a lease ends once: the second settlement is stale, even in the same batch', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    const settlements = [kit.attempted(leased, ERROR), kit.attempted(leased, OK)];
    const { settled } = await kit.commit({ settlements });
    expect(settled.map(({ kind }) => kind)).toEqual(['settled', 'stale']);
    expect(await kit.end(leased, OK)).toEqual({ kind: 'stale' });
    expect(await kit.arrange.attempts()).toMatchObject([{ number: 1, outcome: 'http_status' }]);
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 1 });
  });

  check(
    'a delivery keeps the outcome of its last attempt, and a hook that of its last failure',
    async (kit) => {
      const pair = await kit.pair();
      const leased = await kit.leaseFor(pair);
      const attempted = kit.attempted(leased, { kind: 'http_status', status: 503 });
      const response = { status: 503, headers: {}, body: '', body_truncated: false };
      const timings = { dns_ms: null, connect_ms: 1, tls_ms: null, first_byte_ms: 12, total_ms: 12.5 };
      await kit.settle({ ...attempted, attempt: { ...attempted.attempt, response, timings } }, NOW + 1);
      const failure = { last_outcome: 'http_status', last_detail: '503', last_status: 503 };
      expect(await kit.row(leased)).toMatchObject({ status: 'pending', ...failure, last_duration_ms: 12.5 });
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ ...failure, last_failure_at: NOW + 1 });

      const [second] = await kit.claim([{ ...pair, limit: 1 }], NOW + 10_000);
      await kit.settle(kit.returned(second!), NOW + 10_000);
      expect(await kit.row(leased)).toMatchObject({ status: 'pending', attempts: 1, ...failure });

      const [third] = await kit.claim([{ ...pair, limit: 1 }], NOW + 20_000);
      await kit.end(third!, { kind: 'timeout', phase: 'headers' });
      const timeout = { last_outcome: 'timeout', last_detail: 'headers', last_status: null };
      expect(await kit.row(leased)).toMatchObject(timeout);
      const [fourth] = await kit.claim([{ ...pair, limit: 1 }], NOW + 200_000);
      await kit.end(fourth!, OK);
      expect(await kit.arrange.hook(pair.hook_id)).toMatchObject(timeout);
    },
  );

  check('an attempt is recorded with every field', async (kit) => {
    const leased = await kit.leaseFor(await kit.pair());
    const { workspace_id, hook_id, event_id } = leased.delivery;
    const settlement = kit.attempted(leased, { kind: 'http_status', status: 503 });
    const started_at = NOW + 3;
    const request = {
      method: 'POST',
      url: 'https://example.com/a',
      headers: { 'webhook-id': event_id, 'x-secret': { secret_length: 7 } },
      body: '{"ä":"\\u0000"}',
    };
    const response = { status: 503, headers: { 'retry-after': '7' }, body: 'no 𝄞', body_truncated: true };
    const timings = { dns_ms: 1, connect_ms: 2.5, tls_ms: null, first_byte_ms: 3, total_ms: 4.25 };
    const seen = { started_at, request, response, timings, reused_connection: true };
    await kit.settle({ ...settlement, attempt: { ...settlement.attempt, ...seen } });
    const [row] = await kit.arrange.attempts(leased.delivery.id);
    expect(row).toMatchObject({
      id: settlement.attempt.id,
      workspace_id,
      hook_id,
      number: 1,
      trigger: 'scheduled',
      outcome: 'http_status',
      outcome_detail: '503',
      started_at,
      duration_ms: 4.25,
      request_method: 'POST',
      request_url: request.url,
      request_body: request.body,
      response_status: 503,
      response_body: response.body,
      response_truncated: 1,
    });
    expect(JSON.parse(row!.request_headers!)).toEqual(request.headers);
    expect(JSON.parse(row!.response_headers!)).toEqual(response.headers);
    expect(JSON.parse(row!.timings!)).toEqual({ ...timings, reused_connection: true });
  });

  check('a large request body is stored once per event, however many attempts have sent it', async (kit) => {
    const { workspace_id } = await kit.pair();
    await kit.arrange.addHook(workspace_id);
    const small = 'ä'.repeat(16_384);
    const large = `${small}!`;
    const send = (lease: Pick<LeasedDelivery, 'delivery' | 'lease_token'>, body: string): Settlement => {
      const settlement = kit.attempted(lease, ERROR);
      const request = { method: 'POST', url: 'https://example.com/', headers: {}, body };
      return { ...settlement, attempt: { ...settlement.attempt, request } };
    };
    const event = kit.event(workspace_id);
    const first = await kit.stored(event);
    const [one, two] = first.leased;
    await kit.commit({ settlements: [send(one!, large), send(two!, large)] });
    const retries = await kit.claim(
      first.leased.map(({ delivery }) => ({ workspace_id, hook_id: delivery.hook_id, limit: 1 })),
      NOW + 5_000,
    );
    await kit.settle(send(retries[0]!, large));
    await kit.settle(send(retries[1]!, small));
    const event_2 = kit.event(workspace_id);
    const second = await kit.stored(event_2);
    await kit.settle(send(second.leased[0]!, large));
    const bodies = await kit.arrange.requestBodies();
    expect(bodies.map(({ event_id }) => event_id)).toEqual([event.id, event_2.id]);
    expect(bodies.every(({ body }) => body === large)).toBe(true);
    const attempts = await kit.arrange.attempts();
    expect(attempts.filter(({ request_body }) => request_body !== null)).toMatchObject([
      { request_body: small, request_body_hash: null },
    ]);
    expect(attempts).toHaveLength(5);
  });

  check('attempts are numbered from 1 without gaps, across every kind of lease', async (kit) => {
    const pair = await kit.pair();
    const policy = { ...POLICY, delays_ms: [0, 0, 0, 0, 0, 0] };
    const again = async () => (await kit.claim([{ ...pair, limit: 1 }]))[0]!;
    await kit.end(await kit.leaseFor(pair), ERROR, { policy });
    await kit.settle(kit.returned(await again()));
    await again();
    await kit.release();
    const leased = await again();
    await kit.end(leased, OK, { policy });
    await kit.end(await kit.manual(leased), ERROR, { policy });
    const attempts = await kit.arrange.attempts(leased.delivery.id);
    expect(attempts.map(({ number, outcome, trigger }) => [number, outcome, trigger])).toEqual([
      [1, 'http_status', 'scheduled'],
      [2, 'interrupted', 'scheduled'],
      [3, 'succeeded', 'scheduled'],
      [4, 'http_status', 'manual'],
    ]);
    expect(await kit.row(leased)).toMatchObject({ attempts: 4, failures: 1 });
  });

  for (const state of ['active', 'paused', 'disabled', 'unvalidated', 'deleted'] as const) {
    check(`the last failure of a delivery whose hook is ${state} fails it`, async (kit) => {
      const pair = await kit.pair();
      const leased = await kit.leaseFor(pair);
      await kit.enter(pair.hook_id, state);
      expect(await kit.end(leased, ERROR, ONE_ATTEMPT)).toMatchObject({ status: 'failed' });
      const failed = { status: 'failed', next_attempt_at: null, lease_until: null, attempts: 1 };
      expect(await kit.row(leased)).toMatchObject({ ...failed, failure_reason: expect.any(String) });
    });
  }

  check('a retry is due after its delay, or after a longer Retry-After', async (kit) => {
    for (const [retry_after_ms, roll, wait] of [
      [null, 0, 5_000],
      [null, 0.5, 6_000],
      [30_000, 0, 30_000],
      [1, 0, 5_000],
    ] as const) {
      const pair = await kit.pair();
      const attempted = kit.attempted(await kit.leaseFor(pair), ERROR, { retry_after_ms, roll });
      const due = { status: 'pending', next_attempt_at: NOW + 10 + wait };
      expect(await kit.settle(attempted, NOW + 10)).toMatchObject(due);
    }
  });

  check('a batch settles before it accepts: a hook that a 410 disables holds its events', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    const event = kit.event(pair.workspace_id);
    const { accepted } = await kit.commit({ events: [event], settlements: [kit.attempted(leased, GONE)] });
    expect(accepted).toMatchObject([{ kind: 'accepted', receipt: { deliveries: 1 }, leased: [] }]);
    expect(await kit.arrange.deliveries({ event_id: event.id })).toMatchObject([{ status: 'held' }]);
  });

  check('max_attempts of the hook cuts or stretches the schedule', async (kit) => {
    for (const [max_attempts, status] of [
      [1, 'failed'],
      [2, 'pending'],
    ] as const) {
      const leased = await kit.leaseFor(await kit.pair({ max_attempts }));
      expect(await kit.end(leased, ERROR)).toMatchObject({ status });
    }
  });
};
