import { type Actor, type Audit, auditedRecovery } from './audit.ts';
import { noDelivery } from '../core/delivery.ts';
import { BellwireError } from '../core/errors.ts';
import { servesTenant } from '../core/fan-out.ts';
import type { IdFactory } from '../core/ids.ts';
import {
  addTallies,
  EMPTY_TALLY,
  firstPhase,
  type RecoveryFilter,
  type RecoveryKind,
  type RecoveryTally,
} from '../core/recovery.ts';
import type { Clock } from '../ports/clock.ts';
import type { CountPosition, NewRecovery, Recovery } from '../ports/recoveries.ts';
import type { ListedHook, Repositories } from '../ports/repositories.ts';
import type { HookLookup } from './hook-lookup.ts';

/** The deliveries that a caller selects. A job covers only those that exist when it is created. */
export interface Selection extends Omit<RecoveryFilter, 'since' | 'until'> {
  /** Milliseconds; null for deliveries by id. */
  readonly since: number | null;
  /** Milliseconds; null for now. */
  readonly until: number | null;
  /** The tenant to whose hooks all the deliveries go, if that is known. Default: that of the hook. */
  readonly owner?: string | undefined;
}

/** Jobs that send many deliveries again, or cancel them. */
export interface RecoveryJobs {
  /**
   * Counts what a job would cover and changes nothing.
   * @throws BellwireError `not_found` for a hook or a delivery that does not exist, and for a hook that does not get the
   *   events of the given tenant
   */
  readonly count: (workspace_id: string, kind: RecoveryKind, selection: Selection) => Promise<RecoveryTally>;
  /**
   * Stores a job. It runs in the background, and continues after a restart.
   * @throws BellwireError `not_found`; `hook_not_active` for a recovery of one hook that is not active; `payload_expired`
   *   for a recovery of one delivery that cannot be sent anymore
   */
  readonly create: (actor: Actor, kind: RecoveryKind, selection: Selection) => Promise<Recovery>;
  /** @throws BellwireError `not_found` */
  readonly get: (workspace_id: string, id: string) => Promise<Recovery>;
  /** Ends a running job. What it has covered stays so. @throws BellwireError `not_found` */
  readonly cancel: (actor: Actor, id: string) => Promise<void>;
}

export interface RecoveryJobsOptions {
  readonly repositories: Repositories;
  readonly audit: Audit;
  readonly lookup: HookLookup;
  readonly clock: Clock;
  readonly ids: IdFactory;
  /** Older events are being deleted, so a job leaves them out. Null keeps all events. */
  readonly retention_ms: number | null;
  /** Called when a job has been stored. */
  readonly onCreated: () => void;
}

/** Events within this margin of the retention are left out, so that none is deleted while it is recovered. */
const RETENTION_MARGIN_MS = 60_000;

const refuseInactive = ({ id, status }: ListedHook): void => {
  if (status === 'active') return;
  throw new BellwireError(
    'hook_not_active',
    `The hook ${id} is ${status}, so its deliveries would be held again. Activate it first.`,
  );
};

/**
 * The hook that is selected, if one is.
 * @throws BellwireError `not_found`, also for a hook that does not get the events of the selected tenant
 */
const findHook = async (
  lookup: HookLookup,
  workspace_id: string,
  { hook_id, tenant }: Selection,
): Promise<ListedHook | null> => {
  if (hook_id === null) return null;
  const hook = await lookup.get(workspace_id, hook_id);
  if (tenant === null || servesTenant(hook, tenant)) return hook;
  throw new BellwireError(
    'not_found',
    `There is no hook ${hook_id} of the tenant ${tenant} in this workspace.`,
  );
};

const noSuchRecovery = (id: string): BellwireError =>
  new BellwireError('not_found', `There is no recovery ${id} in this workspace.`);

const payloadExpired = (id: string): BellwireError =>
  new BellwireError(
    'payload_expired',
    `The payload of the event of the delivery ${id} has been removed (BELLWIRE_PAYLOAD_RETENTION), so it cannot be sent again. Leave it out.`,
  );

interface AuditedJob {
  readonly job: NewRecovery;
  /** The tenant that it names, directly or by its hook. */
  readonly tenant: string | null;
}

const store = (
  { audit }: RecoveryJobsOptions,
  actor: Actor,
  { job, tenant }: AuditedJob,
): Promise<Recovery> =>
  audit.change(actor, async ({ recoveries }, record) => {
    const created = await recoveries.create(job);
    const after = auditedRecovery(job.kind, job.filter);
    await record({ action: 'recovery.created', subject: created.id, tenant, after });
    return created;
  });

