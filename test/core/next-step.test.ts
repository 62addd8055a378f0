import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Delivery, deliveryStatuses } from '../../packages/server/src/core/delivery.ts';
import type { Trigger } from '../../packages/server/src/core/event.ts';
import { type HookStatus, hookStatuses } from '../../packages/server/src/core/hook.ts';
import {
  type Attempted,
  nextStep,
  stepOfDisabled,
  stepOfReturned,
  stepOfUnprocessable,
} from '../../packages/server/src/core/next-step.ts';
import { isReceiversFault } from '../../packages/server/src/core/outcome.ts';
import { DISABLE_WHEN_FAILING, STANDARD_DELAYS_MS } from '../../packages/server/src/core/retry-schedule.ts';

import { nameOf, outcomes } from '../support/outcomes.ts';

const NOW = 1_000_000;
const DAY = 86_400_000;
const triggers = ['scheduled', 'manual', 'ping', 'test', 'validate'] as const satisfies readonly Trigger[];
const singles = ['ping', 'test', 'validate'] as const;

const delivery = (differences: Partial<Delivery> = {}): Delivery => ({
  id: 'dlv_1',
  workspace_id: 'ws_1',
  tenant: null,
  event_id: 'evt_1',
  hook_id: 'wh_1',
  trigger: 'scheduled',
  attempts: 0,
  failures: 0,
  returns: 0,
  suspicion: 0,
  resume: null,
  ...differences,
});

const hookIn = (status: HookStatus | 'deleted'): Attempted['hook'] =>
  status === 'deleted' ? null : { status, max_attempts: null };

const attempted = (differences: Partial<Attempted> = {}): Attempted => ({
  delivery: delivery(),
  hook: hookIn('active'),
  outcome: { kind: 'http_status', status: 500 },
  sender_died: false,
  policy: { delays_ms: STANDARD_DELAYS_MS, disable: DISABLE_WHEN_FAILING },
  retry_after_ms: null,
  now: NOW,
  roll: 0,
  ...differences,
});

const states = [...hookStatuses, 'deleted'] as const;
const whereItWaits = {
  active: 'pending',
  paused: 'held',
  disabled: 'held',
  unvalidated: 'held',
  deleted: 'canceled',
};

describe('a scheduled attempt', () => {
  for (const { outcome } of outcomes) {
    it(`that ended with "${nameOf(outcome)}" leaves its delivery where the hook’s state puts it`, () => {
      for (const state of states) {
        const { status, failure_reason, next_attempt_at } = nextStep(
          attempted({ outcome, hook: hookIn(state) }),
        ).delivery;
        if (outcome.kind === 'succeeded') expect(status).toBe('succeeded');
        else if (outcome.kind === 'address_blocked')
          expect([status, failure_reason]).toEqual(['failed', 'address_blocked']);
        else if (outcome.kind === 'http_status' && outcome.status === 410) {
          expect([status, failure_reason]).toEqual(['failed', 'hook_gone']);
        } else {
          expect(status).toBe(whereItWaits[state]);
          const delay = outcome.kind === 'interrupted' ? 0 : 5_000;
          expect(next_attempt_at).toBe(state === 'active' ? NOW + delay : null);
        }
      }
    });
  }

  it('counts against its hook when it is the receiver’s fault, and never when it is ours', () => {
    for (const { outcome, fault } of outcomes) {
      expect([nameOf(outcome), isReceiversFault(outcome)]).toEqual([nameOf(outcome), fault === 'theirs']);
      const kind = { theirs: 'failed', ours: null, none: 'succeeded' }[fault];
      expect([nameOf(outcome), nextStep(attempted({ outcome })).hook]).toEqual([nameOf(outcome), kind]);
    }
  });

  it('that was interrupted uses up no place in the schedule', () => {
    const last = delivery({ failures: STANDARD_DELAYS_MS.length - 1 });
    const outcome = { kind: 'interrupted' } as const;
    expect(nextStep(attempted({ delivery: last, outcome })).delivery).toMatchObject({
      status: 'pending',
      next_attempt_at: NOW,
      failures: last.failures,
    });
    expect(nextStep(attempted({ delivery: last })).delivery).toMatchObject({ status: 'failed' });
  });

  it('is followed by the next delay of the schedule, then by none', () => {
    const waits = STANDARD_DELAYS_MS.map((_, failures) => {
      const { delivery: step } = nextStep(attempted({ delivery: delivery({ failures }) }));
      return step.next_attempt_at === null ? step.failure_reason : step.next_attempt_at - NOW;
    });
    expect(waits).toEqual([...STANDARD_DELAYS_MS.slice(1), 'exhausted']);
  });

  it('waits as long as the receiver asks, and never less than the schedule says', () => {
    const due = [null, 0, 4_999, 5_001, DAY].map(
      (retry_after_ms) => nextStep(attempted({ retry_after_ms })).delivery.next_attempt_at,
    );
    expect(due).toEqual([5_000, 5_000, 5_000, 5_001, DAY].map((wait) => NOW + wait));
  });
});

