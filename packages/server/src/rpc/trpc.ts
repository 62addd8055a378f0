import { initTRPC, type TRPCDefaultErrorShape } from '@trpc/server';
import type { z } from 'zod';
import { BellwireError, type ErrorCode } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Caller } from '../admin/keys.ts';
import type { Owned } from '../ports/owned.ts';
import { type KeyScope, mayCall } from '../core/api-key.ts';
import type { HeavyTurn } from './heavy-turns.ts';
import { type HookIdsOf, toHookIds } from './hook-numbers.ts';
import { inWords } from './in-words.ts';
import { assertOwnInput, assertPortalMay, ownHookIds, type PortalAccess, shownInPortal } from './portal.ts';
import { type ErrorBody, toBellwireError, toErrorBody } from './to-error.ts';

/** The context of a call. Plain types, so that no driver types reach the published client. */
export interface RpcContext {
  /** The caller, or why authentication failed. */
  readonly caller: Caller | BellwireError;
  /** The workspace that the header `Bellwire-Workspace` names. */
  readonly named_workspace: string | null;
  readonly hookIdsOf: HookIdsOf;
  readonly owned: Owned;
  readonly heavyTurn: HeavyTurn;
  /** The address of this server in browsers; null without a request and a configured one. */
  readonly originOf: () => string | null;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{name}` for input fields that are path parameters. */
  readonly path: `/${string}`;
  /** Default: 200, or 204 for procedures without output. */
  readonly status?: 201 | 202;
}

/** The scope and documentation of a procedure. Procedures with a route are available through REST. */
export type ProcedureMeta = {
  readonly scope: KeyScope;
  /** Absent, the portal of a tenant may not make the call. A test requires a declaration. */
  readonly portal?: PortalAccess;
  readonly route?: Route;
  /** A few words for lists of calls. */
  readonly summary: string;
  /** The guarantees, in whole sentences; Markdown. */
  readonly description: string;
  /** Error codes beside those that every call can return. */
  readonly errors?: readonly ErrorCode[];
  /** Whether the answer contains stored JSON, which REST copies as text. */
  readonly has_stored_json?: true;
  /** Whether a mutation reads from the database as much as a list does. */
  readonly is_read?: true;
  /** Whether the answer can have megabytes. That of a list always can. */
  readonly has_large_answer?: true;
  /** An example body. Default: composed from the required fields. */
  readonly example?: JsonObject;
};

/** Error codes of calls that store an event. */
export const ACCEPT_ERRORS = ['overloaded', 'storage_failed', 'storage_broken', 'shutting_down'] as const;

/** Error codes of calls that check data against a schema. */
export const CHECK_ERRORS = ['schema_violation', 'schema_too_slow', 'too_many_requests'] as const;

/** Error codes of calls that list or count. */
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

/** The workspace that always exists. */
export const DEFAULT_WORKSPACE = 'ws_default';

const workspaceOf = (caller: Caller, named: string | null): string => {
  if (named === null || named === caller.workspace_id) return caller.workspace_id ?? DEFAULT_WORKSPACE;
  if (caller.workspace_id === null) return named;
  const credential = caller.scope === 'portal' ? 'session of the customer portal' : 'API key';
  const advice = caller.scope === 'portal' ? '' : ', or use an admin key';
  throw new BellwireError(
    'forbidden',
    `This ${credential} belongs to one workspace and cannot access another. Omit the header Bellwire-Workspace${advice}.`,
  );
};

/** The workspace of a call, for its log lines; empty unless the call is authenticated. */
export const loggedWorkspace = ({
  caller,
  named_workspace,
}: RpcContext): { readonly workspace_id?: string } =>
  caller instanceof BellwireError
    ? {}
    : { workspace_id: named_workspace ?? caller.workspace_id ?? DEFAULT_WORKSPACE };

/** A caller that may make a call, and the workspace of the call. */
export interface Access {
  readonly caller: Caller;
  readonly workspace_id: string;
  /** The tenant to whose hooks the call is restricted; undefined for API keys. */
  readonly portal_tenant: string | undefined;
}

type Declared = Pick<ProcedureMeta, 'scope' | 'portal'>;

/** @throws BellwireError `unauthenticated`; `forbidden` without the scope, or for another workspace. */
export const accessOf = ({ caller, named_workspace }: RpcContext, { scope, portal }: Declared): Access => {
  if (caller instanceof BellwireError) throw caller;
  if (caller.scope === 'portal') assertPortalMay(caller, portal);
  else if (!mayCall(caller.scope, scope)) {
    throw new BellwireError(
      'forbidden',
      `This call requires an API key with the scope "${scope}"; this one has "${caller.scope}".`,
    );
  }
  return {
    caller,
    workspace_id: workspaceOf(caller, named_workspace),
    portal_tenant: caller.scope === 'portal' ? caller.tenant : undefined,
  };
};

/**
 * The input with hook ids in place of numbers. For the portal of a tenant, it names nothing of others.
 * @throws BellwireError `not_found`, `forbidden`, `invalid_input` for the portal
 */
export const boundInput = async (
  { owned, hookIdsOf }: RpcContext,
  { caller, workspace_id }: Access,
  { raw, declared }: { readonly raw: unknown; readonly declared: Declared | undefined },
): Promise<unknown> => {
  if (caller.scope !== 'portal') return toHookIds(raw, (numbers) => hookIdsOf(workspace_id, numbers));
  const input = await toHookIds(raw, async (numbers) =>
    ownHookIds(owned, caller, await hookIdsOf(workspace_id, numbers)),
  );
  await assertOwnInput(owned, caller, { input, access: declared?.portal });
  return input;
};

const authorized = t.procedure.use(({ ctx, meta, next }) =>
  next({ ctx: accessOf(ctx, meta ?? { scope: 'admin' }) }),
);

const withHookNumbers = authorized.use(async ({ ctx, meta, getRawInput, next }) => {
  // Before the procedure, also for one whose input is not read.
  const input = await boundInput(ctx, ctx, { raw: await getRawInput(), declared: meta });
  const result = await next({ getRawInput: async () => input });
  if (ctx.portal_tenant === undefined || !result.ok) return result;
  return { ...result, data: shownInPortal(result.data) };
});

type Base = typeof withHookNumbers;

/** The builder, whose inputs are parsed with our messages. */
const worded = (builder: Base): Base => ({
  ...builder,
  meta: (meta) => worded(builder.meta(meta)),
  input: ((schema: z.ZodType) => builder.input(inWords(schema))) as Base['input'],
});

/**
 * The base of every procedure: requires an authenticated caller with the scope of the procedure's meta, and binds the
 * portal of a tenant to what belongs to it. Its input can name hooks by number.
 */
export const procedure = worded(withHookNumbers);
