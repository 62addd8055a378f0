import type { Delivery, Hook } from '@bellwire/client';

const HOLDS: Readonly<Record<NonNullable<Delivery['waits_for']>['reason'], string>> = {
  breaker: 'waits for the breaker',
  rate_limit: 'waits for the rate limit',
  order: 'waits for an earlier delivery',
};

/** What holds a pending delivery back, in words; null for nothing. */
export const holdText = ({ waits_for }: Pick<Delivery, 'waits_for'>): string | null => {
  if (waits_for === null) return null;
  const { reason, until } = waits_for;
  return until === null ? HOLDS[reason] : `${HOLDS[reason]} until ${until}`;
};

const waitText = (delivery: Delivery): string | null =>
  delivery.blocked_by === null ? holdText(delivery) : `blocked by ${delivery.blocked_by}`;

/** Why a delivery failed or waits: the reason and the error; empty if nothing went wrong. */
export const deliveryProblem = (delivery: Delivery): string =>
  [delivery.failure_reason, waitText(delivery), delivery.last_error]
    .filter((text) => text !== null)
    .join(': ');

const breakerText = ({ state, next_probe_at }: Hook['breaker']): string | null => {
  if (state === 'closed') return null;
  return next_probe_at === null ? 'breaker half-open' : `breaker open until ${next_probe_at}`;
};

/** Why a hook is disabled or failing; empty if it is neither. */
export const hookProblem = ({
  disabled_reason,
  consecutive_failures,
  last_failure,
  breaker,
}: Hook): string => {
  const is_failing = consecutive_failures > 0 || disabled_reason !== null;
  return [disabled_reason, breakerText(breaker), is_failing ? (last_failure?.error ?? null) : null]
    .filter((text) => text !== null)
    .join(': ');
};
