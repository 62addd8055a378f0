import { type AnyRouter, callTRPCProcedure } from '@trpc/server';
import type { Context, Hono } from 'hono';
import { BellwireError } from '../core/errors.ts';
import { jsonWithStored } from '../core/stored-json.ts';
import type { Log } from '../ports/log.ts';
import { loggedWorkspace, type RpcContext } from '../rpc/trpc.ts';
import { answerError, API_HEADERS, LOGGED_WORKSPACE } from './answers.ts';
import { type HeavyTurn, LIGHT_CHARACTERS } from './heavy-turns.ts';
import { readJsonObject } from './read-body.ts';
import { toInput } from './rest-input.ts';
import { type RestRoute, routesOf } from './routes.ts';

export interface RestOptions {
  readonly router: AnyRouter;
  /** Every route is mounted under each of these, such as `/v1`. */
  readonly prefixes: readonly string[];
  readonly createContext: (request: Request) => Promise<RpcContext>;
  readonly heavyTurn: HeavyTurn;
  readonly log: Log;
}

// No REST procedure waits for long, and a signal for each call would cost more than most calls.
const NEVER_ABORTED = new AbortController().signal;

const handle = async (c: Context, rest: RestRoute, options: RestOptions): Promise<Response> => {
  const { router, createContext, heavyTurn } = options;
  const request = c.req.raw;
  const ctx = await createContext(request);
  c.set(LOGGED_WORKSPACE, loggedWorkspace(ctx));
  // Unauthenticated calls are refused before their body is read.
  if (ctx.caller instanceof BellwireError) throw ctx.caller;
  // A caller of one workspace cannot take the turns of another by naming it.
  const workspace_id = ctx.caller.workspace_id ?? ctx.named_workspace ?? '';
  const body =
    rest.route.method === 'GET'
      ? {}
      : await readJsonObject(request, (characters) =>
          characters > LIGHT_CHARACTERS ? heavyTurn(workspace_id) : undefined,
        );
  const input = toInput(rest, {
    params: c.req.param() as Record<string, string>,
    queries: c.req.queries(),
    body,
    idempotency_key: request.headers.get('idempotency-key') ?? undefined,
  });
  const output = await callTRPCProcedure({
    router,
    path: rest.name,
    type: rest.type,
    ctx,
    getRawInput: () => Promise.resolve(input),
    signal: NEVER_ABORTED,
    batchIndex: 0,
  });
  if (output === undefined) return c.body(null, 204, API_HEADERS);
  const status = rest.route.status ?? 200;
  if (rest.meta.has_stored_json !== true) return c.json(output, status, API_HEADERS);
  await heavyTurn(workspace_id);
  return c.body(jsonWithStored(output), status, { ...API_HEADERS, 'content-type': 'application/json' });
};

/** Mounts every procedure that has a REST route: Hono matches, zod validates, tRPC runs. */
export const mountRest = (app: Hono, options: RestOptions): void => {
  for (const rest of routesOf(options.router)) {
    const paths = options.prefixes.map((prefix) => prefix + rest.route.path.replaceAll(/\{(\w+)\}/g, ':$1'));
    app.on(rest.route.method, paths, async (c) => {
      try {
        return await handle(c, rest, options);
      } catch (thrown) {
        return answerError(c, thrown, options.log);
      }
    });
  }
};