describe('ping, test and validate', () => {
  it('are one attempt that is never retried, in every state of the hook, and count for nothing', () => {
    for (const trigger of singles) {
      for (const { outcome } of outcomes) {
        for (const state of states) {
          const step = nextStep(attempted({ delivery: delivery({ trigger }), outcome, hook: hookIn(state) }));
          if (outcome.kind === 'interrupted' && state === 'active') {
            expect(step.delivery).toMatchObject({ status: 'pending', failures: 0 });
            continue;
          }
          const status = outcome.kind === 'succeeded' ? 'succeeded' : 'failed';
          expect([trigger, nameOf(outcome), state, step.delivery.status]).toEqual([
            trigger,
            nameOf(outcome),
            state,
            status,
          ]);
          const gone = outcome.kind === 'http_status' && outcome.status === 410 && state === 'active';
          expect(step.hook).toBe(gone ? 'failed' : null);
        }
      }
    }
  });
});

describe('a manual attempt', () => {
  const resumes = [
    { status: 'pending', at: NOW + 77, failure_reason: null },
    { status: 'failed', at: null, failure_reason: 'exhausted' },
    { status: 'succeeded', at: null, failure_reason: null },
    { status: 'held', at: null, failure_reason: null },
  ] as const;

  for (const resume of resumes) {
    it(`that fails brings a delivery back to ${resume.status}, as it was`, () => {
      const manual = delivery({ trigger: 'manual', failures: 3, resume });
      for (const { outcome } of outcomes) {
        const { delivery: step } = nextStep(attempted({ delivery: manual, outcome }));
        const { status, at, failure_reason } = resume;
        if (outcome.kind === 'succeeded') expect(step).toMatchObject({ status: 'succeeded', failures: 3 });
        else expect(step).toMatchObject({ status, next_attempt_at: at, failure_reason, failures: 3 });
      }
      const { status, at, failure_reason } = resume;
      for (const reason of [null, 'dialect_missing'] as const) {
        expect(stepOfReturned(manual, hookIn('active'), { reason, now: NOW })).toMatchObject({
          status,
          next_attempt_at: at,
          failure_reason,
          failures: 3,
        });
      }
    });

    it(`of a ${resume.status} delivery whose hook was deleted ends what waits and leaves what had ended`, () => {
      const manual = delivery({ trigger: 'manual', resume });
      const status = ['pending', 'held'].includes(resume.status) ? 'canceled' : resume.status;
      expect(nextStep(attempted({ delivery: manual, hook: null })).delivery.status).toBe(status);
      expect(stepOfReturned(manual, null, { reason: null, now: NOW }).status).toBe(status);
    });
  }

  it('counts neither for nor against its hook, but a 410 disables an active one', () => {
    for (const { outcome } of outcomes) {
      const manual = delivery({ trigger: 'manual', resume: resumes[1] });
      const gone = outcome.kind === 'http_status' && outcome.status === 410;
      expect(nextStep(attempted({ delivery: manual, outcome })).hook).toBe(gone ? 'failed' : null);
      expect(nextStep(attempted({ delivery: manual, outcome, hook: hookIn('paused') })).hook).toBeNull();
    }
  });
});

const died = { outcome: { kind: 'interrupted' }, sender_died: true } as const;

describe('a delivery that was held when the sender thread died', () => {
  it('becomes a suspect, and waits a little longer each time', () => {
    const waits = [0, 1, 2].map((suspicion) => {
      const step = nextStep(attempted({ delivery: delivery({ suspicion }), ...died }));
      expect(step.hook).toBeNull();
      expect(step.delivery).toMatchObject({
        status: 'pending',
        failures: 0,
        failure_reason: 'sender_died',
        suspicion: suspicion + 1,
      });
      return step.delivery.next_attempt_at! - NOW;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000]);
  });

  it('is quarantined by its third death in the isolated thread, whatever sent it', () => {
    for (const trigger of ['scheduled', ...singles] as const) {
      const suspect = delivery({ trigger, suspicion: 3 });
      expect(nextStep(attempted({ delivery: suspect, ...died })).delivery).toMatchObject({
        status: 'failed',
        failure_reason: 'quarantined',
      });
    }
  });

  it('is cleared by any answer, and not by the end of the whole process', () => {
    const suspect = delivery({ suspicion: 2 });
    for (const { outcome } of outcomes) {
      const { suspicion } = nextStep(attempted({ delivery: suspect, outcome })).delivery;
      expect([nameOf(outcome), suspicion]).toEqual([nameOf(outcome), outcome.kind === 'interrupted' ? 2 : 0]);
    }
  });

  it('and is retried manually stays quarantined until that succeeds', () => {
    const resume = { status: 'failed', at: null, failure_reason: 'quarantined' } as const;
    const manual = delivery({ trigger: 'manual', suspicion: 4, resume });
    expect(nextStep(attempted({ delivery: manual, ...died })).delivery).toMatchObject({
      status: 'failed',
      failure_reason: 'quarantined',
    });
    const outcome = { kind: 'succeeded' } as const;
    expect(nextStep(attempted({ delivery: manual, outcome })).delivery).toMatchObject({
      status: 'succeeded',
      suspicion: 0,
    });
  });
});

