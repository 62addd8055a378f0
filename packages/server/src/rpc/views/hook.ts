import { z } from 'zod';
import { type Breaker, breakerStates, CLOSED } from '../../core/breaker.ts';
import { HIDDEN_VALUE } from '../../core/custom-headers.ts';
import { formatDuration } from '../../core/durations.ts';
import { deliveryError } from '../../core/error-text.ts';
import { hookStatuses } from '../../core/hook.ts';
import { ratePeriods } from '../../core/rate-limit.ts';
import type { AttemptDelay } from '../../core/retry-schedule.ts';
import type { SecretState } from '../../core/secret-state.ts';
import type { ListedHook } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described, metadata } from '../fields.ts';
import { warningsView } from './warning.ts';
import { iso, isoOrNull, shownTime, shownTimeOrNull } from './shown.ts';

export const hookView = z
  .object({
    id: described(z.string(), 'The id.', EXAMPLE.hook_id),
    number: described(z.int(), 'An integer alternative to the id, for wire formats that need one.', 7),
    tenant: described(
      z.string().nullable(),
      'The customer that the hook belongs to; `*` for every tenant, or null.',
      null,
    ),
    name: described(z.string(), 'The display name. Default: the host of the URL.', 'Shop'),
    description: described(z.string(), 'Your own description.', 'Orders for the accounting system'),
    metadata,
    url: described(z.string(), 'The URL of the receiver.', EXAMPLE.url),
    events: described(
      z.array(z.string()),
      'Names of event types, `order.*` for all names that start with `order.`, or `*` for all.',
      ['order.*'],
    ),
    filter: described(
      z.string().nullable(),
      'Which events of these types it gets; null for all.',
      'order.total >= 100',
    ),
    method: described(z.string(), 'The HTTP method of the requests.', 'POST'),
    content_type: described(z.string(), 'The encoding of the body.', 'application/json'),
    ordered: described(
      z.boolean(),
      'Whether deliveries are sent one at a time, in the order in which their events were accepted.',
      false,
    ),
    order_key: described(
      z.string().nullable(),
      'The path into the data of events within whose values the order is kept. Null keeps one order for the whole hook.',
      null,
    ),
    dialect: described(z.string(), 'The wire format.', 'standard'),
    status: described(
      z.enum(hookStatuses),
      'Deliveries are held unless the status is `active`. `paused`: by the user. `disabled`: by the server. `unvalidated`: until a validation succeeds.',
      'active',
    ),
    active: described(z.boolean(), 'Whether the status is `active`.', true),
    insecure_ssl: described(z.boolean(), 'Whether TLS verification is disabled.', false),
    max_attempts: described(
      z.int().nullable(),
      'Maximum number of attempts for each delivery. Null uses the length of the schedule.',
      null,
    ),
    retry_schedule: described(
      z.array(z.string()).nullable(),
      'The delay before each attempt. Null uses the schedule of the server’s `BELLWIRE_RETRY_SCHEDULE`, or else that of the dialect.',
      EXAMPLE.retry_schedule,
    ),
    attempt_delays: z
      .array(
        z.object({
          min_ms: described(z.int(), 'The earliest, in milliseconds after the preceding failure.', 60_000),
          max_ms: described(
            z.int(),
            'The latest, if the receiver requests no longer wait with `Retry-After`. Values between are equally likely.',
            75_000,
          ),
        }),
      )
      .meta({
        description:
          'When each attempt of a delivery is due, the first one first: the schedule in use, with `max_attempts` and jitter. Read-only.',
      }),
    timeout_ms: described(
      z.int().nullable(),
      'Timeout of each attempt in milliseconds. Null uses the server’s `BELLWIRE_ATTEMPT_TIMEOUT`, or else the default of the dialect.',
      null,
    ),
    rate_limit: z
      .object({
        count: described(z.int(), 'The number of deliveries.', 10),
        per: described(z.enum(ratePeriods), 'The period.', 'second'),
      })
      .nullable()
      .meta({
        description:
          'Maximum rate at which it receives deliveries, evenly spaced. Tests, pings and manual retries are not limited. Null for no limit.',
      }),
    headers: described(
      z.record(z.string(), z.string()),
      `The custom headers. Values are shown as \`${HIDDEN_VALUE}\`.`,
      { 'X-Tenant': HIDDEN_VALUE },
    ),
    client_certificate: z
      .object({
        subject: described(z.string(), 'The subject of the certificate.', 'CN=acme'),
        fingerprint: described(
          z.string(),
          'SHA-256 of the certificate, in hexadecimal.',
          'a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90',
        ),
        expires_at: shownTime('When it expires.'),
      })
      .nullable()
      .meta({ description: 'The client certificate that receivers see over TLS; null without one.' }),
    validated_at: shownTimeOrNull('When a validation last succeeded.', null),
    disabled_reason: described(
      z.enum(['attempts_exhausted', 'gone_410', 'failing']).nullable(),
      'Why the server disabled it.',
      null,
    ),
    breaker: z
      .object({
        state: described(
          z.enum(breakerStates),
          '`closed`: deliveries are sent. `open`: the receiver fails; nothing is sent before `next_probe_at`. `half_open`: one delivery is being sent as a probe, and its success closes the breaker.',
          'closed',
        ),
        next_probe_at: shownTimeOrNull(
          'When the next delivery is sent to an open hook; null unless it is open.',
          null,
        ),
      })
      .meta({ description: 'The circuit breaker, which stops sending to a receiver that keeps failing.' }),
    secret_state: z
      .object({
        signing: described(
          z.enum(['none', 'current', 'previous', 'current_and_previous']),
          'Which secrets sign requests now. `previous`: a dialect with one signature signs with the old secret until `switch_at`.',
          'current',
        ),
        previous: z
          .array(z.object({ expires_at: shownTime('When the previous secret expires.') }))
          .meta({ description: 'Previous secrets that have not expired, newest first.' }),
        switch_at: shownTimeOrNull('When only the current secret signs; null when it already does.', null),
      })
      .meta({ description: 'Which secrets sign requests, and until when.' }),
    consecutive_failures: described(z.int(), 'Failures since the last success.', 0),
    last_failure: z
      .object({
        at: shownTime('When the attempt ended.'),
        outcome: described(z.string().nullable(), 'The `outcome` of the attempt.', 'http_status'),
        status: described(z.int().nullable(), 'The HTTP status of the response, if there was one.', 503),
        error: described(
          z.string().nullable(),
          'The failure in words.',
          'The receiver responded with status 503.',
        ),
      })
      .nullable()
      .meta({
        description:
          'The last failed attempt that the receiver caused, without pings, tests and manual retries; null if there was none. With `consecutive_failures: 0`, it has succeeded since, or was activated again.',
      }),
    next_attempt_at: shownTimeOrNull(
      'When its first pending delivery is due; null if none is pending.',
      null,
    ),
    created_at: shownTime('When it was created.'),
    updated_at: shownTime('When it was last updated.'),
  })
  .meta({
    id: 'Hook',
    description: 'A registered receiver: URL, subscribed event types and wire format.',
  });

