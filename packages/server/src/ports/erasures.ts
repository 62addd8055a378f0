import type { ErasurePhase, ErasureTally } from '../core/erasure.ts';

/** A stored job that deletes everything of one tenant, or a whole workspace. */
export interface Erasure {
  readonly id: string;
  readonly workspace_id: string;
  /** Null for the whole workspace. */
  readonly tenant: string | null;
  readonly phase: ErasurePhase;
  /** Deleted so far. */
  readonly tally: ErasureTally;
  readonly created_at: number;
  readonly completed_at: number | null;
}

export type NewErasure = Pick<Erasure, 'id' | 'workspace_id' | 'tenant' | 'created_at'>;

/** `waiting`: nothing can be deleted for now; another process step must end first. */
export type ErasureStep = 'more' | 'waiting';

/** Stores the jobs and advances them in slices; each slice is one transaction with a bounded number of rows. */
export interface Erasures {
  /** Null if the tenant does not exist. Later reads do not find it; its next event or hook creates it again. */
  readonly createForTenant: (erasure: NewErasure) => Promise<Erasure | null>;
  /**
   * Null if the workspace does not exist; `in_use` if it has hooks, events or API keys and `force` is false. Later calls
   * do not find the workspace, and its API keys are gone.
   */
  readonly createForWorkspace: (erasure: NewErasure, force: boolean) => Promise<Erasure | 'in_use' | null>;
  readonly get: (id: string) => Promise<Erasure | null>;
  /** The jobs that have not completed, oldest first. */
  readonly running: () => Promise<readonly Erasure[]>;
  readonly countRunning: () => Promise<number>;
  /** Advances a job by one slice. */
  readonly advance: (
    erasure: Erasure,
    options: { readonly limit: number; readonly now: number },
  ) => Promise<ErasureStep>;
  /** Marks a job as completed. */
  readonly complete: (id: string, now: number) => Promise<void>;
  /**
   * Deletes one event with its deliveries and attempts, about `limit` rows per call. `more` until the event itself is
   * deleted.
   */
  readonly eraseEvent: (
    workspace_id: string,
    id: string,
    options: { readonly limit: number; readonly now: number },
  ) => Promise<'more' | 'done' | 'not_found'>;
}
