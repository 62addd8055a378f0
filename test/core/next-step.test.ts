import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Delivery, deliveryStatuses } from '../../packages/server/src/core/delivery.ts';
import { triggers } from '../../packages/server/src/core/event.ts';
import { type HookStatus, hookStatuses } from '../../packages/server/src/core/hook.ts';
import {
  type Attempted,
  nextStep,
  stepOfDisabled,
  stepOfReturned,
  stepOfUnprocessable,
} from '../../packages/server/src/core/next-step.ts';
import { isReceiversFault, type Outcome } from '../../packages/server/src/core/outcome.ts';
import { DISABLE_WHEN_FAILING, STANDARD_DELAYS_MS } from '../../packages/server/src/core/retry-schedule.ts';
import { nameOf, outcomes } from '../support/outcomes.ts';

const NOW = 1_000_000;
const DAY = 86_400_000;
const singles = ['ping', 'test', 'validate'] as const;

const delivery = (differences: Partial<Delivery> = {}): Delivery => ({
  id: 'dlv_1',
  workspace_id: 'ws_1',
  tenant: null,
  event_id: 'evt_1',
  event_type: 'a',
  hook_id: 'wh_1',
  trigger: 'scheduled',
  attempts: 0,
  failures: 0,
  has_succeeded: false,
  returns: 0,
  suspicion: 0,
  order_key: null,
  resume: null,
  ...differences,
});

const hookIn = (status: HookStatus | 'deleted'): Attempted['hook'] =>
  status === 'deleted' ? null : { status, max_attempts: null, retry_schedule: null };

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
const waitsAs = {
  active: 'pending',
  paused: 'held',
  disabled: 'held',
  unvalidated: 'held',
  deleted: 'canceled',
};
const failedAs = (failure_reason: string) => ({ status: 'failed', failure_reason });
/** The wait after the first scheduled attempt. */
const delayAfter = (outcome: Outcome): number => {
  if (outcome.kind !== 'interrupted') return 5_000;
  return outcome.fault === undefined ? 0 : 1_000;
};
const isGone = (outcome: Outcome) => outcome.kind === 'http_status' && outcome.status === 410;

