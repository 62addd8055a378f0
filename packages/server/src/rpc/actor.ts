import type { Actor, HookRef } from '../admin/audit.ts';
import type { Caller } from '../admin/keys.ts';

interface CallContext {
  readonly workspace_id: string;
  readonly caller: Caller;
}

/** Who makes a call, for the audit log. */
export const actorOf = ({ workspace_id, caller }: CallContext): Actor => ({
  workspace_id,
  by: caller.key_id,
});

/** A hook, and who changes it. */
export const hookRefOf = (ctx: CallContext, hook_id: string): HookRef => ({ ...actorOf(ctx), hook_id });
