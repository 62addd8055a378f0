/** The idempotency key of a creation. */
export interface CreationKey {
  readonly idempotency_key: string;
  /** Identifies the request: equal for equal requests. */
  readonly fingerprint: string;
}

/** The first event stored under an idempotency key. */
export interface FirstUse<Receipt> {
  readonly fingerprint: string | null;
  readonly receipt: Receipt;
}

export type RepeatedUse<Receipt> =
  | { readonly kind: 'repeated'; readonly receipt: Receipt }
  | { readonly kind: 'conflict'; readonly event_id: string };

/**
 * The result of reusing an idempotency key: the first event's receipt for an equal request, a conflict for any other.
 * A key is unique within its workspace and tenant, and lives as long as its event.
 */
export const repeatedUse = <Receipt extends { readonly id: string }>(
  { fingerprint, receipt }: FirstUse<Receipt>,
  requested: string | null,
): RepeatedUse<Receipt> =>
  fingerprint === requested ? { kind: 'repeated', receipt } : { kind: 'conflict', event_id: receipt.id };
