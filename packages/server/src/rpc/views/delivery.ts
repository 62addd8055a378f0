import { z } from 'zod';
import { deliveryStatuses } from '../../core/delivery.ts';
import { deliveryError } from '../../core/error-text.ts';
import { type Hold, holdReasons, waitsFor } from '../../core/waits-for.ts';
import type { StoredDelivery } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { attemptView, trigger } from './attempt.ts';
import { iso, isoOrNull, shownTime, shownTimeOrNull } from './shown.ts';

export const deliveryView = z
  .object({
    id: described(z.string(), 'The id.', EXAMPLE.delivery_id),
    event_id: described(z.string(), 'The id of the event.', EXAMPLE.event_id),
    event_type: described(z.string(), 'The type of the event.', EXAMPLE.event_type),
    hook_id: described(z.string(), 'The id of the hook.', EXAMPLE.hook_id),
    url: described(z.string().nullable(), 'The current URL of the hook.', EXAMPLE.url),
    tenant: described(z.string().nullable(), 'The tenant of the event, or null.', null),
    trigger,
    status: described(
      z.enum(deliveryStatuses),
      '`pending`: due at `next_attempt_at`. `sending`: in progress. `held`: kept while the hook is not active. `succeeded`, `failed`, `canceled`: final.',
      'succeeded',
    ),
    attempt_count: described(z.int(), 'Number of attempts so far.', 1),
    next_attempt_at: shownTimeOrNull(
      'When the next attempt is due; null when none is due, also while it waits for another delivery (`blocked_by`).',
      null,
    ),
    waits_for: z
      .object({
        reason: described(
          z.enum(holdReasons),
          '`breaker`: the receiver fails, so nothing but a probe is sent. `rate_limit`: the `rate_limit` of the hook is used up. `order`: an earlier delivery of its order (`blocked_by`).',
          'rate_limit',
        ),
        until: shownTimeOrNull(
          '`breaker`: when the next probe is sent; null while one is in progress. `rate_limit`: when its turn comes, estimated; null in lists, or if more than 10,000 deliveries are before it. `order`: null.',
          EXAMPLE.later,
        ),
      })
      .nullable()
      .meta({
        description: 'What else a pending delivery waits for after `next_attempt_at`; null for nothing.',
      }),
    last_outcome: described(
      z.string().nullable(),
      'The `outcome` of the last attempt; null before the first.',
      'succeeded',
    ),
    last_status: described(
      z.int().nullable(),
      'The HTTP status of the last response, if there was one.',
      200,
    ),
    last_duration_ms: described(
      z.number().nullable(),
      'The duration of the last attempt in milliseconds; null before the first, or if nothing was measured.',
      62.4,
    ),
    last_error: described(
      z.string().nullable(),
      'Why it failed or has not succeeded yet, in words, such as `The receiver responded with status 503.`; null if nothing went wrong.',
      null,
    ),
    failure_reason: described(
      z.string().nullable(),
      'Why it was canceled: `hook_deleted`, `by_user`, `expired` (it waited for longer than the retention) or `erased` (the data of its tenant was erased). Why it failed: `exhausted`, `hook_gone`, `address_blocked`, `unrenderable`, `single_attempt`, `quarantined` (killed the sender thread repeatedly) or `unrecordable` (the database refused its attempt). While pending, the reason for a delay that the receiver did not cause: `dialect_missing`, `hook_unreadable` (its secrets cannot be decrypted), `sender_died` or `server_fault` (this server could not send: see `last_error`).',
      null,
    ),
    blocked_by: described(
      z.string().nullable(),
      'At an ordered hook, the delivery that it waits for: the first one of its key. Null if it waits for none.',
      null,
    ),
    created_at: shownTime('When it was created.'),
    updated_at: shownTime('When it was last updated.', EXAMPLE.later),
  })
  .meta({ id: 'Delivery', description: 'One event for one hook.' });

const viewHold = (hold: Hold | null): z.infer<typeof deliveryView>['waits_for'] =>
  hold === null ? null : { reason: hold.reason, until: isoOrNull(hold.until) };

export const viewDelivery = (delivery: StoredDelivery, now: number): z.infer<typeof deliveryView> => ({
  id: delivery.id,
  event_id: delivery.event_id,
  event_type: delivery.event_type,
  hook_id: delivery.hook_id,
  url: delivery.url,
  tenant: delivery.tenant,
  trigger: delivery.trigger,
  status: delivery.status,
  attempt_count: delivery.attempts,
  next_attempt_at: isoOrNull(delivery.next_attempt_at),
  waits_for: viewHold(waitsFor(delivery, now)),
  last_outcome: delivery.last_outcome,
  last_status: delivery.last_status,
  last_duration_ms: delivery.last_duration_ms,
  last_error: deliveryError(delivery, delivery.failure_reason),
  failure_reason: delivery.failure_reason,
  blocked_by: delivery.blocked_by,
  created_at: iso(delivery.created_at),
  updated_at: iso(delivery.updated_at),
});

export const deliveryWithAttemptsView = deliveryView
  .extend({
    attempts: z.array(attemptView).meta({
      description:
        'The latest 20 attempts, oldest first; fewer if their bodies are larger than 4 MiB together. `attempt_count` counts all of them.',
    }),
  })
  .meta({ id: 'DeliveryWithAttempts', description: 'A delivery with its latest attempts.' });
