import type { DeliveryStatus } from './delivery.ts';

interface Waiting {
  readonly status: DeliveryStatus;
  readonly failures: number;
  readonly returns: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/**
 * Whether a waiting delivery has waited since before `before`: a held one since it became held, a pending one since it
 * was created or, if it has been made due again, since then.
 */
export const hasExpired = (
  { status, failures, returns, created_at, updated_at }: Waiting,
  before: number,
): boolean => {
  if (status === 'held') return updated_at < before;
  if (status !== 'pending') return false;
  const is_restarted = failures === 0 && returns === 0 && updated_at >= before;
  return created_at < before && !is_restarted;
};