describe('a delivery that is given back unsent', () => {
  it('is due again at once without a reason, and backs off with one, up to five minutes', () => {
    const back = (returns: number, reason: 'dialect_missing' | null) =>
      stepOfReturned(delivery({ returns }), hookIn('active'), { reason, now: NOW });
    expect(back(3, null)).toMatchObject({ status: 'pending', next_attempt_at: NOW, failure_reason: null });
    const waits = [0, 1, 2, 8, 9, 500].map((returns) => {
      const step = back(returns, 'dialect_missing');
      expect(step).toMatchObject({
        status: 'pending',
        failure_reason: 'dialect_missing',
        returns: returns + 1,
      });
      return step.next_attempt_at! - NOW;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
  });

  it('counts its returns anew after an attempt', () => {
    expect(nextStep(attempted({ delivery: delivery({ returns: 5 }) })).delivery.returns).toBe(0);
  });
});

it('a hook that its own attempt disables holds what would have been retried, and nothing that has ended', () => {
  const retried = nextStep(attempted()).delivery;
  expect(stepOfDisabled(retried)).toMatchObject({ status: 'held', next_attempt_at: null, failures: 1 });
  const ended = nextStep(attempted({ outcome: { kind: 'http_status', status: 410 } })).delivery;
  expect(stepOfDisabled(ended)).toBe(ended);
});

const anyAttempted: fc.Arbitrary<Attempted> = fc.record({
  delivery: fc
    .record({
      trigger: fc.constantFrom(...triggers),
      attempts: fc.nat(50),
      failures: fc.nat(25),
      returns: fc.nat(20),
      suspicion: fc.nat(5),
      status: fc.constantFrom(
        ...deliveryStatuses.filter((status) => !['sending', 'canceled'].includes(status)),
      ),
    })
    .map(({ status, ...rest }) =>
      delivery({
        ...rest,
        resume:
          rest.trigger === 'manual'
            ? {
                status,
                at: status === 'pending' ? NOW + 1 : null,
                failure_reason: status === 'failed' ? 'exhausted' : null,
              }
            : null,
      }),
    ),
  hook: fc.option(
    fc.record({
      status: fc.constantFrom(...hookStatuses),
      max_attempts: fc.option(fc.integer({ min: 1, max: 20 })),
    }),
  ),
  outcome: fc.oneof(
    fc.constantFrom(...outcomes.map(({ outcome }) => outcome)),
    fc.integer({ min: 300, max: 999 }).map((status) => ({ kind: 'http_status' as const, status })),
  ),
  sender_died: fc.boolean(),
  policy: fc.record({
    delays_ms: fc.array(fc.nat(DAY), { minLength: 1, maxLength: 20 }),
    disable: fc.constantFrom(DISABLE_WHEN_FAILING, { when: 'exhausted' } as const),
  }),
  retry_after_ms: fc.option(fc.nat(DAY)),
  now: fc.constant(NOW),
  roll: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

it('every step is whole: pending with a time and for an active hook only, failed with a reason, failures only grow', () => {
  fc.assert(
    fc.property(anyAttempted, (input) => {
      const { delivery: step, hook } = nextStep(input);
      expect(step.next_attempt_at !== null).toBe(step.status === 'pending');
      if (step.status === 'failed') expect(step.failure_reason).not.toBeNull();
      else if (step.status !== 'pending') expect(step.failure_reason).toBeNull();
      expect(step.failures - input.delivery.failures).toBeGreaterThanOrEqual(0);
      expect(step.failures - input.delivery.failures).toBeLessThanOrEqual(1);
      if (step.status === 'pending') {
        expect(input.hook?.status).toBe('active');
        expect(step.next_attempt_at).toBeGreaterThanOrEqual(NOW);
      }
      expect(step.status === 'succeeded').toBe(
        input.outcome.kind === 'succeeded' || input.delivery.resume?.status === 'succeeded',
      );
      if (hook === 'failed') expect(isReceiversFault(input.outcome)).toBe(true);
      expect(nextStep(input)).toEqual({ delivery: step, hook });
    }),
    { numRuns: 2_000, seed: 1 },
  );
});

it('an event that cannot be rendered fails for good without using up an attempt', () => {
  expect(stepOfUnprocessable(delivery({ failures: 2 }), hookIn('active'), 'unrenderable')).toEqual({
    status: 'failed',
    failure_reason: 'unrenderable',
    next_attempt_at: null,
    failures: 2,
    returns: 0,
    suspicion: 0,
  });
});
