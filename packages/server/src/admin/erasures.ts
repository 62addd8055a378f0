import type { Actor, Audit } from './audit.ts';
import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Erasure } from '../ports/erasures.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Caller } from './keys.ts';

/** Deletes what belongs to events, tenants and workspaces, and the bytes that their rows leave in the database file. */
export interface ErasureJobs {
  /** Resolves when the event is deleted, with its deliveries and attempts. @throws BellwireError `not_found` */
  readonly eraseEvent: (at: Actor & { readonly event_id: string }) => Promise<void>;
  /** Starts a job. @throws BellwireError `not_found` */
  readonly eraseTenant: (at: Actor & { readonly tenant: string }) => Promise<Erasure>;
  /** Starts a job. Without `force`, the workspace must be empty. @throws BellwireError `not_found`, `in_use` */
  readonly eraseWorkspace: (at: Actor & { readonly force: boolean }) => Promise<Erasure>;
  /** A job of the caller's workspace; of any workspace for an admin. @throws BellwireError `not_found` */
  readonly get: (caller: Caller, id: string) => Promise<Erasure>;
}

export interface ErasureJobsOptions {
  readonly repositories: Repositories;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly ids: IdFactory;
  /** The workspace that cannot be deleted. */
  readonly default_workspace: string;
  /** Called when a job has been stored. */
  readonly onCreated: () => void;
}

/** Rows per transaction of the erasure of one event. */
const SLICE = 500;

const inUse = (message: string): BellwireError => new BellwireError('in_use', message);

const eraseEvent = async (
  { repositories, audit, clock }: ErasureJobsOptions,
  at: Actor & { readonly event_id: string },
): Promise<void> => {
  const { workspace_id, event_id } = at;
  const slice = () => ({ limit: SLICE, now: clock.now() });
  // With the first slice: a process that dies before the last one has already deleted something.
  let step = await audit.change(at, async ({ erasures }, record) => {
    const first = await erasures.eraseEvent(workspace_id, event_id, slice());
    if (first !== 'not_found') await record({ action: 'event.erased', subject: event_id });
    return first;
  });
  if (step === 'not_found') {
    throw new BellwireError('not_found', `There is no event ${event_id} in this workspace.`);
  }
  while (step === 'more') step = await repositories.erasures.eraseEvent(workspace_id, event_id, slice());
};

export const createErasureJobs = (options: ErasureJobsOptions): ErasureJobs => {
  const { repositories, audit, clock, ids, default_workspace, onCreated } = options;
  const { erasures } = repositories;

  const newErasure = (workspace_id: string, tenant: string | null) => ({
    id: ids('ers'),
    workspace_id,
    tenant,
    created_at: clock.now(),
  });

  return {
    eraseEvent: (at) => eraseEvent(options, at),
    eraseTenant: async (at) => {
      const { workspace_id, tenant } = at;
      const erasure = await audit.change(at, async (bound, record) => {
        const created = await bound.erasures.createForTenant(newErasure(workspace_id, tenant));
        if (created !== null) await record({ action: 'tenant.erased', subject: tenant });
        return created;
      });
      if (erasure === null) {
        throw new BellwireError('not_found', `There is no tenant ${tenant} in this workspace.`);
      }
      onCreated();
      return erasure;
    },
    eraseWorkspace: async (at) => {
      const { workspace_id, force } = at;
      if (workspace_id === default_workspace) {
        throw inUse('The default workspace cannot be deleted: calls without a workspace use it.');
      }
      // In the log of the default workspace, since the log of a deleted one cannot be read.
      const actor = { workspace_id: default_workspace, by: at.by };
      const erasure = await audit.change(actor, async (bound, record) => {
        const created = await bound.erasures.createForWorkspace(newErasure(workspace_id, null), force);
        if (created !== null && created !== 'in_use') {
          await record({ action: 'workspace.erased', subject: workspace_id });
        }
        return created;
      });
      if (erasure === null) throw new BellwireError('not_found', `There is no workspace ${workspace_id}.`);
      if (erasure === 'in_use') {
        throw inUse(
          'This workspace still has hooks, events or API keys. Delete it with all of them by force=true.',
        );
      }
      onCreated();
      return erasure;
    },
    get: async ({ workspace_id }, id) => {
      const erasure = await erasures.get(id);
      if (erasure === null || (workspace_id !== null && workspace_id !== erasure.workspace_id)) {
        throw new BellwireError('not_found', `There is no erasure ${id}.`);
      }
      return erasure;
    },
  };
};
