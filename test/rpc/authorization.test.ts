import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyScopes, mayCall } from '../../packages/server/src/core/api-key.ts';
import type { RestRoute } from '../../packages/server/src/http/routes.ts';
import { streamCall } from '../../packages/server/src/rpc/stream.ts';
import { routes } from '../support/any-step.ts';
import { document, operations, process_operations } from '../support/openapi.ts';
import { openPortal } from '../support/portal.ts';
import { startReceiver } from '../support/receiver.ts';
import { type AnswerBody, keepForFile, startServer, until } from '../support/running-server.ts';
import { type Input, procedures } from '../support/two-surfaces.ts';

// The full form is `pnpm experiment X9`.
const SWAPS = Number(process.env['AUTHORIZATION_SWAPS'] ?? 400);

const server = await keepForFile(startServer());
const { api } = server;
const receiver = await keepForFile(startReceiver());
const OTHER = (await server.newWorkspace()).workspace!;

/** One of each kind in a workspace, with a mark in every text. */
const fill = async (workspace: string, mark: string) => {
  const headers = { 'bellwire-workspace': workspace };
  const create = async (call: `${string} /${string}`, body: object): Promise<AnswerBody> => {
    const answer = await api(call, body, { headers });
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.body;
  };
  // Of both workspaces: a call about it is about the own one.
  const tenant = 'cus_both';
  const named = { name: mark, metadata: { of: mark }, tenant };
  const hook = await create('POST /v1/webhooks', {
    url: `${receiver.origin}/${mark}`,
    events: ['*'],
    headers: { 'X-Token': `header-${mark}` },
    ...named,
  });
  await create('PUT /v1/event-types/order.created', { description: mark, example: { of: mark } });
  const event = await create('POST /v1/events', { type: 'order.created', data: { of: mark }, tenant });
  const delivery = await until(
    async () => (await api(`GET /v1/deliveries?event_id=${event.id}`, undefined, { headers })).body.data[0],
    (found) => found?.status === 'succeeded',
  );
  const recovery = await create('POST /v1/recoveries', {
    hook_id: hook.id,
    since: new Date(0).toISOString(),
    statuses: ['failed'],
  });
  await create('PATCH /v1/tenants/spare', {});
  const erasure = (await api('DELETE /v1/tenants/spare', undefined, { headers })).body;
  const { number } = hook as AnswerBody & { readonly number: number };
  const ids: Readonly<Record<string, readonly unknown[]>> = {
    hook_id: [hook.id, number, String(number)],
    hook_ids: [[hook.id]],
    event_id: [event.id],
    wire_id: [event.id],
    delivery_id: [delivery!.id],
    delivery_ids: [[delivery!.id]],
    recovery_id: [recovery.id],
    erasure_id: [erasure.id],
    workspace_id: [workspace],
    subject: [hook.id],
    tenant: [tenant],
    cursor: [hook.id, event.id, delivery!.id].map((id) => Buffer.from(`after:${id}`).toString('base64url')),
  };
  const secrets = [hook.secret, `header-${mark}`];
  const marks = [mark, hook.id, event.id, delivery!.id, recovery.id, erasure.id, workspace, ...secrets];
  return { ids, marks, secrets };
};

const own = await fill('ws_default', 'ownmark');
const foreign = await fill(OTHER, 'foreignmark');

const keyWith = async (fields: object, workspace = 'ws_default'): Promise<AnswerBody> =>
  (await api('POST /v1/api-keys', { name: 'k', ...fields }, { headers: { 'bellwire-workspace': workspace } }))
    .body;

const revoked = await keyWith({ scope: 'admin' });
await api(`DELETE /v1/api-keys/${revoked.id}`);
const ended = await openPortal(api, 'cus_ended');
await api('DELETE /v1/tenants/cus_ended/portal-sessions');
const keys = new Map<string, string>();
for (const scope of keyScopes) keys.set(scope, (await keyWith({ scope })).api_key);

