import type { BulkChange, HookChange } from '../core/changes.ts';
import type { Recovery } from './recoveries.ts';
import type { ListedHook, StoredDelivery } from './repositories.ts';

/** A committed change with the state that was read after its commit. */
export type Change =
  | { readonly kind: 'delivery'; readonly delivery: StoredDelivery }
  | ({ readonly kind: 'hook' } & ChangedHook & {
        /** Null if it no longer exists. */
        readonly hook: ListedHook | null;
      })
  | { readonly kind: 'recovery'; readonly recovery: Recovery }
  | ({
      readonly kind: 'deliveries_changed';
      /** The tenant of all hooks that it concerns; null if it is not known or is of none. */
      readonly owner: string | null;
    } & BulkChange);

/** A row of a workspace. */
export interface ChangedRow {
  readonly workspace_id: string;
  readonly id: string;
}

export interface ChangedHook {
  readonly hook_id: string;
  readonly tenant: string | null;
  readonly change: HookChange;
}

/**
 * Notes what was committed, for those who watch a workspace. Call it after COMMIT. The methods return at once, never
 * throw, and do nothing while nothing is watched.
 */
export interface Changes {
  readonly delivery: (delivery: ChangedRow) => void;
  /** An event was stored, with deliveries that are not noted by their ids. */
  readonly event: (event: ChangedRow) => void;
  readonly hook: (workspace_id: string, hook: ChangedHook) => void;
  readonly recovery: (recovery: ChangedRow) => void;
  /** `workspace_id`: null for every workspace. */
  readonly bulk: (workspace_id: string | null, change: BulkChange) => void;
}

/** The changes of one workspace, as a source. */
export interface ChangeSource {
  /**
   * Calls `onChanges` after each batch, until the returned function is called. Changes that are committed after `watch`
   * returns are not missed: where there are too many, a `deliveries_changed` replaces them.
   */
  readonly watch: (workspace_id: string, onChanges: (changes: readonly Change[]) => void) => () => void;
}
