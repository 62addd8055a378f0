import type { Delivery, Hook } from '@bellwire/client';

/** Why a delivery failed or waits: the reason and the error; empty if nothing went wrong. */
export const deliveryProblem = ({ failure_reason, last_error, blocked_by }: Delivery): string =>
  [blocked_by === null ? null : `blocked by ${blocked_by}`, failure_reason, last_error]
    .filter((text) => text !== null)
    .join(': ');

/** Why a hook is disabled or failing; empty if it is neither. */
export const hookProblem = ({ disabled_reason, consecutive_failures, last_failure }: Hook): string => {
  const is_failing = consecutive_failures > 0 || disabled_reason !== null;
  return [disabled_reason, is_failing ? (last_failure?.error ?? null) : null]
    .filter((text) => text !== null)
    .join(': ');
};
