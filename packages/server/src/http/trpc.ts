import type { AnyRouter } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { Hono } from 'hono';
import { BellwireError } from '../core/errors.ts';
import type { Log } from '../ports/log.ts';
import { logServerError, toBellwireError } from '../rpc/to-error.ts';
import { loggedWorkspace, type RpcContext } from '../rpc/trpc.ts';
import { answerError, API_HEADERS, errorHeaders } from './answers.ts';
import { parseJsonText } from '../core/json-text.ts';
import { type HeavyTurn, LIGHT_CHARACTERS } from './heavy-turns.ts';
import { readJsonText } from './read-body.ts';

export interface TrpcOptions {
  readonly router: AnyRouter;
  readonly createContext: (request: Request) => Promise<RpcContext>;
  readonly heavyTurn: HeavyTurn;
  readonly log: Log;
}

const MAX_BATCH_CALLS = 100;

/**
 * The request, after checking that its body is valid UTF-8 and JSON without numbers that JavaScript would change. The
 * adapter alone would silently accept form bodies, replace invalid bytes and round numbers.
 */
const checked = async (
  request: Request,
  is_refused: boolean,
  takeTurn: () => Promise<void>,
): Promise<Request> => {
  if (request.method !== 'POST') {
    const input = new URL(request.url).searchParams.get('input');
    if (input !== null && input !== '') parseJsonText(input);
    return request;
  }
  // A call without a valid key is refused before its body is read. Each call of a batch gets the refusal.
  const text = is_refused ? '{}' : await readJsonText(request);
  if (text.length > LIGHT_CHARACTERS) await takeTurn();
  if (text !== '') parseJsonText(text);
  const headers = new Headers(request.headers);
  // A call without a body may have no content type. It gets the error that names the missing input.
  headers.set('content-type', 'application/json');
  return new Request(request.url, { method: 'POST', headers, body: text });
};

const isRefused = (context: Promise<RpcContext>): Promise<boolean> =>
  context.then(
    ({ caller }) => caller instanceof BellwireError,
    () => true,
  );

// A caller of one workspace cannot take the turns of another by naming it.
const workspaceOf = ({ caller, named_workspace }: RpcContext): string =>
  (caller instanceof BellwireError ? null : caller.workspace_id) ?? named_workspace ?? '';

/** Mounts the typed RPC API at `/trpc`. */
export const mountTrpc = (app: Hono, { router, createContext, heavyTurn, log }: TrpcOptions): void => {
  app.all('/trpc/*', async (c) => {
    try {
      const context = createContext(c.req.raw);
      const req = await checked(c.req.raw, await isRefused(context), async () =>
        heavyTurn(workspaceOf(await context)),
      );
      return await fetchRequestHandler({
        endpoint: '/trpc',
        req,
        router,
        createContext: () => context,
        maxBatchSize: MAX_BATCH_CALLS,
        onError: ({ error, path = 'unknown', ctx }) =>
          logServerError(log, toBellwireError(error), {
            call: path,
            ...(ctx === undefined ? {} : loggedWorkspace(ctx)),
          }),
        responseMeta: ({ errors: [first] }) => ({
          headers: new Headers(first === undefined ? API_HEADERS : errorHeaders(toBellwireError(first))),
        }),
      });
    } catch (thrown) {
      return answerError(c, thrown, log);
    }
  });
};
