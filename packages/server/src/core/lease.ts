/**
 * The duration of a lease. The longest attempt takes 60 s (the API's limit for `timeout_ms`), so a delivery can wait up
 * to 15 s in memory before its lease must be extended.
 */
export const LEASE_MS = 90_000;

/** The time allowed between the end of an attempt and its commit, including a restart of the sender thread. */
const LEASE_MARGIN_MS = 15_000;

/** Identifies a lease. The id alone would not: a delivery can be leased again before its last lease is settled here. */
export const leaseKey = (lease: {
  readonly delivery: { readonly id: string };
  readonly lease_token: number;
}) => `${lease.delivery.id} ${lease.lease_token}`;

/** Whether a lease outlasts an attempt that starts now. Otherwise another node could claim the delivery meanwhile. */
export const coversAttempt = (lease_until: number, now: number, timeout_ms: number): boolean =>
  lease_until >= now + timeout_ms + LEASE_MARGIN_MS;

/** Whether a queued delivery must be returned to the store now, before its lease expires. */
export const mustReturn = (lease_until: number, now: number): boolean => lease_until <= now + LEASE_MARGIN_MS;
