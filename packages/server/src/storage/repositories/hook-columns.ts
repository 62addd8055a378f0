import type { Updateable } from 'kysely';
import { isOperational } from '../../core/operational-events.ts';
import type { HookChange, NewHook } from '../../ports/repositories.ts';
import type { Cipher } from '../cipher.ts';
import { sealClientCertificate, sealHeaders } from '../rows/hook-row.ts';
import type { Schema } from '../schema.ts';

const toEvents = (events: readonly string[]) => ({
  events: JSON.stringify(events),
  is_operational: events.some(isOperational) ? (1 as const) : (0 as const),
});

/** The row of a new hook, without its idempotency key. */
export const toHookColumns = (hook: NewHook, cipher: Cipher) => {
  const { headers, client_certificate, secret: _, ...rest } = hook;
  return {
    ...rest,
    ...toEvents(hook.events),
    metadata: JSON.stringify(hook.metadata),
    ordered: hook.ordered ? 1 : 0,
    insecure_ssl: hook.insecure_ssl ? 1 : 0,
    rate_limit: hook.rate_limit === null ? null : JSON.stringify(hook.rate_limit),
    retry_schedule: scheduleText(hook.retry_schedule),
    headers: sealHeaders(headers, hook.id, cipher),
    client_certificate: sealClientCertificate(client_certificate, hook.id, cipher),
  };
};

const scheduleText = (schedule: readonly number[] | null): string | null =>
  schedule === null ? null : JSON.stringify(schedule);

export const isDeactivation = ({ status }: HookChange): boolean =>
  status !== undefined && status !== 'active';

/** The columns that a change sets. */
export const toChangedColumns = (
  id: string,
  change: HookChange & { readonly updated_at: number },
  cipher: Cipher,
): Updateable<Schema['bellwire_hooks']> => {
  const {
    events,
    metadata,
    ordered,
    insecure_ssl,
    rate_limit,
    retry_schedule,
    headers,
    client_certificate,
    secret: _,
    ...rest
  } = change;
  return {
    ...rest,
    ...(events === undefined ? {} : toEvents(events)),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
    ...(ordered === undefined ? {} : { ordered: ordered ? 1 : 0 }),
    ...(insecure_ssl === undefined ? {} : { insecure_ssl: insecure_ssl ? 1 : 0 }),
    ...(rate_limit === undefined
      ? {}
      : { rate_limit: rate_limit === null ? null : JSON.stringify(rate_limit) }),
    ...(retry_schedule === undefined ? {} : { retry_schedule: scheduleText(retry_schedule) }),
    ...(headers === undefined ? {} : { headers: sealHeaders(headers, id, cipher) }),
    ...(client_certificate === undefined
      ? {}
      : { client_certificate: sealClientCertificate(client_certificate, id, cipher) }),
    // Activation resets the failure counters and keeps the waiting deliveries.
    ...(change.status === 'active' ? { consecutive_failures: 0, failing_since: null, stopping: null } : {}),
    ...(isDeactivation(change) ? { stopping: 'held' as const } : {}),
  };
};
