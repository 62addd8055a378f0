import type { IdFactory } from '../core/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Repositories } from '../ports/repositories.ts';

/** A hook, and who changes it. */
export interface HookRef {
  readonly workspace_id: string;
  readonly hook_id: string;
  /** The id of the caller's API key. */
  readonly by: string;
}

export interface AuditOptions {
  readonly repositories: Repositories;
  readonly clock: Clock;
  readonly ids: IdFactory;
}

/** Writes one entry about a hook to the audit log. */
export const auditHook = (
  { repositories, clock, ids }: AuditOptions,
  { workspace_id, hook_id, by }: HookRef,
  action: string,
): Promise<void> =>
  repositories.audit.add({ id: ids('aud'), workspace_id, at: clock.now(), by, action, subject: hook_id });
