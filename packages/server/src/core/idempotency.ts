/** The event that was stored first under an idempotency key. */
export interface FirstUse<Receipt> {
  readonly fingerprint: string | null;
  readonly receipt: Receipt;
}

export type RepeatedUse<Receipt> =
  | { readonly kind: 'repeated'; readonly receipt: Receipt }
  | { readonly kind: 'conflict'; readonly event_id: string };

/**
 * What a second use of an idempotency key means: the first event's receipt for an equal request, a conflict for any
 * other. A key is unique within its workspace and tenant, and lives as long as its event.
 */
export const repeatedUse = <Receipt extends { readonly id: string }>(
  { fingerprint, receipt }: FirstUse<Receipt>,
  asked: string | null,
): RepeatedUse<Receipt> =>
  fingerprint === asked ? { kind: 'repeated', receipt } : { kind: 'conflict', event_id: receipt.id };
