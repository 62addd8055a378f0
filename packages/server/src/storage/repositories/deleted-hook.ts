/** The columns of a hook that is deleted: nothing is sent to it, and its idempotency key is free. */
export const deletedHook = (now: number, stopping: 'canceled' | 'erased') =>
  ({
    deleted_at: now,
    updated_at: now,
    headers: null,
    client_certificate: null,
    stopping,
    idempotency_key: null,
    fingerprint: null,
  }) as const;
