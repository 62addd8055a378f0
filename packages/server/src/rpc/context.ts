import type { HookLookup } from '../admin/hook-lookup.ts';
import type { Caller, Keys } from '../admin/keys.ts';
import type { Sessions } from '../admin/sessions.ts';
import { BellwireError } from '../core/errors.ts';
import type { HookIdsOf } from './hook-numbers.ts';
import type { RpcContext } from './trpc.ts';

export interface ContextsOptions {
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly lookup: HookLookup;
  readonly hookIdsOf: HookIdsOf;
}

/** Creates the context of a call: its caller and its workspace. */
export interface Contexts {
  /**
   * Authenticates by the request's headers, or by the session of the console with the returned token. A refusal is part of the context: each
   * call of a batch returns it.
   */
  readonly ofRequest: (headers: Headers, tokenOf: () => string | null) => Promise<RpcContext>;
  /**
   * An admin without an API key, in the given workspace or, for null, in the default one.
   * @throws BellwireError `not_found` when there is no such workspace.
   */
  readonly inProcess: (workspace_id: string | null) => Promise<RpcContext>;
}

/** In-process code has the rights of an admin key. The audit log shows this id instead of a key's. */
const IN_PROCESS: Caller = { key_id: 'in_process', scope: 'admin', workspace_id: null };

export const createContexts = ({ keys, sessions, lookup, hookIdsOf }: ContextsOptions): Contexts => {
  const callerOf = async (headers: Headers, tokenOf: () => string | null): Promise<Caller> => {
    const session = tokenOf();
    const by_session = session === null ? null : await sessions.callerOf(session);
    return by_session ?? keys.authenticate(headers.get('authorization') ?? undefined);
  };
  const contextOf = async (caller: Caller, named_workspace: string | null): Promise<RpcContext> => {
    // A caller that belongs to one workspace cannot name another, which each procedure checks.
    if (named_workspace !== null && caller.workspace_id === null) await lookup.catalog(named_workspace);
    return { caller, named_workspace, hookIdsOf };
  };
  return {
    ofRequest: async (headers, tokenOf) => {
      const named_workspace = headers.get('bellwire-workspace');
      try {
        return await contextOf(await callerOf(headers, tokenOf), named_workspace);
      } catch (error) {
        if (error instanceof BellwireError) return { caller: error, named_workspace, hookIdsOf };
        throw error;
      }
    },
    inProcess: (workspace_id) => contextOf(IN_PROCESS, workspace_id),
  };
};
