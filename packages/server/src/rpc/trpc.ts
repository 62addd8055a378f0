import { initTRPC, type TRPCDefaultErrorShape } from '@trpc/server';
import { BellwireError, type ErrorCode } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Caller } from '../admin/keys.ts';
import type { KeyScope } from '../core/api-key.ts';
import { type ErrorBody, toBellwireError, toErrorBody } from './to-error.ts';

/** What a request brings: plain data, so that no driver's types reach the published client. */
export interface RpcContext {
  /** Who calls, or why that is not known. */
  readonly caller: Caller | BellwireError;
  /** The workspace that an admin key names in `Bellwire-Workspace`. */
  readonly named_workspace: string | null;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{name}` for an input field that stands in the path. */
  readonly path: `/${string}`;
  /** 200 when absent; 204 for a procedure that answers nothing. */
  readonly status?: 201 | 202;
}

/** Every procedure names the scope it needs and says what it does; one with a route is on REST too. */
export type ProcedureMeta = {
  readonly scope: KeyScope;
  readonly route?: Route;
  /** A few words, as in a list of calls. */
  readonly summary: string;
  /** What is guaranteed, in whole sentences; Markdown. */
  readonly description: string;
  /** What this call can be refused with beside what every call can. */
  readonly errors?: readonly ErrorCode[];
  /** An input without what stands in the path; made from the required fields when absent. */
  readonly example?: JsonObject;
};

/** What every call can be refused with that stores an event. */
export const ACCEPT_ERRORS = ['overloaded', 'storage_failed', 'storage_broken', 'shutting_down'] as const;

/** What every call can be refused with that lists or counts. */
export const READ_ERRORS = ['overloaded', 'storage_failed', 'shutting_down'] as const;

export interface ErrorShape {
  readonly message: string;
  readonly code: TRPCDefaultErrorShape['code'];
  readonly data: ErrorBody & { readonly httpStatus: number };
}

export const t = initTRPC
  .context<RpcContext>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    errorFormatter: ({ shape, error }): ErrorShape => {
      const known = toBellwireError(error);
      return {
        message: known.message,
        code: shape.code,
        data: { ...toErrorBody(known), httpStatus: known.status },
      };
    },
  });

const rank: Record<KeyScope, number> = { send: 0, workspace: 1, admin: 2 };

/** The workspace that exists from the start. */
export const DEFAULT_WORKSPACE = 'ws_default';

const workspaceOf = (caller: Caller, named: string | null): string => {
  if (named === null || named === caller.workspace_id) return caller.workspace_id ?? DEFAULT_WORKSPACE;
  if (caller.workspace_id === null) return named;
  throw new BellwireError(
    'forbidden',
    'This API key belongs to one workspace and cannot name another. Leave out the header Bellwire-Workspace, or use an admin key.',
  );
};

/** A procedure whose caller is known and has the scope that the procedure's meta names. */
export const procedure = t.procedure.use(({ ctx, meta, next }) => {
  const { caller } = ctx;
  if (caller instanceof BellwireError) throw caller;
  const needed = meta?.scope ?? 'admin';
  if (rank[caller.scope] < rank[needed]) {
    throw new BellwireError(
      'forbidden',
      `This call needs an API key with the scope "${needed}"; this one has "${caller.scope}".`,
    );
  }
  return next({ ctx: { caller, workspace_id: workspaceOf(caller, ctx.named_workspace) } });
});
