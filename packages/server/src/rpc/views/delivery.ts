import { z } from 'zod';
import { deliveryStatuses } from '../../core/delivery.ts';
import type { StoredDelivery } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { attemptView, trigger } from './attempt.ts';
import { iso, isoOrNull, shownTime, shownTimeOrNull } from './shown.ts';

export const deliveryView = z
  .object({
    id: described(z.string(), 'Its id.', EXAMPLE.delivery_id),
    event_id: described(z.string(), 'The event that is delivered.', EXAMPLE.event_id),
    event_type: described(z.string(), 'The type of that event.', EXAMPLE.event_type),
    hook_id: described(z.string(), 'The hook that it goes to.', EXAMPLE.hook_id),
    trigger,
    status: described(
      z.enum(deliveryStatuses),
      '`pending`: due at `next_attempt_at`. `sending`: under way. `held`: kept for a hook that is not active. `succeeded`, `failed`, `canceled`: final.',
      'succeeded',
    ),
    attempt_count: described(z.int(), 'Attempts so far.', 1),
    next_attempt_at: shownTimeOrNull('When it is tried next; null when it is not.', null),
    failure_reason: described(
      z.string().nullable(),
      'Why it failed for good: `exhausted`, `hook_gone`, `address_blocked`, `unrenderable`, `single_attempt`, `quarantined` (killed the sender thread repeatedly) or `unrecordable` (the database refused its attempt). While it is pending, why it waits though the receiver did nothing wrong: `dialect_missing`, `hook_unreadable` (its secrets cannot be decrypted) or `sender_died`.',
      null,
    ),
    created_at: shownTime('When it was made.'),
    updated_at: shownTime('When it last changed.', EXAMPLE.later),
  })
  .meta({ id: 'Delivery', description: 'One event for one hook, until it succeeds or is given up.' });

export const viewDelivery = (delivery: StoredDelivery): z.infer<typeof deliveryView> => ({
  id: delivery.id,
  event_id: delivery.event_id,
  event_type: delivery.event_type,
  hook_id: delivery.hook_id,
  trigger: delivery.trigger,
  status: delivery.status,
  attempt_count: delivery.attempts,
  next_attempt_at: isoOrNull(delivery.next_attempt_at),
  failure_reason: delivery.failure_reason,
  created_at: iso(delivery.created_at),
  updated_at: iso(delivery.updated_at),
});

export const deliveryWithAttemptsView = deliveryView
  .extend({ attempts: z.array(attemptView) })
  .meta({ id: 'DeliveryWithAttempts', description: 'A delivery with every attempt, the first one first.' });
