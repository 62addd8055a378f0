import type { HookLookup } from '../admin/hook-lookup.ts';
import type { Caller, Keys } from '../admin/keys.ts';
import type { Portals } from '../admin/portals.ts';
import { readKey } from '../core/api-key.ts';
import type { Sessions } from '../admin/sessions.ts';
import { BellwireError } from '../core/errors.ts';
import type { Owned } from '../ports/owned.ts';
import type { HeavyTurn } from './heavy-turns.ts';
import type { HookIdsOf } from './hook-numbers.ts';
import type { RpcContext } from './trpc.ts';

export interface ContextsOptions {
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly portals: Portals;
  readonly lookup: HookLookup;
  readonly hooks: { readonly idsOf: HookIdsOf };
  readonly owned: Owned;
  readonly heavyTurn: HeavyTurn;
  /** The address in browsers; null for the one of each request. */
  readonly public_url: string | null;
}

/** The browser behind a request. */
export interface Browser {
  /** The token of a session of the console; null without one. */
  readonly tokenOf: () => string | null;
  /** The address of this server. */
  readonly originOf: () => string;
}

/** Creates the context of a call: its caller and its workspace. */
export interface Contexts {
  /**
   * Authenticates a request by its headers: by an API key, by the token of a portal session, or by a session of the
   * console. A refusal is part of the context: each call of a batch returns it.
   */
  readonly ofRequest: (headers: Headers, browser: Browser) => Promise<RpcContext>;
  /**
   * An admin without an API key, in the given workspace or, for null, in the default one.
   * @throws BellwireError `not_found` when there is no such workspace.
   */
  readonly inProcess: (workspace_id: string | null) => Promise<RpcContext>;
}

/** In-process code has the rights of an admin key. The audit log shows this id instead of a key's. */
const IN_PROCESS: Caller = {
  key_id: 'in_process',
  scope: 'admin',
  workspace_id: null,
  events_per_second: null,
};

/** The token of a portal session in an `Authorization` header; null for any other header. */
export const portalTokenIn = (authorization: string | null): string | null => {
  const [, token] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '') ?? [];
  const form = token === undefined ? null : readKey(token);
  return token !== undefined && form !== null && form !== 'broken' && form.scope === 'portal' ? token : null;
};

export const createContexts = ({ keys, sessions, portals, lookup, ...shared }: ContextsOptions): Contexts => {
  const { hooks, owned, heavyTurn, public_url } = shared;
  const hookIdsOf = hooks.idsOf;
  const callerOf = async (headers: Headers, tokenOf: () => string | null): Promise<Caller> => {
    const authorization = headers.get('authorization');
    const portal = portalTokenIn(authorization);
    if (portal !== null) return portals.callerOf(portal);
    const session = tokenOf();
    const by_session = session === null ? null : await sessions.callerOf(session);
    return by_session ?? keys.authenticate(authorization ?? undefined);
  };
  const checked = async (caller: Caller, named_workspace: string | null): Promise<Caller> => {
    // A caller that belongs to one workspace cannot name another, which each procedure checks.
    if (named_workspace !== null && caller.workspace_id === null) await lookup.catalog(named_workspace);
    return caller;
  };
  return {
    ofRequest: async (headers, { tokenOf, originOf }) => {
      const named_workspace = headers.get('bellwire-workspace');
      const rest = { named_workspace, hookIdsOf, owned, heavyTurn, originOf };
      try {
        return { ...rest, caller: await checked(await callerOf(headers, tokenOf), named_workspace) };
      } catch (error) {
        if (error instanceof BellwireError) return { ...rest, caller: error };
        throw error;
      }
    },
    inProcess: async (named_workspace) => ({
      caller: await checked(IN_PROCESS, named_workspace),
      named_workspace,
      hookIdsOf,
      owned,
      heavyTurn,
      originOf: () => public_url,
    }),
  };
};
