import type { AnyRouter } from '@trpc/server';
import type { Context, Hono } from 'hono';
import { BellwireError } from '../core/errors.ts';
import { jsonWithStored } from '../core/stored-json.ts';
import type { Log } from '../ports/log.ts';
import { type DirectCall, directCall } from '../rpc/direct-call.ts';
import { LIGHT_CHARACTERS } from '../rpc/heavy-turns.ts';
import { hasLargeAnswer, isRead } from '../rpc/reads.ts';
import { loggedWorkspace, type RpcContext } from '../rpc/trpc.ts';
import type { Admission } from './admission.ts';
import { answerError, API_HEADERS, LOGGED_WORKSPACE } from './answers.ts';
import { callOwner } from './call-owner.ts';
import { jsonAnswer } from './json-answer.ts';
import { bodyBytes, readJsonText, toJsonObject } from './read-body.ts';
import { toInput } from './rest-input.ts';
import { type RestRoute, routesOf } from './routes.ts';

export interface RestOptions {
  readonly router: AnyRouter;
  /** Every route is mounted under each of these, such as `/v1`. */
  readonly prefixes: readonly string[];
  readonly createContext: (request: Request) => Promise<RpcContext>;
  readonly admission: Admission;
  readonly log: Log;
}

const JSON_HEADERS = { ...API_HEADERS, 'content-type': 'application/json' } as const;

interface RestCall {
  readonly rest: RestRoute;
  readonly call: DirectCall;
}

const emptyBody = (): Promise<string> => Promise.resolve('');

// Responses are created without Hono's context, which would copy their headers twice.
const handle = async (c: Context, { rest, call }: RestCall, options: RestOptions): Promise<Response> => {
  const { createContext, admission } = options;
  const request = c.req.raw;
  const ctx = await createContext(request);
  c.set(LOGGED_WORKSPACE, loggedWorkspace(ctx));
  // Unauthenticated calls are refused before their body is read.
  if (ctx.caller instanceof BellwireError) throw ctx.caller;
  const owner = callOwner(ctx.caller, ctx.named_workspace);
  const [workspace_id] = owner;
  const turn = (): Promise<void> => ctx.heavyTurn(workspace_id);
  const answerTo = async (text: string): Promise<Response> => {
    if (text.length > LIGHT_CHARACTERS) await turn();
    const input = toInput(rest, {
      params: c.req.param() as Record<string, string>,
      queries: c.req.queries(),
      body: toJsonObject(text),
      idempotency_key: request.headers.get('idempotency-key') ?? undefined,
    });
    const output = await call(ctx, input);
    if (output === undefined) return new Response(null, { status: 204, headers: API_HEADERS });
    const init = { status: rest.route.status ?? 200, headers: JSON_HEADERS };
    if (rest.meta.has_stored_json !== true) return jsonAnswer(output, init, { write: JSON.stringify, turn });
    await turn();
    return jsonAnswer(output, init, { write: jsonWithStored, turn });
  };
  const is_get = rest.route.method === 'GET';
  const bytes = is_get ? 0 : bodyBytes(request);
  const work = {
    receive: is_get ? emptyBody : () => readJsonText(request),
    call: answerTo,
    is_read: isRead(rest),
  };
  return hasLargeAnswer(rest)
    ? admission.runLarge(request, { owner, bytes, ...work })
    : admission.run(owner, bytes, work);
};

/** Mounts every procedure that has a REST route: Hono matches, zod validates, the procedure's resolver runs. */
export const mountRest = (app: Hono, options: RestOptions): void => {
  for (const rest of routesOf(options.router)) {
    const call = directCall(options.router, rest.name);
    const paths = options.prefixes.map((prefix) => prefix + rest.route.path.replaceAll(/\{(\w+)\}/g, ':$1'));
    app.on(rest.route.method, paths, async (c) => {
      try {
        return await handle(c, { rest, call }, options);
      } catch (thrown) {
        return answerError(c, thrown, options.log);
      }
    });
  }
};
