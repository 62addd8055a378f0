import { expect } from 'vitest';
import type { LeasedDelivery } from '../../../packages/server/src/ports/store.ts';
import { type Check, ERROR, INTERRUPTED, type Kit, OK, ONE_ATTEMPT, type Pair } from './kit.ts';

type State = 'pending' | 'succeeded' | 'failed' | 'held';

/** Returns a delivery of the hook in a state in which a manual attempt is allowed. */
const reach = async (kit: Kit, pair: Pair, state: State): Promise<LeasedDelivery> => {
  const leased = await kit.leaseFor(pair);
  if (state === 'held') await kit.arrange.setHookStatus(pair.hook_id, 'paused');
  await kit.end(leased, state === 'succeeded' ? OK : ERROR, state === 'failed' ? ONE_ATTEMPT : {});
  return leased;
};

/** The columns that a manual attempt without success does not change. */
const lastingOf = async (kit: Kit, leased: LeasedDelivery) => {
  const row = await kit.row(leased);
  const { status, next_attempt_at, failure_reason, failures, lease_until, resume_status } = row;
  return { status, next_attempt_at, failure_reason, failures, lease_until, resume_status };
};

/** Ways in which a manual attempt ends without success. */
const endings: Readonly<Record<string, (kit: Kit, leased: LeasedDelivery) => Promise<unknown>>> = {
  failed: (kit, leased) => kit.end(leased, ERROR),
  interrupted: (kit, leased) => kit.end(leased, INTERRUPTED),
  released: (kit) => kit.release(),
  returned: (kit, leased) => kit.settle(kit.returned(leased)),
};

/** Manual attempts: the states that allow one, and the state after it. */
export const manual = (check: Check): void => {
  for (const state of ['pending', 'succeeded', 'failed', 'held'] as const) {
    check(`a ${state} delivery is ${state} as before when its manual attempt has no success`, async (kit) => {
      for (const [how, end] of Object.entries(endings)) {
        const first = await reach(kit, await kit.pair(), state);
        const before = await lastingOf(kit, first);
        expect(before.status).toBe(state);
        const leased = await kit.manual(first);
        const expected = { trigger: 'manual', attempts: 1, resume: { status: state } };
        expect(leased.delivery).toMatchObject(expected);
        const sending = { status: 'sending', lease_token: leased.lease_token };
        expect(await kit.row(leased)).toMatchObject(sending);
        await end(kit, leased);
        expect(await lastingOf(kit, leased)).toEqual(before);
        const attempts = how === 'returned' ? 1 : 2;
        expect(await kit.arrange.attempts(leased.delivery.id)).toHaveLength(attempts);
      }
    });

    check(`a ${state} delivery has succeeded when its manual attempt succeeds`, async (kit) => {
      const leased = await kit.manual(await reach(kit, await kit.pair(), state));
      expect(await kit.end(leased, OK)).toMatchObject({ status: 'succeeded' });
      const ended = { next_attempt_at: null, failure_reason: null, resume_status: null };
      expect(await lastingOf(kit, leased)).toMatchObject({ status: 'succeeded', ...ended });
      const attempts = await kit.arrange.attempts(leased.delivery.id);
      expect(attempts.map(({ number, trigger }) => [number, trigger])).toEqual([
        [1, 'scheduled'],
        [2, 'manual'],
      ]);
    });

    check(`a ${state} delivery whose hook is deleted during its manual attempt has ended`, async (kit) => {
      const after = state === 'pending' || state === 'held' ? 'canceled' : state;
      for (const [how, end] of Object.entries(endings)) {
        const pair = await kit.pair();
        const leased = await kit.manual(await reach(kit, pair, state));
        await kit.arrange.deleteHook(pair.hook_id);
        await end(kit, leased);
        expect([how, (await kit.row(leased)).status]).toEqual([how, after]);
      }
    });
  }

  check('a delivery that is being sent allows no manual attempt', async (kit) => {
    const pair = await kit.pair();
    const { delivery } = await kit.leaseFor(pair);
    expect(await kit.claimManually(pair.workspace_id, delivery.id)).toEqual({ kind: 'in_flight' });
  });

  check('a pending delivery whose hook is paused during its manual attempt becomes held', async (kit) => {
    const pair = await kit.pair();
    const leased = await kit.manual(await reach(kit, pair, 'pending'));
    await kit.arrange.setHookStatus(pair.hook_id, 'paused');
    expect(await kit.end(leased, ERROR)).toMatchObject({ status: 'held' });
  });

  check('a canceled delivery, and one whose hook is deleted, allow no manual attempt', async (kit) => {
    for (const state of ['pending', 'succeeded', 'held'] as const) {
      const pair = await kit.pair();
      const { delivery } = await reach(kit, pair, state);
      await kit.arrange.deleteHook(pair.hook_id);
      expect(await kit.claimManually(pair.workspace_id, delivery.id)).toEqual({
        kind: 'canceled',
        reason: 'hook_deleted',
      });
    }
  });

  check('an unknown delivery, and one of another workspace, is not found', async (kit) => {
    const [own, other] = [await kit.pair(), await kit.pair()];
    const leased = await reach(kit, own, 'succeeded');
    const missing = { kind: 'not_found' };
    expect(await kit.claimManually(own.workspace_id, 'dlv_unknown')).toEqual(missing);
    expect(await kit.claimManually(other.workspace_id, leased.delivery.id)).toEqual(missing);
    expect(await kit.row(leased)).toMatchObject({ status: 'succeeded' });
  });

  check('a manual attempt is allowed in every state of the hook', async (kit) => {
    for (const status of ['paused', 'disabled', 'unvalidated'] as const) {
      const pair = await kit.pair();
      const first = await reach(kit, pair, 'failed');
      await kit.arrange.setHookStatus(pair.hook_id, status);
      expect(await kit.end(await kit.manual(first), OK)).toMatchObject({ status: 'succeeded' });
    }
  });
};
