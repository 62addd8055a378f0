import { expect } from 'vitest';
import { disabledReason } from '../../../packages/server/src/core/hook-health.ts';
import { hookStatuses } from '../../../packages/server/src/core/hook.ts';
import {
  nextStep,
  stepOfDisabled,
  stepOfReturned,
  stepOfUnprocessable,
} from '../../../packages/server/src/core/next-step.ts';
import type { LeasedDelivery, Settlement } from '../../../packages/server/src/ports/store.ts';
import { nameOf, outcomes } from '../../support/outcomes.ts';
import { type Check, type Kit, NOW, POLICY, STRICT_POLICY } from './kit.ts';

type State = (typeof hookStatuses)[number] | 'deleted';

/** Calls `prove` with a lease of each trigger, in each state that its hook can have at the end of the lease. */
const forEachLease = async (kit: Kit, prove: (leased: LeasedDelivery, state: State) => Promise<void>) => {
  for (const trigger of ['scheduled', 'ping'] as const) {
    for (const state of [...hookStatuses, 'deleted'] as const) {
      const pair = await kit.pair();
      const leased = await kit.leaseFor(pair, { trigger });
      await kit.enter(pair.hook_id, state);
      await prove(leased, state);
    }
  }
};

const hookIn = (state: State) =>
  state === 'deleted' ? null : { status: state, max_attempts: null, retry_schedule: null };

/** Settles, and expects that the row holds `expected`, that the lease is over and that the answer equals the row. */
const expectStored = async (kit: Kit, settlement: Settlement, expected: { readonly status: string }) => {
  const answer = await kit.settle(settlement);
  const { status, next_attempt_at, failure_reason, failures, returns, suspicion, ...row } =
    await kit.row(settlement);
  expect({ status, next_attempt_at, failure_reason, failures, returns, suspicion }).toEqual(expected);
  expect(answer).toMatchObject({ kind: 'settled', status, next_attempt_at });
  const attempts = settlement.kind === 'attempted' ? 1 : 0;
  expect(row).toMatchObject({ lease_until: null, resume_status: null, attempts });
  expect(await kit.arrange.attempts(row.id)).toHaveLength(attempts);
};

/** The store writes exactly what core decides: every outcome, in every state of the hook. */
export const decisions = (check: Check): void => {
  for (const { outcome } of outcomes) {
    check(`an attempt that ended with "${nameOf(outcome)}" is stored as core decides`, async (kit) => {
      for (const policy of [POLICY, STRICT_POLICY]) {
        for (const sender_died of outcome.kind === 'interrupted' ? [false, true] : [false]) {
          await forEachLease(kit, async (leased, state) => {
            const { delivery } = leased;
            const hook = hookIn(state);
            const fields = { sender_died, policy, retry_after_ms: 7, roll: 0 };
            const step = nextStep({ delivery, hook, outcome, ...fields, now: NOW });
            const failed = hook !== null && step.hook === 'failed';
            const { failure_reason } = step.delivery;
            const reason = failed
              ? disabledReason(
                  { status: hook.status, consecutive_failures: 1, failing_since: NOW },
                  { outcome, policy, failure_reason, now: NOW },
                )
              : null;
            const expected = reason === null ? step.delivery : stepOfDisabled(delivery, step.delivery);
            await expectStored(kit, kit.attempted(leased, outcome, fields), expected);
            expect(await kit.arrange.hook(delivery.hook_id)).toMatchObject({
              disabled_reason: reason,
              consecutive_failures: failed ? 1 : 0,
            });
          });
        }
      }
    });
  }

  for (const reason of [null, 'dialect_missing', 'hook_unreadable'] as const) {
    check(`a delivery that is returned (reason: ${reason}) is stored as core decides`, (kit) =>
      forEachLease(kit, async (leased, state) => {
        const expected = stepOfReturned(leased.delivery, hookIn(state), { reason, now: NOW });
        await expectStored(kit, kit.returned(leased, reason), expected);
      }),
    );
  }

  check('an event that cannot be rendered is stored as core decides', (kit) =>
    forEachLease(kit, async (leased, state) => {
      const { delivery, lease_token } = leased;
      const expected = stepOfUnprocessable(delivery, hookIn(state), 'unrenderable');
      await expectStored(kit, { kind: 'unrenderable', delivery, lease_token }, expected);
    }),
  );
};
