import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Caller } from '../../packages/server/src/admin/keys.ts';
import { routesOf } from '../../packages/server/src/http/routes.ts';
import type { RpcDeps } from '../../packages/server/src/rpc/deps.ts';
import { directCall } from '../../packages/server/src/rpc/direct-call.ts';
import { createEventsRouter } from '../../packages/server/src/rpc/events.ts';
import { procedure, type RpcContext, t } from '../../packages/server/src/rpc/trpc.ts';
import { createAppRouter } from '../../packages/server/src/rpc/router.ts';

const caller: Caller = { key_id: 'key_a', scope: 'send', workspace_id: 'ws_a', events_per_second: null };
const ctx: RpcContext = {
  caller,
  named_workspace: null,
  hookIdsOf: async (_, numbers) => new Map(numbers.map((number) => [number, `wh_${number}`])),
  owned: { among: async () => new Set(), countDeliveries: async () => 0 } as unknown as RpcContext['owned'],
  heavyTurn: async () => {},
  originOf: () => null,
};

const plain = procedure
  .meta({ scope: 'send', summary: 's', description: 'd' })
  .input(z.strictObject({ hook_id: z.string(), count: z.number().default(1) }))
  .output(z.object({ workspace_id: z.string(), hook_id: z.string(), count: z.number() }));

const show = plain.query(({ ctx: { workspace_id }, input }) => ({ workspace_id, ...input }));

describe('a direct call', () => {
  const call = directCall(t.router({ show }), 'show');

  it('has the same result as a call through tRPC', async () => {
    const through = t.createCallerFactory(t.router({ show }))(ctx);
    const expected = { workspace_id: 'ws_a', hook_id: 'wh_7', count: 1 };
    expect(await call(ctx, { hook_id: 7 })).toEqual(expected);
    expect(await through.show({ hook_id: 7 as unknown as string })).toEqual(expected);
  });

  it('checks the rows of a large page in slices, as tRPC checks them at once', async () => {
    const list = procedure
      .meta({ scope: 'send', summary: 's', description: 'd' })
      .input(z.strictObject({}))
      .output(z.object({ data: z.array(z.object({ n: z.number() })), next_cursor: z.null() }))
      .query(() => ({ data: Array.from({ length: 1_000 }, (_, n) => ({ n, more: 1 })), next_cursor: null }));
    const router = t.router({ list });
    let turns = 0;
    const heavyTurn = async (): Promise<void> => void (turns += 1);
    const listed = await directCall(router, 'list')({ ...ctx, heavyTurn }, {});
    expect(turns).toBe(9);
    expect(listed).toEqual(await t.createCallerFactory(router)(ctx).list({}));
    expect(listed).toMatchObject({ data: { 999: { n: 999 } } });
  });

  it('sends a batch of a thousand events in slices', async () => {
    // Invalid events need no part of the server.
    const router = t.router({ events: createEventsRouter({} as RpcDeps) });
    let turns = 0;
    const heavyTurn = async (): Promise<void> => void (turns += 1);
    const events = Array.from({ length: 1_000 }, () => ({ unknown: 1 }));
    const sent = await directCall(router, 'events.sendBatch')({ ...ctx, heavyTurn }, { events });
    expect(turns).toBe(9);
    expect(sent).toMatchObject({ results: { 999: { ok: false, error: { code: 'invalid_input' } } } });
  });

  it('refuses a caller without the scope before it parses the input', async () => {
    const reader: Caller = { ...caller, scope: 'read' };
    await expect(call({ ...ctx, caller: reader }, {})).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('reports the issues of an input, and hides an output that its schema refuses', async () => {
    await expect(call(ctx, { hook_id: 'wh_1', other: 1 })).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'other: is not a known field.',
    });
    const wrong = plain.query(() => ({}) as { workspace_id: string; hook_id: string; count: number });
    const broken = directCall(t.router({ wrong }), 'wrong');
    await expect(broken(ctx, { hook_id: 'wh_1' })).rejects.not.toHaveProperty('code', 'invalid_input');
  });
});

describe('a procedure that a direct call would cut short is refused', () => {
  const refused = /has a middleware that REST would skip/;
  const input = z.strictObject({});

  it.each([
    ['a middleware before the input', procedure.use(({ next }) => next()).input(input)],
    ['a middleware after the input', procedure.input(input).use(({ next }) => next())],
    ['another base', t.procedure.input(input)],
    ['a second input', procedure.input(input).input(z.strictObject({}))],
    ['no input', procedure],
  ])('%s', (_, builder) => {
    const cut = (builder as typeof t.procedure).query(() => 1);
    expect(() => directCall(t.router({ cut }), 'cut')).toThrow(refused);
  });

  it('none of the API', () => {
    const router = createAppRouter({} as Parameters<typeof createAppRouter>[0]);
    const routes = routesOf(router);
    expect(routes.length).toBeGreaterThan(50);
    for (const { name } of routes) expect(() => directCall(router, name)).not.toThrow();
  });
});
