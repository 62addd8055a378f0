import { type Audit, type AuditAction, auditedHook, type HookRef } from './audit.ts';
import { BellwireError } from '../core/errors.ts';
import type { HookStatus } from '../core/hook.ts';
import { refuseMove } from '../core/moved-url.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store, WorkspaceCatalog } from '../ports/store.ts';
import type { EventType, HookChange, ListedHook, Repositories } from '../ports/repositories.ts';

/** Finds hooks, catalogs and dialects, and changes hooks. All throw `not_found` unless noted. */
export interface HookLookup {
  readonly get: (workspace_id: string, id: string) => Promise<ListedHook>;
  /**
   * Stores a change with its audit entries.
   * @throws BellwireError `headers_required`, `secret_required` if it would send stored secrets to another origin.
   */
  readonly change: (at: HookRef, wanted: HookChange, action: AuditAction) => Promise<ListedHook>;
  readonly catalog: (workspace_id: string) => Promise<WorkspaceCatalog>;
  /** Null if the catalog does not have the type. */
  readonly eventType: (workspace_id: string, name: string) => Promise<EventType | null>;
  /** @throws BellwireError `invalid_input` */
  readonly dialect: (name: string) => Dialect;
}

export interface HookLookupOptions {
  readonly repositories: Repositories;
  readonly audit: Audit;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly dialects: ReadonlyMap<string, Dialect>;
  /** Called with a disabled hook, as it was, that has become active. */
  readonly onEnabled: (before: ListedHook) => void;
}

export const noSuchHook = (id: string): BellwireError =>
  new BellwireError('not_found', `There is no hook ${id} in this workspace.`);

const STATUS_LINES: Readonly<Record<HookStatus, string>> = {
  active: 'activated a hook',
  paused: 'paused a hook',
  disabled: 'disabled a hook',
  unvalidated: 'a hook must be validated',
};

interface StatusChange {
  readonly before: ListedHook;
  readonly after: ListedHook;
  readonly by: string;
}

const logStatus = (log: Log, { before, after, by }: StatusChange): void => {
  const { workspace_id, tenant, id: hook_id, status, validated_at } = after;
  const fields = { workspace_id, tenant, hook_id, by };
  if (validated_at !== null && validated_at !== before.validated_at) log.info('validated a hook', fields);
  if (status !== before.status) log.info(STATUS_LINES[status], { ...fields, was: before.status });
};

/** @throws BellwireError `headers_required`, `secret_required` */
const assertMove = (before: ListedHook, { url, headers, secret }: HookChange, dialect?: Dialect): void => {
  if (url === undefined) return;
  const refusal = refuseMove({
    from: before.url,
    to: url,
    has_headers: before.header_names.length > 0,
    // Of a dialect that is no longer configured, nothing is known.
    sends_secret:
      before.secret_expiries.length > 0 && (!dialect || dialect.header_names.secret !== undefined),
    gives_headers: headers !== undefined,
    gives_secret: secret !== undefined,
  });
  if (refusal === null) return;
  const { code, issues } = refusal;
  throw new BellwireError(code, issues.map(({ path, message }) => `${path}: ${message}`).join('; ') + '.', {
    issues,
  });
};

export const createHookLookup = ({
  repositories,
  audit,
  store,
  clock,
  log,
  dialects,
  onEnabled,
}: HookLookupOptions): HookLookup => ({
  get: async (workspace_id, id) => {
    const hook = await repositories.hooks.get(workspace_id, id);
    if (hook === null) throw noSuchHook(id);
    return hook;
  },
  change: async (at, wanted, action) => {
    const change = await audit.change(at, async ({ hooks }, record) => {
      const { workspace_id, hook_id: id } = at;
      const before = await hooks.get(workspace_id, id);
      if (before !== null) assertMove(before, wanted, dialects.get(before.dialect));
      const after = await hooks.update(workspace_id, id, { ...wanted, updated_at: clock.now() });
      if (before === null || after === null) throw noSuchHook(id);
      const { secret, headers } = wanted;
      const about = { subject: id, tenant: after.tenant };
      if (secret !== undefined) {
        await record({ ...about, action: secret === null ? 'secret.removed' : 'secret.replaced' });
      }
      const replaced = headers === undefined ? [] : ['headers'];
      await record({ ...about, action, before: auditedHook(before), after: auditedHook(after), replaced });
      return { before, after };
    });
    logStatus(log, { ...change, by: at.by });
    const { before, after } = change;
    if (before.status === 'disabled' && after.status === 'active') onEnabled(before);
    return change.after;
  },
  catalog: async (workspace_id) => {
    const catalog = await store.catalog(workspace_id);
    if (catalog === null) throw new BellwireError('not_found', `There is no workspace ${workspace_id}.`);
    return catalog;
  },
  eventType: (workspace_id, name) => repositories.event_types.get(workspace_id, name),
  dialect: (name) => {
    const dialect = dialects.get(name);
    if (dialect !== undefined) return dialect;
    const known = [...dialects.keys()].join(', ');
    throw new BellwireError('invalid_input', `Unknown dialect "${name}". Known dialects: ${known}.`, {
      issues: [{ path: 'dialect', message: `must be one of ${known}` }],
    });
  },
});
