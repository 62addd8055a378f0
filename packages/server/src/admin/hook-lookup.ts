import { BellwireError } from '../core/errors.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store, WorkspaceCatalog } from '../ports/store.ts';
import type { HookChange, ListedHook, Repositories } from '../ports/repositories.ts';

/** Finds hooks, catalogs and dialects, and changes hooks. All throw `not_found` unless noted. */
export interface HookLookup {
  readonly get: (workspace_id: string, id: string) => Promise<ListedHook>;
  readonly change: (workspace_id: string, id: string, wanted: HookChange) => Promise<ListedHook>;
  readonly catalog: (workspace_id: string) => Promise<WorkspaceCatalog>;
  /** @throws BellwireError `invalid_input` */
  readonly dialect: (name: string) => Dialect;
}

export interface HookLookupOptions {
  readonly repositories: Repositories;
  readonly store: Store;
  readonly clock: Clock;
  readonly dialects: ReadonlyMap<string, Dialect>;
}

export const noSuchHook = (id: string): BellwireError =>
  new BellwireError('not_found', `There is no hook ${id} in this workspace.`);

export const createHookLookup = ({
  repositories,
  store,
  clock,
  dialects,
}: HookLookupOptions): HookLookup => ({
  get: async (workspace_id, id) => {
    const hook = await repositories.hooks.get(workspace_id, id);
    if (hook === null) throw noSuchHook(id);
    return hook;
  },
  change: async (workspace_id, id, wanted) => {
    const hook = await repositories.hooks.update(workspace_id, id, { ...wanted, updated_at: clock.now() });
    if (hook === null) throw noSuchHook(id);
    return hook;
  },
  catalog: async (workspace_id) => {
    const catalog = await store.catalog(workspace_id);
    if (catalog === null) throw new BellwireError('not_found', `There is no workspace ${workspace_id}.`);
    return catalog;
  },
  dialect: (name) => {
    const dialect = dialects.get(name);
    if (dialect !== undefined) return dialect;
    const known = [...dialects.keys()].join(', ');
    throw new BellwireError('invalid_input', `Unknown dialect "${name}". Known dialects: ${known}.`, {
      issues: [{ path: 'dialect', message: `must be one of ${known}` }],
    });
  },
});
