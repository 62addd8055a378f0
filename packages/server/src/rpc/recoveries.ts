import { z } from 'zod';
import type { Actor } from '../admin/audit.ts';
import type { Selection } from '../admin/recoveries.ts';
import { BellwireError } from '../core/errors.ts';
import { outcomeKinds } from '../core/outcome.ts';
import {
  cancelableStatuses,
  DEFAULT_RECOVERED,
  recoverableStatuses,
  type RecoverableStatus,
  type RecoveryKind,
} from '../core/recovery.ts';
import { actorOf } from './actor.ts';
import { toAnswer, toPageQuery } from './cursor.ts';
import type { RpcDeps } from './deps.ts';
import { EXAMPLE } from './examples.ts';
import {
  deliveryId,
  described,
  dryRun,
  eventTypeName,
  hookId,
  page,
  recoveryId,
  tenantId,
  timeField,
  toTime,
} from './fields.ts';
import { READS_OWN_IDS, READS_OWN_LIST, WRITES_OWN_IDS } from './portal.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import {
  createdRecoveryView,
  recoveryView,
  viewCreated,
  viewDryRun,
  viewRecovery,
} from './views/recovery.ts';
import { pageOf } from './views/shown.ts';

const scope = 'workspace';
const one = z.strictObject({ recovery_id: recoveryId });

const selection = {
  delivery_ids: described(
    z.array(deliveryId).min(1).max(1000),
    'Only these deliveries (max 1000), instead of a filter.',
    [EXAMPLE.delivery_id],
  ).optional(),
  hook_id: hookId.optional(),
  tenant: described(
    tenantId,
    'Only deliveries of events of this tenant. With `hook_id`, the hook must get the events of this tenant.',
    EXAMPLE.tenant,
  ).optional(),
  event_type: eventTypeName.optional(),
  outcome: described(
    z.enum(outcomeKinds),
    'Only deliveries whose last attempt had this outcome.',
    'timeout',
  ).optional(),
  since: timeField(
    'Only deliveries created at or after this time. Required unless `delivery_ids` is given.',
  ).optional(),
  until: timeField('Only deliveries created before this time. Default: now.').optional(),
  dry_run: dryRun,
};

const statusesOf = <const T extends readonly RecoverableStatus[]>(all: T, description: string) =>
  described(z.array(z.enum(all)).min(1), description, [all[0]]).optional();

const recoverInput = z.strictObject({
  ...selection,
  statuses: statusesOf(
    recoverableStatuses,
    'The statuses to send again. Default: `failed`, `held` and `pending` (due now instead of later). `missed` covers events that the hook subscribes to but has no delivery of, and requires `hook_id`. `succeeded` sends again what was accepted.',
  ),
});

const cancelInput = z.strictObject({
  ...selection,
  statuses: statusesOf(cancelableStatuses, 'The statuses to cancel. Default: both.'),
});

type Input = z.infer<typeof recoverInput>;

const refuse = (path: string, message: string): BellwireError =>
  new BellwireError('invalid_input', `${path}: ${message}.`, { issues: [{ path, message }] });

const FILTERS = ['hook_id', 'tenant', 'event_type', 'outcome', 'since', 'until'] as const;

/** @throws BellwireError `invalid_input` unless it has either ids or a filter with a start */
const assertSelective = (input: Input): void => {
  if (input.delivery_ids === undefined) {
    if (input.since === undefined) throw refuse('since', 'is required unless delivery_ids is given');
  } else {
    const filter = FILTERS.find((name) => input[name] !== undefined);
    if (filter !== undefined) throw refuse(filter, 'cannot be combined with delivery_ids');
    if (input.statuses?.includes('missed') === true) {
      throw refuse('statuses', 'cannot include missed with delivery_ids: a missed event has no delivery');
    }
  }
  if (input.statuses?.includes('missed') === true && input.hook_id === undefined) {
    throw refuse('hook_id', 'is required for missed events');
  }
};

const toSelection = (input: Input, defaults: readonly RecoverableStatus[]): Selection => {
  assertSelective(input);
  return {
    delivery_ids: input.delivery_ids ?? null,
    hook_id: input.hook_id ?? null,
    tenant: input.tenant ?? null,
    event_type: input.event_type ?? null,
    outcome: input.outcome ?? null,
    since: input.since === undefined ? null : toTime(input.since),
    until: input.until === undefined ? null : toTime(input.until),
    statuses: [...new Set(input.statuses ?? defaults)],
  };
};