const REST_OTHERS: Input = {
  name: 'order.created',
  url: 'https://example.com/',
  events: ['order.created'],
  type: 'order.created',
  data: {},
};

const isRequired = ({ input }: RestRoute, field: string): boolean =>
  !(input.shape[field] as { safeParse: (value: unknown) => { success: boolean } }).safeParse(undefined)
    .success;

/** An input with the required fields. `other` replaces the value of one field. */
const inputOf = (route: RestRoute, other: Input = {}): Input => {
  const fields = Object.keys(route.input.shape).filter((field) => isRequired(route, field));
  const base = fields.flatMap((field): [string, unknown][] => {
    if (field in own.ids) return [[field, own.ids[field]![0]]];
    if (field === 'key_id') return [[field, 'key_x']];
    return field in REST_OTHERS ? [[field, REST_OTHERS[field]]] : [];
  });
  return { ...Object.fromEntries(base), ...other };
};

interface Credential {
  readonly key: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const overRest = ({ route }: RestRoute, input: Input, by: Credential) => {
  const rest: Record<string, unknown> = { ...input };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const value = String(rest[field]);
    delete rest[field];
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, String(value)]));
  return route.method === 'GET'
    ? api(`GET /v1${path}?${query.toString()}`, undefined, by)
    : api(`${route.method} /v1${path}`, rest, by);
};

const overTrpc = ({ name, type }: RestRoute, input: Input, by: Credential) =>
  type === 'query'
    ? api(`GET /trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`, undefined, by)
    : api(`POST /trpc/${name}`, input, by);

const surfaces = [overRest, overTrpc];

/** Changes what later calls need, so these are called with unknown ids only. */
const isDestructive = ({ name }: RestRoute): boolean => /\.(?:delete|erase|revoke)/.test(name);

it('every procedure and every route declares a scope, or is among those that are open to everyone', () => {
  const declared = new Set<string>(keyScopes);
  for (const { name, meta } of procedures)
    expect([name, declared.has(meta?.scope ?? 'none')]).toEqual([name, true]);
  expect(streamCall.meta.scope).toBe('read');
  const undeclared = [...operations, ...process_operations]
    .filter(({ operation }) => !declared.has(operation.security?.[0]?.['api_key']?.[0] ?? 'none'))
    .map(({ name }) => name);
  expect(undeclared.toSorted()).toEqual(
    ['docs', 'entry', 'health', 'metrics', 'openapi', 'ready'].map((name) => `process.${name}`),
  );
  expect(Object.keys(document.paths).length).toBeGreaterThan(30);
});

const of = (scope: string) => procedures.filter(({ meta }) => meta?.scope === scope);

it('the scope read covers exactly the queries of a workspace, and send exactly the sending of events', () => {
  expect(of('send').map(({ name }) => name)).toEqual(['events.send', 'events.sendBatch']);
  const reads = procedures.filter(({ type, meta }) => type === 'query' && meta?.scope !== 'admin');
  expect(of('read')).toEqual(reads);
  expect(of('workspace').every(({ type }) => type === 'mutation')).toBe(true);
  for (const { name, meta } of of('admin')) {
    expect(name).toMatch(/^(workspaces|apiKeys|system)\./);
    expect(meta?.portal).toBe('none');
  }
});

