import { z } from 'zod';
import { recoverableStatuses, recoveryKinds, type RecoveryTally, totalOf } from '../../core/recovery.ts';
import { outcomeKinds } from '../../core/outcome.ts';
import type { Recovery } from '../../ports/recoveries.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, isoOrNull, shownTime, shownTimeOrNull } from './shown.ts';

const count = (description: string, example: number) => described(z.int(), description, example);

const tallyFields = {
  total: count('Number of deliveries covered so far: sent again, or canceled.', 40),
  counts: z
    .object({
      failed: count('Deliveries that had failed.', 37),
      held: count('Deliveries that were held.', 0),
      pending: count('Deliveries that waited for a retry.', 3),
      missed: count('Events that the hook had no delivery of.', 0),
      succeeded: count('Deliveries that had succeeded.', 0),
    })
    .meta({ description: 'The same by the status that they had.' }),
  skipped: z
    .object({
      hook_not_active: count('Matching deliveries of hooks that are not active: left as they were.', 0),
      payload_expired: count(
        'Matching deliveries of events whose payload has been removed: they cannot be sent.',
        0,
      ),
      changed: count('Matching deliveries whose status changed before the job reached them.', 0),
    })
    .meta({ description: 'Matching deliveries that were not covered.' }),
  outside_order: count(
    'Those of ordered hooks that are sent at once, outside the order: they had ended, or were never part of it.',
    0,
  ),
  oldest: shownTimeOrNull('When the oldest covered delivery was created.'),
  newest: shownTimeOrNull('When the newest covered delivery was created.', EXAMPLE.later),
};

const viewTally = (tally: RecoveryTally) => ({
  total: totalOf(tally),
  counts: { ...tally.counts },
  skipped: { ...tally.skipped },
  outside_order: tally.outside_order,
  oldest: isoOrNull(tally.oldest),
  newest: isoOrNull(tally.newest),
});

const statuses = described(
  z.array(z.enum(recoverableStatuses)),
  'The statuses of the deliveries that it covers.',
  ['failed', 'held', 'pending'],
);

const shared = {
  kind: described(z.enum(recoveryKinds), '`recover` sends deliveries again, `cancel` ends them.', 'recover'),
  ...tallyFields,
  statuses,
};

export const recoveryView = z
  .object({
    id: described(z.string(), 'The id.', EXAMPLE.recovery_id),
    status: described(
      z.enum(['running', 'completed', 'canceled']),
      '`running`: continues in the background, also after a restart. `canceled`: ended through the API.',
      'running',
    ),
    progress: described(z.number(), 'The examined part of its range, from 0 to 1.', 0.4),
    ...shared,
    delivery_ids: described(z.array(z.string()).nullable(), 'The deliveries, when given by id.', null),
    hook_id: described(z.string().nullable(), 'Only deliveries to this hook.', EXAMPLE.hook_id),
    tenant: described(z.string().nullable(), 'Only deliveries of this tenant.', null),
    event_type: described(z.string().nullable(), 'Only events of this type.', null),
    outcome: described(
      z.enum(outcomeKinds).nullable(),
      'Only deliveries whose last attempt had this outcome.',
      null,
    ),
    since: shownTimeOrNull('Only deliveries created at or after this time.'),
    until: shownTime('Only deliveries created before this time.', EXAMPLE.later),
    created_at: shownTime('When it was created.', EXAMPLE.later),
    completed_at: shownTimeOrNull('When it ended; null while it is running.', null),
  })
  .meta({ id: 'Recovery', description: 'A stored job that sends many deliveries again, or cancels them.' });

export const viewRecovery = ({ filter, ...recovery }: Recovery): z.infer<typeof recoveryView> => ({
  id: recovery.id,
  status: recovery.status,
  progress: recovery.progress,
  kind: recovery.kind,
  ...viewTally(recovery.tally),
  statuses: [...filter.statuses],
  delivery_ids: filter.delivery_ids === null ? null : [...filter.delivery_ids],
  hook_id: filter.hook_id,
  tenant: filter.tenant,
  event_type: filter.event_type,
  outcome: filter.outcome,
  since: filter.delivery_ids === null ? iso(filter.since) : null,
  until: iso(filter.until),
  created_at: iso(recovery.created_at),
  completed_at: isoOrNull(recovery.completed_at),
});

/** The result of creating a job: the job, or the counts of a dry run. */
export const createdRecoveryView = z
  .object({
    ...shared,
    id: described(z.string().nullable(), 'The id of the job; null for a dry run.', EXAMPLE.recovery_id),
    status: described(z.enum(['dry_run', 'running']), '`dry_run`: nothing was stored or sent.', 'running'),
  })
  .meta({
    id: 'CreatedRecovery',
    description: 'A job that has been stored, with nothing covered yet; or what a dry run would cover.',
  });

type CreatedRecovery = z.infer<typeof createdRecoveryView>;

export const viewDryRun = (
  kind: Recovery['kind'],
  tally: RecoveryTally,
  covered: Recovery['filter']['statuses'],
): CreatedRecovery => ({ id: null, status: 'dry_run', kind, ...viewTally(tally), statuses: [...covered] });

export const viewCreated = ({ id, kind, tally, filter }: Recovery): CreatedRecovery => ({
  id,
  status: 'running',
  kind,
  ...viewTally(tally),
  statuses: [...filter.statuses],
});
