import type { Delivery } from './delivery.ts';
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
