import type { Delivery } from './delivery.ts';
import type { LastOutcome } from './error-text.ts';
import { type Outcome, outcomeDetail } from './outcome.ts';

interface EndedAttempt<Timings> {
  readonly outcome: Outcome;
  readonly timings: Timings | null;
  readonly reused_connection: boolean;
}

/** The stored fields of an attempt that follow from its delivery, outcome and timings. Attempts are numbered from 1. */
export const attemptFields = <Timings extends { readonly total_ms: number }>(
  { attempts, trigger }: Pick<Delivery, 'attempts' | 'trigger'>,
  { outcome, timings, reused_connection }: EndedAttempt<Timings>,
) => ({
  number: attempts + 1,
  trigger,
  outcome: outcome.kind,
  outcome_detail: outcomeDetail(outcome),
  duration_ms: timings?.total_ms ?? 0,
  timings: timings === null ? null : { ...timings, reused_connection },
});

/** The fields that a delivery keeps of its last attempt, and a hook of its last failure. */
export const lastOutcome = ({
  outcome,
  response,
}: {
  readonly outcome: Outcome;
  readonly response: { readonly status: number } | null;
}): LastOutcome => ({
  last_outcome: outcome.kind,
  last_detail: outcomeDetail(outcome),
  last_status: response?.status ?? null,
});