const viewFailure = (failure: ListedHook['last_failure']): z.infer<typeof hookView>['last_failure'] =>
  failure === null
    ? null
    : {
        at: iso(failure.at),
        outcome: failure.last_outcome,
        status: failure.last_status,
        error: deliveryError(failure, null),
      };

const viewBreaker = ({ state, probe_at }: Breaker): z.infer<typeof hookView>['breaker'] => ({
  state,
  next_probe_at: state === 'open' ? isoOrNull(probe_at) : null,
});

/** The parts of a shown hook that are not in its row. */
export interface HookFacts {
  readonly secrets: SecretState;
  readonly attempt_delays: readonly AttemptDelay[];
}

export const viewHook = (
  hook: ListedHook,
  { secrets, attempt_delays }: HookFacts,
): z.infer<typeof hookView> => ({
  id: hook.id,
  number: hook.number,
  tenant: hook.tenant,
  name: hook.name,
  description: hook.description,
  metadata: { ...hook.metadata },
  url: hook.url,
  events: [...hook.events],
  filter: hook.filter,
  method: hook.method,
  content_type: hook.content_type,
  ordered: hook.ordered,
  order_key: hook.order_key,
  dialect: hook.dialect,
  status: hook.status,
  active: hook.status === 'active',
  insecure_ssl: hook.insecure_ssl,
  max_attempts: hook.max_attempts,
  retry_schedule: hook.retry_schedule?.map(formatDuration) ?? null,
  attempt_delays: [...attempt_delays],
  timeout_ms: hook.timeout_ms,
  rate_limit: hook.rate_limit === null ? null : { ...hook.rate_limit },
  headers: Object.fromEntries(hook.header_names.map((name) => [name, HIDDEN_VALUE])),
  client_certificate:
    hook.client_certificate === null
      ? null
      : { ...hook.client_certificate, expires_at: iso(hook.client_certificate.expires_at) },
  validated_at: isoOrNull(hook.validated_at),
  disabled_reason: hook.disabled_reason,
  breaker: viewBreaker(hook.throttle ?? CLOSED),
  secret_state: {
    signing: secrets.signing,
    previous: secrets.previous.map(({ expires_at }) => ({ expires_at: iso(expires_at) })),
    switch_at: isoOrNull(secrets.switch_at),
  },
  consecutive_failures: hook.consecutive_failures,
  last_failure: viewFailure(hook.last_failure),
  next_attempt_at: isoOrNull(hook.next_attempt_at),
  created_at: iso(hook.created_at),
  updated_at: iso(hook.updated_at),
});