it(
  'each call of each procedure is answered as the scope of its caller says, on both surfaces',
  { timeout: 60_000 },
  async () => {
    const without: readonly (readonly [string, string | null])[] = [
      ['no key', null],
      ['a revoked key', revoked.api_key],
      ['a broken key', `${keys.get('admin')}x`],
      ['a revoked portal', ended],
    ];
    const portal = await openPortal(api, 'cus_matrix');
    let calls = 0;
    for (const route of routes) {
      const unknown = Object.fromEntries(route.in_path.map((field) => [field, 'x']));
      const input = isDestructive(route) || route.type === 'mutation' ? unknown : inputOf(route);
      for (const call of surfaces) {
        for (const [who, key] of without) {
          expect([route.name, who, (await call(route, input, { key })).status]).toEqual([
            route.name,
            who,
            401,
          ]);
        }
        for (const scope of keyScopes) {
          const { status, text } = await call(route, input, { key: keys.get(scope)! });
          const is_refused = !mayCall(scope, route.meta.scope);
          expect([route.name, scope, status === 403], text).toEqual([route.name, scope, is_refused]);
          expect([401, 500].includes(status), `${route.name} ${scope} ${text}`).toBe(false);
          if (scope === 'read') for (const secret of own.secrets) expect(text).not.toContain(secret);
          calls += 1;
        }
        if (route.meta.portal === 'none') {
          expect([route.name, (await call(route, input, { key: portal })).status]).toEqual([route.name, 403]);
        }
      }
    }
    expect(calls).toBeGreaterThan(400);
  },
);

it('an expired key gets 401 for every call', async () => {
  const { api_key } = await keyWith({
    scope: 'admin',
    expires_at: new Date(Date.now() + 2_000).toISOString(),
  });
  const [first] = routes;
  await until(
    async () => (await overRest(first!, inputOf(first!), { key: api_key })).status,
    (status) => status === 401,
  );
  for (const route of routes) {
    const { status, text } = await overRest(route, {}, { key: api_key });
    expect([route.name, status]).toEqual([route.name, 401]);
    expect(text).toContain('This API key expired at');
  }
});

/** Everything that an admin sees in the foreign workspace. */
const stateOfForeign = async (): Promise<string> => {
  const lists = [
    'webhooks',
    'events',
    'deliveries',
    'recoveries',
    'event-types',
    'tenants',
    'audit',
  ] as const;
  const read = lists.map((list) =>
    api(`GET /v1/${list}?limit=1000`, undefined, { headers: { 'bellwire-workspace': OTHER } }),
  );
  const texts = (await Promise.all(read)).map(({ text }) => text);
  return createHash('sha256').update(texts.join('\n')).digest('hex');
};

it(
  'no key of a workspace reads or changes anything of another, whichever of its ids a call names',
  { timeout: 60_000 + SWAPS * 50 },
  async () => {
    const before = await stateOfForeign();
    const callers = ['workspace', 'read', 'send'];
    const fields = Object.keys(foreign.ids);
    const swappable = routes.filter(({ input }) => fields.some((field) => field in input.shape));
    let answered = 0;
    const swap = fc
      .record({
        route: fc.constantFrom(...swappable),
        scope: fc.constantFrom(...callers),
        call: fc.constantFrom(...surfaces),
        named: fc.boolean(),
        picks: fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 3 }),
      })
      .map(({ route, picks, ...rest }) => {
        const possible = fields.filter((field) => field in route.input.shape);
        const swapped = picks.map(([at, nth]): [string, unknown] => {
          const field = possible[at % possible.length]!;
          return [field, foreign.ids[field]![nth % foreign.ids[field]!.length]];
        });
        return { route, ...rest, swapped: Object.fromEntries(swapped) };
      });
    await fc.assert(
      fc.asyncProperty(swap, async ({ route, scope, call, named, swapped }) => {
        // It would delete the own one.
        if (isDestructive(route) && Object.keys(swapped).every((field) => field === 'tenant')) return;
        const input = inputOf(route, swapped);
        const headers = named ? { 'bellwire-workspace': OTHER } : {};
        const { status, text } = await call(route, input, { key: keys.get(scope)!, headers });
        if (status < 300) answered += 1;
        if (named) expect([401, 403, 422, 400].includes(status), text).toBe(true);
        expect(status, text).not.toBe(500);
        const sent = JSON.stringify(input);
        expect(foreign.marks.filter((mark) => !sent.includes(mark) && text.includes(mark))).toEqual([]);
      }),
      { numRuns: SWAPS },
    );
    expect(answered).toBeGreaterThan(5);
    expect(await stateOfForeign()).toBe(before);
  },
);
