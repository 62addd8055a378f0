import { expect } from 'vitest';
import type { LeasedDelivery } from '../../../packages/server/src/ports/store.ts';
import { type Check, ERROR, INTERRUPTED, type Kit, NOW, OK, POLICY } from './kit.ts';

type Pair = Awaited<ReturnType<Kit['pair']>>;

/** Brings a delivery into a state in which it can be sent by hand. */
const states: Record<string, (kit: Kit, pair: Pair) => Promise<LeasedDelivery>> = {
  pending: async (kit, pair) => {
    const leased = await kit.leaseFor(pair);
    await kit.settle(kit.attempted(leased, ERROR));
    return leased;
  },
  succeeded: async (kit, pair) => {
    const leased = await kit.leaseFor(pair);
    await kit.settle(kit.attempted(leased, OK));
    return leased;
  },
  failed: async (kit, pair) => {
    const leased = await kit.leaseFor(pair);
    await kit.settle(kit.attempted(leased, ERROR, { policy: { ...POLICY, delays_ms: [0] } }));
    return leased;
  },
  held: async (kit, pair) => {
    const leased = await kit.leaseFor(pair);
    await kit.arrange.setHookStatus(pair.hook_id, 'paused');
    await kit.settle(kit.attempted(leased, ERROR));
    return leased;
  },
};

const lasting = [
  'status',
  'next_attempt_at',
  'failure_reason',
  'failures',
  'lease_until',
  'resume_status',
] as const;

const lastingOf = async (kit: Kit, id: string) => {
  const row = await kit.arrange.delivery(id);
  return Object.fromEntries(lasting.map((column) => [column, row[column]]));
};

/** Attempts by hand: from which states, and where a delivery goes after one. */
export const manual = (check: Check): void => {
  for (const [state, reach] of Object.entries(states)) {
    check(
      `a ${state} delivery can be sent by hand, and is ${state} as before when that fails`,
      async (kit) => {
        for (const how of ['failed', 'interrupted', 'released', 'returned'] as const) {
          const { delivery } = await reach(kit, await kit.pair());
          const before = await lastingOf(kit, delivery.id);
          expect(before['status']).toBe(state);
          const leased = await kit.manual({ delivery });
          expect(leased.delivery).toMatchObject({
            trigger: 'manual',
            attempts: 1,
            resume: { status: state },
          });
          expect(await kit.arrange.delivery(delivery.id)).toMatchObject({
            status: 'sending',
            lease_token: leased.lease_token,
          });
          if (how === 'released') await kit.release();
          else if (how === 'returned') await kit.settle(kit.returned(leased));
          else await kit.settle(kit.attempted(leased, how === 'failed' ? ERROR : INTERRUPTED));
          expect(await lastingOf(kit, delivery.id)).toEqual(before);
          expect(await kit.arrange.attempts(delivery.id)).toHaveLength(how === 'returned' ? 1 : 2);
        }
      },
    );

    check(`a ${state} delivery that is sent by hand with success has succeeded`, async (kit) => {
      const { delivery } = await reach(kit, await kit.pair());
      const leased = await kit.manual({ delivery });
      expect(await kit.settle(kit.attempted(leased, OK))).toMatchObject({ status: 'succeeded' });
      expect(await lastingOf(kit, delivery.id)).toMatchObject({
        status: 'succeeded',
        next_attempt_at: null,
        failure_reason: null,
        resume_status: null,
      });
      const attempts = await kit.arrange.attempts(delivery.id);
      expect(attempts.map(({ number, trigger }) => [number, trigger])).toEqual([
        [1, 'scheduled'],
        [2, 'manual'],
      ]);
    });

    check(
      `a ${state} delivery whose hook is deleted during its manual attempt waits for nothing`,
      async (kit) => {
        const after = state === 'pending' || state === 'held' ? 'canceled' : state;
        for (const how of ['failed', 'released', 'returned'] as const) {
          const pair = await kit.pair();
          const { delivery } = await reach(kit, pair);
          const leased = await kit.manual({ delivery });
          await kit.arrange.deleteHook(pair.hook_id);
          if (how === 'failed') await kit.settle(kit.attempted(leased, ERROR));
          else if (how === 'released') await kit.release();
          else await kit.settle(kit.returned(leased));
          expect([how, (await kit.arrange.delivery(delivery.id)).status]).toEqual([how, after]);
        }
      },
    );
  }

  check('a delivery that is being sent cannot be sent by hand', async (kit) => {
    const pair = await kit.pair();
    const { delivery } = await kit.leaseFor(pair);
    const claim = {
      now: NOW,
      lease_until: NOW + 1,
      workspace_id: pair.workspace_id,
      delivery_id: delivery.id,
    };
    expect(await kit.store.claimManually(claim)).toEqual({ kind: 'in_flight' });
  });

  check('a pending delivery whose hook is paused during its manual attempt becomes held', async (kit) => {
    const pair = await kit.pair();
    const { delivery } = await states['pending']!(kit, pair);
    const leased = await kit.manual({ delivery });
    await kit.arrange.setHookStatus(pair.hook_id, 'paused');
    expect(await kit.settle(kit.attempted(leased, ERROR))).toMatchObject({ status: 'held' });
  });

  check('a canceled delivery, and one whose hook is deleted, cannot be sent by hand', async (kit) => {
    for (const state of ['pending', 'succeeded', 'held'] as const) {
      const pair = await kit.pair();
      const { delivery } = await states[state]!(kit, pair);
      await kit.arrange.deleteHook(pair.hook_id);
      const claim = {
        now: NOW,
        lease_until: NOW + 1,
        workspace_id: pair.workspace_id,
        delivery_id: delivery.id,
      };
      expect(await kit.store.claimManually(claim)).toEqual({ kind: 'canceled' });
    }
  });

  check('an unknown delivery, and another workspace’s, is not found', async (kit) => {
    const [own, other] = [await kit.pair(), await kit.pair()];
    const { delivery } = await states['succeeded']!(kit, own);
    for (const [workspace_id, delivery_id] of [
      [own.workspace_id, 'dlv_unknown'],
      [other.workspace_id, delivery.id],
    ] as const) {
      expect(
        await kit.store.claimManually({ now: NOW, lease_until: NOW + 1, workspace_id, delivery_id }),
      ).toEqual({ kind: 'not_found' });
    }
    expect((await kit.arrange.delivery(delivery.id)).status).toBe('succeeded');
  });

  check('a delivery can be sent by hand whatever the state of its hook', async (kit) => {
    for (const status of ['paused', 'disabled', 'unvalidated'] as const) {
      const pair = await kit.pair();
      const { delivery } = await states['failed']!(kit, pair);
      await kit.arrange.setHookStatus(pair.hook_id, status);
      const leased = await kit.manual({ delivery });
      expect(await kit.settle(kit.attempted(leased, OK))).toMatchObject({ status: 'succeeded' });
    }
  });
};
