/** What happened to a hook. `failing`, `recovered` and `breaker` follow its attempts; `disabled` is by the server. */
export const hookChanges = [
  'created',
  'updated',
  'activated',
  'deactivated',
  'validated',
  'secret_changed',
  'failing',
  'recovered',
  'breaker',
  'disabled',
  'deleted',
] as const;
export type HookChange = (typeof hookChanges)[number];

/** Why many deliveries changed at once. `burst`: more changes of any kind than are listed one by one. */
export const bulkReasons = [
  'held',
  'canceled',
  'recovered',
  'erased',
  'expired',
  'fan_out',
  'burst',
] as const;
export type BulkReason = (typeof bulkReasons)[number];

/** Many deliveries that changed; only what they have in common is known. */
export interface BulkChange {
  readonly reason: BulkReason;
  /** Null if they can belong to any hook. */
  readonly hook_id: string | null;
  /** Null if they can belong to any tenant. */
  readonly tenant: string | null;
}
