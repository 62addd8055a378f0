import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Erasure } from '../ports/erasures.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Caller } from './keys.ts';

/** Deletes what belongs to events, tenants and workspaces, and the bytes that their rows leave in the database file. */
export interface ErasureJobs {
  /** Resolves when the event is deleted, with its deliveries and attempts. @throws BellwireError `not_found` */
  readonly eraseEvent: (at: ErasureRef & { readonly event_id: string }) => Promise<void>;
  /** Starts a job. @throws BellwireError `not_found` */
  readonly eraseTenant: (at: ErasureRef & { readonly tenant: string }) => Promise<Erasure>;
  /** Starts a job. Without `force`, the workspace must be empty. @throws BellwireError `not_found`, `in_use` */
  readonly eraseWorkspace: (at: ErasureRef & { readonly force: boolean }) => Promise<Erasure>;
  /** A job of the caller's workspace; of any workspace for an admin. @throws BellwireError `not_found` */
  readonly get: (caller: Caller, id: string) => Promise<Erasure>;
}

export interface ErasureRef {
  readonly workspace_id: string;
  /** The id of the caller's API key. */
  readonly by: string;
}

export interface ErasureJobsOptions {
  readonly repositories: Repositories;
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

export const createErasureJobs = (options: ErasureJobsOptions): ErasureJobs => {
  const { repositories, clock, ids, default_workspace, onCreated } = options;
  const { erasures, audit } = repositories;

  const newErasure = (workspace_id: string, tenant: string | null) => ({
    id: ids('ers'),
    workspace_id,
    tenant,
    created_at: clock.now(),
  });

  const record = (
    { workspace_id, by }: ErasureRef,
    entry: { readonly action: string; readonly subject: string },
  ) => audit.add({ id: ids('aud'), workspace_id, at: clock.now(), by, ...entry });

  return {
    eraseEvent: async (at) => {
      const { workspace_id, event_id } = at;
      let step = await erasures.eraseEvent(workspace_id, event_id, SLICE);
      if (step === 'not_found') {
        throw new BellwireError('not_found', `There is no event ${event_id} in this workspace.`);
      }
      while (step === 'more') step = await erasures.eraseEvent(workspace_id, event_id, SLICE);
      await record(at, { action: 'event.erased', subject: event_id });
    },
    eraseTenant: async (at) => {
      const { workspace_id, tenant } = at;
      const erasure = await erasures.createForTenant(newErasure(workspace_id, tenant));
      if (erasure === null) {
        throw new BellwireError('not_found', `There is no tenant ${tenant} in this workspace.`);
      }
      await record(at, { action: 'tenant.erased', subject: tenant });
      onCreated();
      return erasure;
    },
    eraseWorkspace: async (at) => {
      const { workspace_id, force } = at;
      if (workspace_id === default_workspace) {
        throw inUse('The default workspace cannot be deleted: calls without a workspace use it.');
      }
      const erasure = await erasures.createForWorkspace(newErasure(workspace_id, null), force);
      if (erasure === null) throw new BellwireError('not_found', `There is no workspace ${workspace_id}.`);
      if (erasure === 'in_use') {
        throw inUse(
          'This workspace still has hooks, events or API keys. Delete it with all of them by force=true.',
        );
      }
      await record(at, { action: 'workspace.erased', subject: workspace_id });
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
