import { BellwireError } from '../core/errors.ts';
import { EVERY_TENANT } from '../core/fan-out.ts';
import type { Hook } from '../core/hook.ts';
import { maxHooksOf, NO_LIMITS, WORKSPACE_HOOKS_MAX } from '../core/limits.ts';
import type { Repositories } from '../ports/repositories.ts';

/** Call it after a hook was created, in the same transaction. @throws BellwireError `too_many_hooks` */
export const assertHookLimits = async (
  { hooks, tenants }: Pick<Repositories, 'hooks' | 'tenants'>,
  { workspace_id, tenant }: Pick<Hook, 'workspace_id' | 'tenant'>,
): Promise<void> => {
  if (tenant !== null && tenant !== EVERY_TENANT) {
    const max = maxHooksOf((await tenants.settings(workspace_id, tenant))?.limits ?? NO_LIMITS);
    if ((await hooks.count({ workspace_id, tenant }, max + 1)) > max) {
      throw new BellwireError(
        'too_many_hooks',
        `The tenant ${tenant} has ${max} hooks, its maximum. Nothing was created. Delete hooks that are no longer needed, or raise \`limits.max_hooks\` of the tenant: PATCH /v1/tenants/${tenant}.`,
      );
    }
  }
  if ((await hooks.count({ workspace_id }, WORKSPACE_HOOKS_MAX + 1)) > WORKSPACE_HOOKS_MAX) {
    throw new BellwireError(
      'too_many_hooks',
      `The workspace has ${WORKSPACE_HOOKS_MAX} hooks, the maximum. Nothing was created. Delete hooks that are no longer needed, or use another workspace.`,
    );
  }
};
