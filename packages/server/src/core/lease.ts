/**
 * How long a lease lasts. The longest attempt takes 60 s (the API's limit for `timeout_ms`), so a delivery can wait up
 * to 15 s in memory before its lease has to be extended.
 */
export const LEASE_MS = 90_000;

/** What may pass between the end of an attempt and its commit, a restart of the sender thread included. */
const LEASE_MARGIN_MS = 15_000;

/** Whether a lease outlasts an attempt that starts now. Otherwise another node could take the delivery meanwhile. */
export const coversAttempt = (lease_until: number, now: number, timeout_ms: number): boolean =>
  lease_until >= now + timeout_ms + LEASE_MARGIN_MS;

/** Whether a queued delivery must go back to the store now, before its lease runs out. */
export const mustReturn = (lease_until: number, now: number): boolean => lease_until <= now + LEASE_MARGIN_MS;
