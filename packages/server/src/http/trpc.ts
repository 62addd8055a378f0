import type { AnyRouter } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { Hono } from 'hono';
import { BellwireError } from '../core/errors.ts';
import type { Owner } from '../core/owner.ts';
import type { Log } from '../ports/log.ts';
import { LIGHT_CHARACTERS } from '../rpc/heavy-turns.ts';
import { type Answering, hasLargeAnswer, isRead } from '../rpc/reads.ts';
import { logServerError, toBellwireError } from '../rpc/to-error.ts';
import { loggedWorkspace, type RpcContext } from '../rpc/trpc.ts';
import { answerError, API_HEADERS, errorHeaders } from './answers.ts';
import { parseJsonText } from '../core/json-text.ts';
import type { Admission } from './admission.ts';
import { callOwner } from './call-owner.ts';
import { bodyBytes, readJsonText } from './read-body.ts';
import { answerInTurn, MAX_BATCH_CALLS, namesIn, queriesOf } from './trpc-batch.ts';

export interface TrpcOptions {
  readonly router: AnyRouter;
  readonly createContext: (request: Request) => Promise<RpcContext>;
  readonly admission: Admission;
  readonly log: Log;
}

/**
 * The request, after checking that its body is valid UTF-8 and JSON without numbers that JavaScript would change. The
 * adapter alone would silently accept form bodies, replace invalid bytes and round numbers.
 */
const checked = async (request: Request, text: string, takeTurn?: () => Promise<void>): Promise<Request> => {
  if (request.method !== 'POST') {
    const input = new URL(request.url).searchParams.get('input');
    if (input !== null && input !== '') parseJsonText(input);
    return request;
  }
  if (text.length > LIGHT_CHARACTERS) await takeTurn?.();
  if (text !== '') parseJsonText(text);
  const headers = new Headers(request.headers);
  // A call without a body may have no content type. It gets the error that names the missing input.
  headers.set('content-type', 'application/json');
  return new Request(request.url, { method: 'POST', headers, body: text });
};

/** Null if the caller is refused. */
const ownerOf = (context: Promise<RpcContext>): Promise<Owner | null> =>
  context.then(
    ({ caller, named_workspace }) =>
      caller instanceof BellwireError ? null : callOwner(caller, named_workspace),
    () => null,
  );

/** Tells requests that read, and those whose answer can be large: of such a call, or of a batch of queries. */
const kindsOf = (router: AnyRouter) => {
  const procedures = Object.entries(
    router._def.procedures as Readonly<Record<string, { readonly _def: Answering }>>,
  );
  const namesOf = (is: (procedure: Answering) => boolean): ReadonlySet<string> =>
    new Set(procedures.flatMap(([name, { _def }]) => (is(_def) ? [name] : [])));
  const [large, reads] = [namesOf(hasLargeAnswer), namesOf(isRead)];
  return (request: Request) => {
    const names = namesIn(request);
    const is_batch = request.method === 'GET' && names.length > 1;
    return {
      is_large: is_batch || names.some((name) => large.has(name)),
      is_read: names.some((name) => reads.has(name)),
    };
  };
};

/** Mounts the typed RPC API at `/trpc`. */
export const mountTrpc = (app: Hono, options: TrpcOptions): void => {
  const { router, createContext, admission, log } = options;
  const kindOf = kindsOf(router);
  const answer = (req: Request, context: Promise<RpcContext>): Promise<Response> =>
    fetchRequestHandler({
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
  app.all('/trpc/*', async (c) => {
    const request = c.req.raw;
    try {
      const context = createContext(request);
      const owner = await ownerOf(context);
      // A call without a valid key is refused before its body is read. Each call of a batch gets the refusal.
      if (owner === null) return await answer(await checked(request, '{}'), context);
      const turn = async (): Promise<void> => (await context).heavyTurn(owner[0]);
      const is_post = request.method === 'POST';
      const bytes = is_post ? bodyBytes(request) : 0;
      const { is_large, is_read } = kindOf(request);
      const work = {
        is_read,
        receive: () => (is_post ? readJsonText(request) : Promise.resolve('')),
        call: async (text: string): Promise<Response> => {
          const valid = await checked(request, text, turn);
          const queries = queriesOf(valid);
          if (queries === null) return answer(valid, context);
          return answerInTurn(queries, (query) => answer(query, context), turn);
        },
      };
      return await (is_large
        ? admission.runLarge(request, { owner, bytes, ...work })
        : admission.run(owner, bytes, work));
    } catch (thrown) {
      return answerError(c, thrown, log);
    }
  });
};
