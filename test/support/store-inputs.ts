import type { IdFactory } from '../../packages/server/src/core/ids.ts';
import type { NewHook } from '../../packages/server/src/ports/repositories.ts';
import type {
  AttemptRecord,
  LeasedDelivery,
  NewEvent,
  Settlement,
} from '../../packages/server/src/ports/store.ts';
import type { Kit } from '../storage/conformance/kit.ts';
import type { EventChoice, HookChoice, SettlementChoice } from './store-steps.ts';

/** More than is kept in memory with a lease, or stored with an attempt. */
const LARGE = 20_000;
const REQUESTS = { none: null, small: 'sent', large: 'z'.repeat(LARGE), nul: 'a\u0000b' } as const;
const RESPONSES = { none: null, small: 'received', large: 'y'.repeat(LARGE), nul: 'a\u0000b' } as const;

interface HookRef {
  readonly workspace_id: string;
  readonly id: string;
}

export const newHookOf = (
  { order, ...chosen }: HookChoice,
  {
    workspace_id,
    now,
    ids,
  }: { readonly workspace_id: string; readonly now: number; readonly ids: IdFactory },
): NewHook => {
  const id = ids('wh');
  return {
    id,
    workspace_id,
    name: id,
    description: '',
    metadata: {},
    url: `https://${id.slice(3)}.example.com/`,
    method: 'POST',
    content_type: 'application/json',
    dialect: 'standard',
    disabled_reason: null,
    insecure_ssl: false,
    client_certificate: null,
    retry_schedule: null,
    timeout_ms: null,
    validated_at: null,
    created_at: now,
    updated_at: now,
    headers: {},
    secret: { id: ids('sec'), value: 'whsec_secret' },
    ...chosen,
    ...order,
  };
};

export const newEventOf = (
  choice: EventChoice,
  at: {
    readonly kit: Pick<Kit, 'event'>;
    readonly now: number;
    /** For an event that names its hook. */
    readonly hook: HookRef;
    readonly workspace_id: string;
  },
): NewEvent => {
  const { type, tenant, order, amount, is_ping, is_large, has_metadata, delay_ms } = choice;
  const { kit, now, hook } = at;
  const is_narrow = choice.only !== null || is_ping;
  return kit.event(is_narrow ? hook.workspace_id : at.workspace_id, {
    type,
    tenant,
    data: { amount, key: order, ...(is_large ? { text: 'x'.repeat(LARGE) } : {}) },
    occurred_at: now,
    created_at: now,
    metadata: has_metadata ? { order } : null,
    hook_ids: is_narrow ? [hook.id] : null,
    deliver_at: delay_ms === null ? null : now + delay_ms,
    ...choice.key,
    ...(is_ping
      ? { type: 'ping', trigger: 'ping', deliver_at: null, idempotency_key: null, fingerprint: null }
      : {}),
  });
};

const withBodies = (attempt: AttemptRecord, { body, outcome }: SettlementChoice): AttemptRecord => {
  const request = REQUESTS[body];
  const response = RESPONSES[body];
  const sent = { method: 'POST', url: 'https://example.com/', headers: { a: 'b' } };
  return {
    ...attempt,
    request: request === null ? null : { ...sent, body: request },
    response:
      response === null || outcome.kind !== 'http_status'
        ? null
        : { status: outcome.status, headers: {}, body: response, body_truncated: false },
  };
};

export const settlementOf = (
  choice: SettlementChoice,
  {
    kit,
    now,
    lease: { delivery, lease_token },
  }: { readonly kit: Pick<Kit, 'attempted'>; readonly now: number; readonly lease: LeasedDelivery },
): Settlement => {
  const lease = { delivery, lease_token };
  const { kind, reason } = choice;
  if (kind === 'returned') return { ...lease, kind, reason };
  if (kind !== 'attempted') return { ...lease, kind };
  const { outcome, policy, retry_after_ms, sender_died, roll } = choice;
  const attempted = kit.attempted(lease, outcome, { policy, retry_after_ms, sender_died, roll });
  return { ...attempted, attempt: withBodies({ ...attempted.attempt, started_at: now }, choice) };
};
