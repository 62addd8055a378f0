import type { Context, Hono } from 'hono';
import { BellwireError } from '../core/errors.ts';
import type { Log } from '../ports/log.ts';
import { readStreamInput, streamCall } from '../rpc/stream.ts';
import { accessOf, boundInput, type RpcContext } from '../rpc/trpc.ts';
import type { Change } from '../ports/changes.ts';
import type { ShownChange } from '../rpc/views/change.ts';
import { answerError } from './answers.ts';
import { EVENT_STREAM_HEADERS } from './event-stream.ts';
import { toInput } from './rest-input.ts';
import type { Streams } from './streams.ts';

export interface StreamRouteOptions {
  readonly streams: Streams;
  readonly viewChange: (change: Change) => ShownChange;
  readonly prefixes: readonly string[];
  readonly createContext: (request: Request) => Promise<RpcContext>;
  readonly log: Log;
}

const isStillAllowed = (ctx: RpcContext, workspace_id: string): boolean => {
  try {
    return accessOf(ctx, streamCall.meta).workspace_id === workspace_id;
  } catch (error) {
    if (error instanceof BellwireError && error.status < 500) return false;
    throw error;
  }
};

const open = async (
  c: Context,
  { streams, viewChange, createContext }: StreamRouteOptions,
): Promise<Response> => {
  const request = c.req.raw;
  const ctx = await createContext(request);
  const access = accessOf(ctx, streamCall.meta);
  const { caller, workspace_id, portal_tenant } = access;
  const fields = toInput(
    { input: streamCall.input, in_path: [] },
    { params: {}, queries: c.req.queries(), body: {}, idempotency_key: undefined },
  );
  const { last_event_id, ...filter } = readStreamInput(
    await boundInput(ctx, access, { raw: fields, declared: streamCall.meta }),
  );
  // Its body would never be read nor canceled.
  if (c.req.method === 'HEAD') return new Response(null, { headers: EVENT_STREAM_HEADERS });
  return streams.open({
    workspace_id,
    viewChange,
    filter: { ...filter, owner: portal_tenant },
    last_event_id: request.headers.get('last-event-id') ?? last_event_id ?? null,
    credential_id: caller.key_id,
    isAllowed: async () => isStillAllowed(await createContext(request), workspace_id),
  });
};

/** Mounts the stream of changes. */
export const mountStream = (app: Hono, options: StreamRouteOptions): void => {
  for (const prefix of options.prefixes) {
    app.get(prefix + streamCall.path, async (c) => {
      try {
        return await open(c, options);
      } catch (thrown) {
        return answerError(c, thrown, options.log);
      }
    });
  }
};
