import { expect } from 'vitest';
import type { Settlement } from '../../../packages/server/src/ports/store.ts';
import { type Check, ERROR, GONE, type Kit, LEASE_MS, NOW, OK, POLICY } from './kit.ts';

const unrenderable = ({ delivery, lease_token }: Parameters<Kit['attempted']>[0]): Settlement => ({
  kind: 'unrenderable',
  delivery,
  lease_token,
});

/** Who may end a lease, and how it ends under each state of the hook. */
export const settling = (check: Check): void => {
  check('a stale lease holder cannot record an attempt', async (kit) => {
    const pair = await kit.pair();
    const first = await kit.leaseFor(pair);
    await kit.release();
    const [second] = await kit.store.claim({
      now: NOW,
      lease_until: NOW + LEASE_MS,
      wants: [{ ...pair, limit: 1 }],
    });
    expect(second!.lease_token).toBeGreaterThan(first.lease_token);
    const before = await kit.arrange.delivery(first.delivery.id);
    for (const settlement of [
      kit.attempted(first, OK),
      kit.attempted(first, GONE),
      kit.returned(first),
      unrenderable(first),
    ]) {
      expect(await kit.settle(settlement)).toEqual({ kind: 'stale' });
    }
    expect(await kit.arrange.delivery(first.delivery.id)).toEqual(before);
    expect(await kit.arrange.attempts()).toMatchObject([{ outcome: 'interrupted' }]);
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ status: 'active', consecutive_failures: 0 });
    expect(await kit.settle(kit.attempted(second!, OK))).toMatchObject({ kind: 'settled' });
  });

  check('a lease ends once: settled twice, also in one turn, the second is stale', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.leaseFor(pair);
    const { settled } = await kit.commit({
      settlements: [kit.attempted(leased, ERROR), kit.attempted(leased, OK)],
    });
    expect(settled.map(({ kind }) => kind)).toEqual(['settled', 'stale']);
    expect(await kit.settle(kit.attempted(leased, OK))).toEqual({ kind: 'stale' });
    expect(await kit.arrange.attempts()).toMatchObject([{ number: 1, outcome: 'http_status' }]);
    expect(await kit.arrange.hook(pair.hook_id)).toMatchObject({ consecutive_failures: 1 });
  });

  check('an attempt is recorded with everything about it', async (kit) => {
    const leased = await kit.leaseFor(await kit.pair());
    const settlement = kit.attempted(leased, { kind: 'http_status', status: 503 });
    const request = {
      method: 'POST',
      url: 'https://example.com/a',
      headers: { 'webhook-id': leased.delivery.event_id, 'x-secret': { secret_length: 7 } },
      body: '{"ä":"\\u0000"}',
    };
    const response = { status: 503, headers: { 'retry-after': '7' }, body: 'no 𝄞', body_truncated: true };
    const timings = { dns_ms: 1, connect_ms: 2.5, tls_ms: null, first_byte_ms: 3, total_ms: 4.25 };
    await kit.settle({
      ...settlement,
      attempt: {
        ...settlement.attempt,
        started_at: NOW + 3,
        request,
        response,
        timings,
        reused_connection: true,
      },
    });
    const [row] = await kit.arrange.attempts(leased.delivery.id);
    expect(row).toMatchObject({
      id: settlement.attempt.id,
      workspace_id: leased.delivery.workspace_id,
      hook_id: leased.delivery.hook_id,
      number: 1,
      trigger: 'scheduled',
      outcome: 'http_status',
      outcome_detail: '503',
      started_at: NOW + 3,
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

  check('attempts of a delivery are numbered from 1 without gaps, whatever was between them', async (kit) => {
    const pair = await kit.pair();
    let leased = await kit.leaseFor(pair);
    const policy = { ...POLICY, delays_ms: [0, 0, 0, 0, 0, 0] };
    const again = async () => {
      const wants = [{ ...pair, limit: 1 }];
      const claimed = await kit.store.claim({ now: NOW, lease_until: NOW + LEASE_MS, wants });
      leased = claimed[0]!;
    };
    await kit.settle(kit.attempted(leased, ERROR, { policy }));
    await again();
    await kit.settle(kit.returned(leased));
    await again();
    await kit.release();
    await again();
    await kit.settle(kit.attempted(leased, OK, { policy }));
    await kit.settle(kit.attempted(await kit.manual(leased), ERROR, { policy }));
    const attempts = await kit.arrange.attempts(leased.delivery.id);
    expect(attempts.map(({ number, outcome, trigger }) => [number, outcome, trigger])).toEqual([
      [1, 'http_status', 'scheduled'],
      [2, 'interrupted', 'scheduled'],
      [3, 'succeeded', 'scheduled'],
      [4, 'http_status', 'manual'],
    ]);
    expect(await kit.arrange.delivery(leased.delivery.id)).toMatchObject({ attempts: 4, failures: 1 });
  });

  const states = ['active', 'paused', 'disabled', 'unvalidated', 'deleted'] as const;
  type State = (typeof states)[number];
  const waiting: Record<State, string> = {
    active: 'pending',
    paused: 'held',
    disabled: 'held',
    unvalidated: 'held',
    deleted: 'canceled',
  };
  const always = (status: string) => Object.fromEntries(states.map((state) => [state, status]));
  const table = {
    'a success': {
      make: (kit: Kit) => (leased) => kit.attempted(leased, OK),
      to: always('succeeded'),
      attempts: 1,
    },
    'a failure to be retried': {
      make: (kit: Kit) => (leased) => kit.attempted(leased, ERROR),
      to: waiting,
      attempts: 1,
    },
    'the last failure': {
      make: (kit: Kit) => (leased) => kit.attempted(leased, ERROR, { policy: { ...POLICY, delays_ms: [0] } }),
      to: always('failed'),
      attempts: 1,
    },
    'a 410': {
      make: (kit: Kit) => (leased) => kit.attempted(leased, GONE),
      to: always('failed'),
      attempts: 1,
    },
    'a return': { make: (kit: Kit) => (leased) => kit.returned(leased), to: waiting, attempts: 0 },
    'an event that cannot be rendered': {
      make: () => unrenderable,
      to: always('failed'),
      attempts: 0,
    },
  } satisfies Record<
    string,
    {
      make: (kit: Kit) => (leased: Parameters<Kit['attempted']>[0]) => Settlement;
      to: Record<string, string>;
      attempts: number;
    }
  >;

  for (const [what, { make, to, attempts }] of Object.entries(table)) {
    check(`${what} ends a lease as the hook stands, and the answer is what the row holds`, async (kit) => {
      for (const state of states) {
        const pair = await kit.pair();
        const leased = await kit.leaseFor(pair);
        if (state === 'deleted') await kit.arrange.deleteHook(pair.hook_id);
        else if (state !== 'active') await kit.arrange.setHookStatus(pair.hook_id, state);
        const result = await kit.settle(make(kit)(leased));
        const row = await kit.arrange.delivery(leased.delivery.id);
        expect([state, row.status]).toEqual([state, to[state]]);
        expect(result).toMatchObject({ status: row.status, next_attempt_at: row.next_attempt_at });
        expect(row).toMatchObject({ lease_until: null, attempts, resume_status: null });
        expect(row.next_attempt_at === null).toBe(row.status !== 'pending');
        expect(row.failure_reason === null).toBe(row.status !== 'failed');
        expect(await kit.arrange.attempts(leased.delivery.id)).toHaveLength(attempts);
      }
    });
  }

  check('a retry is due after its delay, or later when the receiver asked for more', async (kit) => {
    const pair = await kit.pair();
    const due = async (retry_after_ms: number | null, roll = 0) => {
      const leased = await kit.leaseFor(pair);
      return kit.settle(kit.attempted(leased, ERROR, { retry_after_ms, roll }), NOW + 10);
    };
    expect(await due(null)).toMatchObject({ status: 'pending', next_attempt_at: NOW + 10 + 5_000 });
    expect(await due(null, 0.5)).toMatchObject({ next_attempt_at: NOW + 10 + 6_000 });
    expect(await due(30_000)).toMatchObject({ next_attempt_at: NOW + 10 + 30_000 });
    expect(await due(1)).toMatchObject({ next_attempt_at: NOW + 10 + 5_000 });
  });

  check(
    'a turn settles before it accepts: the hook that a 410 disables holds the events of that turn',
    async (kit) => {
      const pair = await kit.pair();
      const leased = await kit.leaseFor(pair);
      const event = kit.event(pair.workspace_id);
      const { accepted } = await kit.commit({ events: [event], settlements: [kit.attempted(leased, GONE)] });
      expect(accepted).toMatchObject([{ kind: 'accepted', receipt: { deliveries: 1 }, leased: [] }]);
      expect(await kit.arrange.deliveries({ event_id: event.id })).toMatchObject([{ status: 'held' }]);
    },
  );

  check('max_attempts of the hook cuts or stretches the schedule', async (kit) => {
    for (const [max_attempts, status] of [
      [1, 'failed'],
      [2, 'pending'],
    ] as const) {
      const leased = await kit.leaseFor(await kit.pair({ max_attempts }));
      expect(await kit.settle(kit.attempted(leased, ERROR))).toMatchObject({ status });
    }
  });
};
