import type { HookLookup } from '../admin/hook-lookup.ts';
import type { Caller, Keys } from '../admin/keys.ts';
import { BellwireError } from '../core/errors.ts';
import type { RpcContext } from './trpc.ts';

export interface ContextsOptions {
  readonly keys: Keys;
  readonly lookup: HookLookup;
}

/** How a call gets its caller and its workspace. */
export interface Contexts {
  /** Authenticates by the request's headers. A refusal is part of the context: each call of a batch answers it. */
  readonly ofRequest: (headers: Headers) => Promise<RpcContext>;
  /**
   * An admin without a key, in a workspace or, for null, in the default one.
   * @throws BellwireError `not_found` when there is no such workspace.
   */
  readonly inProcess: (workspace_id: string | null) => Promise<RpcContext>;
}

/** Code in this process may do what an admin key may. The audit log names it in the place of a key. */
const IN_PROCESS: Caller = { key_id: 'in_process', scope: 'admin', workspace_id: null };

export const createContexts = ({ keys, lookup }: ContextsOptions): Contexts => {
  const contextOf = async (caller: Caller, named_workspace: string | null): Promise<RpcContext> => {
    // A caller with a workspace of its own can name no other, which each procedure checks.
    if (named_workspace !== null && caller.workspace_id === null) await lookup.catalog(named_workspace);
    return { caller, named_workspace };
  };
  return {
    ofRequest: async (headers) => {
      const named_workspace = headers.get('bellwire-workspace');
      try {
        const caller = await keys.authenticate(headers.get('authorization') ?? undefined);
        return await contextOf(caller, named_workspace);
      } catch (error) {
        if (error instanceof BellwireError) return { caller: error, named_workspace };
        throw error;
      }
    },
    inProcess: (workspace_id) => contextOf(IN_PROCESS, workspace_id),
  };
};