describe('a scheduled attempt', () => {
  for (const { outcome } of outcomes) {
    it(`that ended with "${nameOf(outcome)}" leaves its delivery in the status for the state of its hook`, () => {
      for (const state of states) {
        const step = nextStep(attempted({ outcome, hook: hookIn(state) })).delivery;
        const delay = delayAfter(outcome);
        const next_attempt_at = state === 'active' ? NOW + delay : null;
        if (outcome.kind === 'succeeded') expect(step.status).toBe('succeeded');
        else if (outcome.kind === 'address_blocked') expect(step).toMatchObject(failedAs('address_blocked'));
        else if (isGone(outcome)) expect(step).toMatchObject(failedAs('hook_gone'));
        else expect(step).toMatchObject({ status: waitsAs[state], next_attempt_at });
      }
    });
  }

  it('counts against its hook for a fault of the receiver, and never for ours', () => {
    for (const { outcome, fault } of outcomes) {
      expect(isReceiversFault(outcome), nameOf(outcome)).toBe(fault === 'theirs');
      const kind = { theirs: 'failed', ours: null, none: 'succeeded' }[fault];
      expect(nextStep(attempted({ outcome })).hook, nameOf(outcome)).toBe(kind);
    }
  });

  it('that was interrupted uses up no delay of the schedule', () => {
    const last = delivery({ failures: STANDARD_DELAYS_MS.length - 1 });
    const outcome = { kind: 'interrupted' } as const;
    expect(nextStep(attempted({ delivery: last, outcome })).delivery).toMatchObject({
      status: 'pending',
      next_attempt_at: NOW,
      failures: last.failures,
    });
    expect(nextStep(attempted({ delivery: last })).delivery).toMatchObject({ status: 'failed' });
  });

  it('that a fault of this server prevented uses up no delay either, and waits a little longer each time', () => {
    const failures = STANDARD_DELAYS_MS.length - 1;
    const waits = [0, 1, 2, 8, 9, 500].map((returns) => {
      const outcome = { kind: 'interrupted', fault: 'EMFILE' } as const;
      const step = nextStep(attempted({ delivery: delivery({ failures, returns }), outcome }));
      const waiting = { status: 'pending', failure_reason: 'server_fault', failures, returns: returns + 1 };
      expect(step).toMatchObject({ delivery: waiting, hook: null });
      return step.delivery.next_attempt_at! - NOW;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
  });

  it('is followed by the next delay of the schedule until it is exhausted', () => {
    const waits = STANDARD_DELAYS_MS.map((_, failures) => {
      const { delivery: step } = nextStep(attempted({ delivery: delivery({ failures }) }));
      return step.next_attempt_at === null ? step.failure_reason : step.next_attempt_at - NOW;
    });
    expect(waits).toEqual([...STANDARD_DELAYS_MS.slice(1), 'exhausted']);
  });

  it('is retried after Retry-After, and never before the delay of the schedule', () => {
    const due = [null, 0, 4_999, 5_001, DAY].map(
      (retry_after_ms) => nextStep(attempted({ retry_after_ms })).delivery.next_attempt_at,
    );
    expect(due).toEqual([5_000, 5_000, 5_000, 5_001, DAY].map((wait) => NOW + wait));
  });
});

describe('ping, test and validate', () => {
  it('are one attempt without retry, in every state of the hook, and do not count for the hook', () => {
    for (const trigger of singles) {
      for (const { outcome } of outcomes) {
        for (const state of states) {
          const step = nextStep(attempted({ delivery: delivery({ trigger }), outcome, hook: hookIn(state) }));
          if (outcome.kind === 'interrupted' && state === 'active') {
            expect(step.delivery).toMatchObject({ status: 'pending', failures: 0 });
            continue;
          }
          const status = outcome.kind === 'succeeded' ? 'succeeded' : 'failed';
          expect(step.delivery.status, `${trigger} ${nameOf(outcome)} ${state}`).toBe(status);
          expect(step.hook).toBe(isGone(outcome) && state === 'active' ? 'failed' : null);
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
    it(`that fails leaves a ${resume.status} delivery as it was`, () => {
      const manual = delivery({ trigger: 'manual', failures: 3, resume });
      const { status, at, failure_reason } = resume;
      const unchanged = { status, next_attempt_at: at, failure_reason, failures: 3 };
      for (const { outcome } of outcomes) {
        const { delivery: step } = nextStep(attempted({ delivery: manual, outcome }));
        if (outcome.kind === 'succeeded') expect(step).toMatchObject({ status: 'succeeded', failures: 3 });
        else expect(step).toMatchObject(unchanged);
      }
      for (const reason of [null, 'dialect_missing'] as const) {
        const step = stepOfReturned(manual, hookIn('active'), { reason, now: NOW });
        expect(step).toMatchObject(unchanged);
      }
    });

    it(`of a ${resume.status} delivery whose hook was deleted cancels it, unless it had ended`, () => {
      const manual = delivery({ trigger: 'manual', resume });
      const status = ['pending', 'held'].includes(resume.status) ? 'canceled' : resume.status;
      expect(nextStep(attempted({ delivery: manual, hook: null })).delivery.status).toBe(status);
      expect(stepOfReturned(manual, null, { reason: null, now: NOW }).status).toBe(status);
    });
  }

  it('resets the failures of its hook if it succeeds; a 410 disables an active hook, and no other failure counts', () => {
    for (const { outcome } of outcomes) {
      const manual = delivery({ trigger: 'manual', resume: resumes[1] });
      const success = outcome.kind === 'succeeded' ? 'succeeded' : null;
      const kind = isGone(outcome) ? 'failed' : success;
      expect(nextStep(attempted({ delivery: manual, outcome })).hook).toBe(kind);
      expect(nextStep(attempted({ delivery: manual, outcome, hook: hookIn('paused') })).hook).toBe(success);
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
      const step = nextStep(attempted({ delivery: suspect, ...died }));
      expect(step.delivery).toMatchObject(failedAs('quarantined'));
    }
  });

  it('is cleared by any answer, and not by the end of the whole process', () => {
    const suspect = delivery({ suspicion: 2 });
    for (const { outcome } of outcomes) {
      const { suspicion } = nextStep(attempted({ delivery: suspect, outcome })).delivery;
      expect(suspicion, nameOf(outcome)).toBe(outcome.kind === 'interrupted' ? 2 : 0);
    }
  });

  it('and is retried manually stays quarantined until that succeeds', () => {
    const resume = { status: 'failed', at: null, failure_reason: 'quarantined' } as const;
    const manual = delivery({ trigger: 'manual', suspicion: 4, resume });
    const again = nextStep(attempted({ delivery: manual, ...died }));
    expect(again.delivery).toMatchObject(failedAs('quarantined'));
    const succeeded = nextStep(attempted({ delivery: manual, outcome: { kind: 'succeeded' } }));
    expect(succeeded.delivery).toMatchObject({ status: 'succeeded', suspicion: 0 });
  });
});

describe('a delivery that is returned unsent', () => {
  it('is due again at once without a reason, and backs off with one, up to five minutes', () => {
    const back = (returns: number, reason: 'dialect_missing' | null) =>
      stepOfReturned(delivery({ returns }), hookIn('active'), { reason, now: NOW });
    expect(back(3, null)).toMatchObject({ status: 'pending', next_attempt_at: NOW, failure_reason: null });
    const waits = [0, 1, 2, 8, 9, 500].map((returns) => {
      const step = back(returns, 'dialect_missing');
      const waiting = { status: 'pending', failure_reason: 'dialect_missing', returns: returns + 1 };
      expect(step).toMatchObject(waiting);
      return step.next_attempt_at! - NOW;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
  });

  it('resets its count of returns at an attempt', () => {
    expect(nextStep(attempted({ delivery: delivery({ returns: 5 }) })).delivery.returns).toBe(0);
  });
});

it('a hook that an attempt disables holds the delivery of that attempt, unless it has ended', () => {
  const retried = nextStep(attempted()).delivery;
  expect(stepOfDisabled(delivery(), retried)).toMatchObject({
    status: 'held',
    next_attempt_at: null,
    failures: 1,
  });
  const ended = nextStep(attempted({ outcome: { kind: 'http_status', status: 410 } })).delivery;
  expect(stepOfDisabled(delivery(), ended)).toBe(ended);
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
      retry_schedule: fc.option(fc.array(fc.nat(DAY), { minLength: 1, maxLength: 20 })),
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

it('every step is consistent: pending with a time for an active hook only, failed with a reason, with as many failures or one more', () => {
  fc.assert(
    fc.property(anyAttempted, (input) => {
      const { delivery: step, hook } = nextStep(input);
      expect(step.next_attempt_at !== null).toBe(step.status === 'pending');
      if (step.status === 'canceled') expect(step.failure_reason).toBe('hook_deleted');
      else if (step.status === 'failed') expect(step.failure_reason).not.toBeNull();
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

it('an event that cannot be rendered fails its delivery without an attempt', () => {
  const counts = { failures: 2, returns: 0, suspicion: 0 };
  const failed = { ...failedAs('unrenderable'), next_attempt_at: null, ...counts };
  expect(stepOfUnprocessable(delivery({ failures: 2 }), hookIn('active'), 'unrenderable')).toEqual(failed);
});
