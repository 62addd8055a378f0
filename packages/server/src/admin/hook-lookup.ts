import { type Audit, type AuditAction, auditedHook, type HookRef } from './audit.ts';
import { BellwireError } from '../core/errors.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store, WorkspaceCatalog } from '../ports/store.ts';
import type { HookChange, ListedHook, Repositories } from '../ports/repositories.ts';

/** Finds hooks, catalogs and dialects, and changes hooks. All throw `not_found` unless noted. */
export interface HookLookup {
  readonly get: (workspace_id: string, id: string) => Promise<ListedHook>;
  /** Stores a change with its audit entries. */
  readonly change: (at: HookRef, wanted: HookChange, action: AuditAction) => Promise<ListedHook>;
  readonly catalog: (workspace_id: string) => Promise<WorkspaceCatalog>;
  /** @throws BellwireError `invalid_input` */
  readonly dialect: (name: string) => Dialect;
}

export interface HookLookupOptions {
  readonly repositories: Repositories;
  readonly audit: Audit;
  readonly store: Store;
  readonly clock: Clock;
  readonly dialects: ReadonlyMap<string, Dialect>;
}

export const noSuchHook = (id: string): BellwireError =>
  new BellwireError('not_found', `There is no hook ${id} in this workspace.`);

export const createHookLookup = ({
  repositories,
  audit,
  store,
  clock,
  dialects,
}: HookLookupOptions): HookLookup => ({
  get: async (workspace_id, id) => {
    const hook = await repositories.hooks.get(workspace_id, id);
    if (hook === null) throw noSuchHook(id);
    return hook;
  },
  change: (at, wanted, action) =>
    audit.change(at, async ({ hooks }, record) => {
      const { workspace_id, hook_id: id } = at;
      const before = await hooks.get(workspace_id, id);
      const after = await hooks.update(workspace_id, id, { ...wanted, updated_at: clock.now() });
      if (before === null || after === null) throw noSuchHook(id);
      const { secret, headers } = wanted;
      const about = { subject: id, tenant: after.tenant };
      if (secret !== undefined) {
        await record({ ...about, action: secret === null ? 'secret.removed' : 'secret.replaced' });
      }
      const replaced = headers === undefined ? [] : ['headers'];
      await record({ ...about, action, before: auditedHook(before), after: auditedHook(after), replaced });
      return after;
    }),
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