const warnings = warningsView(
  'Remarks on the hook, its secret and its client certificate: a weak secret, a certificate that expires within 30 days, event types that are not in the catalog, fields of the filter that are not in a schema, or another hook with its URL or name.',
);

export const createdHookView = hookView
  .extend({
    secret: described(
      z.string().nullable(),
      'The signing secret. Returned on creation and rotation, and by `hooks.revealSecret`, which is audited. Null if requests are not signed, or if a repeated creation finds another secret.',
      EXAMPLE.secret,
    ),
    warnings,
  })
  .meta({ id: 'CreatedHook', description: 'A new hook with its secret.' });

export const activatedHookView = hookView
  .extend({
    warnings,
    held: described(z.int(), 'Number of deliveries that were held for the hook.', 12),
    recovery_id: described(
      z.string().nullable(),
      'The recovery that sends them; null if there is none.',
      EXAMPLE.recovery_id,
    ),
  })
  .meta({ id: 'ActivatedHook', description: 'An active hook, with the number of its held deliveries.' });

export const updatedHookView = hookView
  .extend({ warnings })
  .meta({ id: 'UpdatedHook', description: 'A hook after a change.' });

export const rotatedHookView = hookView
  .extend({ secret: described(z.string(), 'The new secret.', EXAMPLE.secret), warnings })
  .meta({ id: 'RotatedHook', description: 'A hook with its new secret.' });

export const secretsView = z
  .object({
    secret: described(z.string(), 'The current secret.', EXAMPLE.secret),
    previous: z
      .array(
        z.object({
          secret: described(
            z.string(),
            'A previous secret that is still valid.',
            'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
          ),
          expires_at: shownTimeOrNull('When it expires.', '2026-11-22T10:30:00.000Z'),
        }),
      )
      .meta({ description: 'Previous secrets within their grace period, newest first.' }),
  })
  .meta({ id: 'HookSecrets', description: 'The valid secrets of a hook.' });
