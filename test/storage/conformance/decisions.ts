import { expect } from 'vitest';
import { disabledReason } from '../../../packages/server/src/core/hook-health.ts';
import { hookStatuses } from '../../../packages/server/src/core/hook.ts';
import { nextStep, stepOfDisabled, stepOfReturned } from '../../../packages/server/src/core/next-step.ts';
import { nameOf, outcomes } from '../../support/outcomes.ts';
import { type Check, type Kit, NOW, POLICY, STRICT_POLICY } from './kit.ts';

const states = [...hookStatuses, 'deleted'] as const;
const triggers = ['scheduled', 'ping'] as const;

const leaseOf = async (kit: Kit, trigger: (typeof triggers)[number], state: (typeof states)[number]) => {
  const pair = await kit.pair();
  const leased = await kit.leaseFor(pair, { trigger });
  if (state === 'deleted') await kit.arrange.deleteHook(pair.hook_id);
  else if (state !== 'active') await kit.arrange.setHookStatus(pair.hook_id, state);
  return leased;
};

const stored = async (kit: Kit, id: string) => {
  const row = await kit.arrange.delivery(id);
  const { status, next_attempt_at, failure_reason, failures, returns, suspicion } = row;
  return { status, next_attempt_at, failure_reason, failures, returns, suspicion };
};

/** The store writes exactly what core decides: every outcome, in every state of the hook. */
export const decisions = (check: Check): void => {
  for (const { outcome } of outcomes) {
    check(`an attempt that ended with "${nameOf(outcome)}" is stored as core decides`, async (kit) => {
      for (const policy of [POLICY, STRICT_POLICY]) {
        for (const trigger of triggers) {
          for (const state of states) {
            for (const sender_died of outcome.kind === 'interrupted' ? [false, true] : [false]) {
              const leased = await leaseOf(kit, trigger, state);
              const hook = state === 'deleted' ? null : ({ status: state, max_attempts: null } as const);
              const { delivery } = leased;
              const input = {
                delivery,
                hook,
                outcome,
                sender_died,
                policy,
                retry_after_ms: 7,
                now: NOW,
                roll: 0,
              };
              const step = nextStep(input);
              const failed = {
                status: hook?.status ?? 'active',
                consecutive_failures: 1,
                failing_since: NOW,
              };
              const { failure_reason } = step.delivery;
              const reason =
                hook !== null && step.hook === 'failed'
                  ? disabledReason(failed, { outcome, policy, failure_reason, now: NOW })
                  : null;
              await kit.settle(
                kit.attempted(leased, outcome, { policy, sender_died, retry_after_ms: 7, roll: 0 }),
              );
              const expected = reason === null ? step.delivery : stepOfDisabled(step.delivery);
              expect([trigger, state, await stored(kit, delivery.id)]).toEqual([trigger, state, expected]);
              expect(await kit.arrange.hook(delivery.hook_id)).toMatchObject({
                disabled_reason: reason,
                consecutive_failures: hook !== null && step.hook === 'failed' ? 1 : 0,
              });
            }
          }
        }
      }
    });
  }

  check('a delivery that is given back is stored as core decides', async (kit) => {
    for (const reason of [null, 'dialect_missing', 'hook_unreadable'] as const) {
      for (const trigger of triggers) {
        for (const state of states) {
          const leased = await leaseOf(kit, trigger, state);
          const hook = state === 'deleted' ? null : { status: state };
          await kit.settle(kit.returned(leased, reason ?? undefined));
          const expected = stepOfReturned(leased.delivery, hook, { reason, now: NOW });
          expect([trigger, state, await stored(kit, leased.delivery.id)]).toEqual([trigger, state, expected]);
        }
      }
    }
  });
};
