import type { Caller } from '../admin/keys.ts';
import type { Owner } from '../core/owner.ts';

/** Whose share of the server a call uses: a caller of one workspace cannot use another's by naming it. */
export const callOwner = ({ workspace_id, ...caller }: Caller, named_workspace: string | null): Owner => [
  workspace_id ?? named_workspace ?? '',
  caller.scope === 'portal' ? caller.tenant : '',
];