interface Creation {
  readonly kind: RecoveryKind;
  readonly selected: Selection;
  readonly dry_run: boolean | undefined;
}

const create = async (
  { recoveryJobs }: RpcDeps,
  actor: Actor,
  { kind, selected, dry_run }: Creation,
): Promise<z.infer<typeof createdRecoveryView>> => {
  if (dry_run !== true) return viewCreated(await recoveryJobs.create(actor, kind, selected));
  return viewDryRun(kind, await recoveryJobs.count(actor.workspace_id, kind, selected), selected.statuses);
};

/** `deliveries.cancel`: the same kind of job, which ends deliveries. */
export const defineCancel = (deps: RpcDeps) => ({
  cancel: procedure
    .meta({
      scope,
      portal: WRITES_OWN_IDS,
      route: { method: 'POST', path: '/deliveries/cancel', status: 202 },
      is_read: true,
      summary: 'Cancel deliveries',
      description:
        'Creates a job that cancels pending and held deliveries: they are never sent. Count them first with `dry_run`. Follow the job at `GET /v1/recoveries/{recovery_id}`.',
      errors: READ_ERRORS,
      example: { hook_id: EXAMPLE.hook_id, since: EXAMPLE.time, dry_run: true },
    })
    .input(cancelInput)
    .output(createdRecoveryView)
    .mutation(({ ctx, input: { dry_run, ...input } }) => {
      const selected = { ...toSelection(input, cancelableStatuses), owner: ctx.portal_tenant };
      return create(deps, actorOf(ctx), { kind: 'cancel', selected, dry_run });
    }),
});

const defineReads = ({ recoveryJobs, repositories }: RpcDeps) => ({
  list: procedure
    .meta({
      scope: 'read',
      portal: READS_OWN_LIST,
      route: { method: 'GET', path: '/recoveries' },
      summary: 'List recoveries',
      description: 'Jobs that send deliveries again or cancel them, newest first.',
      errors: READ_ERRORS,
    })
    .input(z.strictObject(page))
    .output(pageOf(recoveryView))
    .query(async ({ ctx, input }) =>
      toAnswer(
        await repositories.recoveries.list(
          ctx.workspace_id,
          { owner: ctx.portal_tenant },
          toPageQuery(input),
        ),
        viewRecovery,
        ctx,
      ),
    ),
  get: procedure
    .meta({
      scope: 'read',
      portal: READS_OWN_IDS,
      route: { method: 'GET', path: '/recoveries/{recovery_id}' },
      summary: 'Get a recovery',
      description: 'A job with its progress.',
      errors: READ_ERRORS,
    })
    .input(one)
    .output(recoveryView)
    .query(async ({ ctx, input }) =>
      viewRecovery(await recoveryJobs.get(ctx.workspace_id, input.recovery_id)),
    ),
});

/** Recoveries: many deliveries again. */
export const createRecoveriesRouter = (deps: RpcDeps) =>
  t.router({
    create: procedure
      .meta({
        scope,
        portal: WRITES_OWN_IDS,
        route: { method: 'POST', path: '/recoveries', status: 202 },
        is_read: true,
        summary: 'Send many deliveries again',
        description:
          'Creates a job that makes the deliveries due that match all given filters, oldest first. Each starts its retry schedule again, with the trigger `recovery`, and is sent by the slots of its hook. Deliveries that are created later are not covered. Count them first with `dry_run`.',
        errors: ['too_many_requests', 'hook_not_active', 'payload_expired', ...READ_ERRORS],
        example: { hook_id: EXAMPLE.hook_id, since: EXAMPLE.time, dry_run: true },
      })
      .input(recoverInput)
      .output(createdRecoveryView)
      .mutation(({ ctx, input: { dry_run, ...input } }) => {
        const selected = { ...toSelection(input, DEFAULT_RECOVERED), owner: ctx.portal_tenant };
        return create(deps, actorOf(ctx), { kind: 'recover', selected, dry_run });
      }),
    ...defineReads(deps),
    cancel: procedure
      .meta({
        scope,
        portal: WRITES_OWN_IDS,
        route: { method: 'DELETE', path: '/recoveries/{recovery_id}' },
        summary: 'Cancel a recovery',
        description:
          'Ends a running job. Deliveries that it has covered stay due, or canceled. A job that has ended stays as it is.',
      })
      .input(one)
      .output(z.void())
      .mutation(({ ctx, input }) => deps.recoveryJobs.cancel(actorOf(ctx), input.recovery_id)),
  });
