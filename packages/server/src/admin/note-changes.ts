import type { HookChange } from '../core/changes.ts';
import type { Changes } from '../ports/changes.ts';
import type { Actor, AuditAction, AuditedChange } from './audit.ts';

const HOOK_CHANGES: Partial<Record<AuditAction, HookChange>> = {
  'hook.created': 'created',
  'hook.updated': 'updated',
  'hook.activated': 'activated',
  'hook.deactivated': 'deactivated',
  'hook.validated': 'validated',
  'hook.deleted': 'deleted',
  'secret.rotated': 'secret_changed',
  'secret.switched': 'secret_changed',
  'secret.replaced': 'secret_changed',
  'secret.removed': 'secret_changed',
};

/** Notes a committed change for those who watch its workspace. Its deliveries follow in slices, except for the first ones. */
export const noteChange = (
  changes: Changes,
  { workspace_id }: Pick<Actor, 'workspace_id'>,
  { action, subject, tenant = null }: AuditedChange,
): void => {
  const change = HOOK_CHANGES[action];
  if (change !== undefined) changes.hook(workspace_id, { hook_id: subject, tenant, change });
  if (action === 'recovery.created' || action === 'recovery.canceled') {
    changes.recovery({ workspace_id, id: subject });
  }
  if (action === 'delivery.skipped') changes.delivery({ workspace_id, id: subject });
  if (action === 'event.erased') {
    changes.bulk(workspace_id, { reason: 'erased', hook_id: null, tenant: null });
  }
  if (action === 'hook.deleted' || action === 'hook.updated' || action === 'hook.deactivated') {
    const reason = action === 'hook.deleted' ? 'canceled' : 'held';
    changes.bulk(workspace_id, { reason, hook_id: subject, tenant: null });
  }
};