const cancelJob = ({ audit, clock }: RecoveryJobsOptions, actor: Actor, id: string): Promise<void> =>
  audit.change(actor, async ({ recoveries }, record) => {
    const result = await recoveries.cancel(actor.workspace_id, id, clock.now());
    if (result === null) throw noSuchRecovery(id);
    if (result === 'ended') return;
    const fields = { before: { status: 'running' }, after: { status: 'canceled' } };
    await record({ action: 'recovery.canceled', subject: id, ...fields });
  });

/** Each running job reads and changes rows in turn with the others. */
const MAX_RUNNING = 20;

/** @throws BellwireError `too_many_requests` */
const assertRoom = async (
  { recoveries }: Repositories,
  owner: { readonly workspace_id: string; readonly owner: string | null },
): Promise<void> => {
  if ((await recoveries.countRunningOf(owner)) < MAX_RUNNING) return;
  const whose = owner.owner === null ? 'this workspace' : `the tenant ${owner.owner}`;
  throw new BellwireError(
    'too_many_requests',
    `${MAX_RUNNING} recoveries of ${whose} are running, which is the maximum. Nothing was created; wait until one has ended, or cancel one.`,
    { retry_after_s: 5 },
  );
};

/** The first selected delivery that cannot be sent anymore. @throws BellwireError `not_found` */
const checkDeliveries = async (
  { recoveries }: Repositories,
  workspace_id: string,
  { delivery_ids }: Selection,
): Promise<string | null> => {
  if (delivery_ids === null) return null;
  const { unknown, payload_expired } = await recoveries.checkDeliveries(workspace_id, delivery_ids);
  if (unknown === null) return payload_expired;
  throw noDelivery(unknown);
};

export const createRecoveryJobs = (options: RecoveryJobsOptions): RecoveryJobs => {
  const { repositories, lookup, clock, ids, retention_ms, onCreated } = options;
  const { recoveries } = repositories;

  const toFilter = ({ since, until, owner: _owner, ...selection }: Selection): RecoveryFilter => {
    const now = clock.now();
    const oldest = retention_ms === null ? 0 : Math.max(0, now - retention_ms + RETENTION_MARGIN_MS);
    return {
      ...selection,
      delivery_ids: selection.delivery_ids === null ? null : [...new Set(selection.delivery_ids)],
      // Deliveries by id exist: not even the oldest is left out.
      since: selection.delivery_ids === null ? Math.max(since ?? 0, oldest) : 0,
      // A delivery of this very millisecond has been accepted before the call.
      until: Math.min(until ?? Infinity, now + 1),
    };
  };

  return {
    count: async (workspace_id, kind, selection) => {
      await findHook(lookup, workspace_id, selection);
      await checkDeliveries(repositories, workspace_id, selection);
      const filter = toFilter(selection);
      const now = clock.now();
      let tally = EMPTY_TALLY;
      const start: CountPosition = { phase: firstPhase(filter.statuses), after: null };
      for (let from: CountPosition | null = start; from !== null;) {
        const slice = await recoveries.count(workspace_id, filter, { kind, from, now });
        tally = addTallies(tally, slice.tally);
        from = slice.next;
      }
      return tally;
    },
    create: async (actor, kind, selection) => {
      const { workspace_id } = actor;
      const hook = await findHook(lookup, workspace_id, selection);
      if (hook !== null && kind === 'recover') refuseInactive(hook);
      const expired = await checkDeliveries(repositories, workspace_id, selection);
      if (expired !== null && kind === 'recover') throw payloadExpired(expired);
      const filter = toFilter(selection);
      const created_at = clock.now();
      const owner = selection.owner ?? hook?.tenant ?? null;
      await assertRoom(repositories, { workspace_id, owner });
      const recovery = await store(options, actor, {
        job: {
          id: ids('rcv'),
          workspace_id,
          kind,
          filter,
          owner,
          created_at,
        },
        tenant: selection.tenant ?? owner,
      });
      onCreated();
      return recovery;
    },
    get: async (workspace_id, id) => {
      const recovery = await recoveries.get(workspace_id, id);
      if (recovery === null) throw noSuchRecovery(id);
      return recovery;
    },
    cancel: (actor, id) => cancelJob(options, actor, id),
  };
};
