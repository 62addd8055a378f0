import { expect, it } from 'vitest';
import type { RestRoute } from '../../packages/server/src/http/routes.ts';
import { streamCall } from '../../packages/server/src/rpc/stream.ts';
import { routes } from '../support/any-step.ts';
import { addPossessions, openPortal, othersOf, type Possessions } from '../support/portal.ts';
import { startReceiver } from '../support/receiver.ts';
import { type Answer, keepForFile, startServer } from '../support/running-server.ts';
import { type Input, procedures } from '../support/two-surfaces.ts';

const OWN = 'cus_a';
const MARKS = { other: 'bbmarker', every: 'starmarker', none: 'nonemarker' };

const server = await keepForFile(startServer());
const { api } = server;
const receiver = await keepForFile(startReceiver());
await api('PUT /v1/event-types/order.created', { example: { order: { id: 1 } } });
const own = await addPossessions(server, { mark: 'aamarker', tenant: OWN, event_tenant: OWN });
const other = await addPossessions(server, {
  mark: MARKS.other,
  tenant: MARKS.other,
  event_tenant: MARKS.other,
});
// A hook of every tenant, with an event of the own tenant: the event is visible, this delivery of it is not.
const every = await addPossessions(server, { mark: MARKS.every, tenant: '*', event_tenant: OWN });
const none = await addPossessions(server, { mark: MARKS.none });
const { body: elsewhere } = await api('POST /v1/workspaces', { name: 'elsewhere' });
const { body: spare } = await api('POST /v1/api-keys', { name: 'sparemarker' });
const FOREIGN: readonly Possessions[] = [other, every, none];
const FORBIDDEN = [
  ...Object.values(MARKS),
  'sparemarker',
  ...FOREIGN.flatMap(({ hook_id, delivery_id, recovery_id }) => [hook_id, delivery_id, recovery_id]),
  other.event_id,
  none.event_id,
];

const token = await openPortal(api, OWN);
const reader = await openPortal(api, OWN, { read_only: true });

const ID_FIELDS = [
  'hook_id',
  'hook_ids',
  'delivery_id',
  'delivery_ids',
  'event_id',
  'wire_id',
  'recovery_id',
  'tenant',
  'idempotency_key',
  'metadata',
  'cursor',
  'subject',
  'workspace_id',
  'key_id',
  'erasure_id',
] as const;

const cursorAt = (id: string): string => Buffer.from(`after:${id}`).toString('base64url');

/** Ways in which a field can name something of others. */
const valuesOf = (field: (typeof ID_FIELDS)[number], of: Possessions): readonly unknown[] => {
  const { hook_id, number, delivery_id, event_id, recovery_id, idempotency_key } = of;
  const values: Readonly<Record<(typeof ID_FIELDS)[number], readonly unknown[]>> = {
    hook_id: [hook_id, number, String(number)],
    hook_ids: [[hook_id], [number], [own.hook_id, hook_id]],
    delivery_id: [delivery_id],
    delivery_ids: [[delivery_id], [own.delivery_id, delivery_id]],
    event_id: [event_id],
    wire_id: [event_id],
    recovery_id: [recovery_id],
    tenant: [of.tenant ?? '*', '*'],
    idempotency_key: [idempotency_key],
    metadata: [{ of: of.mark }],
    cursor: [cursorAt(delivery_id), cursorAt(hook_id), cursorAt('~')],
    subject: [hook_id],
    workspace_id: [elsewhere.id, 'ws_default'],
    key_id: [spare.id],
    erasure_id: ['ers_1'],
  };
  return values[field];
};

/** Valid values of the other fields that calls require. */
const OTHERS: Input = {
  name: 'order.created',
  url: `${receiver.origin}/new`,
  events: ['order.created'],
  type: 'order.created',
  data: {},
};
const SINCE = new Date(0).toISOString();

const isRequired = (route: RestRoute, field: string): boolean =>
  !(route.input.shape[field] as { safeParse: (value: unknown) => { success: boolean } }).safeParse(undefined)
    .success;

/** The inputs of one call: the required fields as the own tenant has them, and one field of others. */
const inputsOf = (route: RestRoute, of: Possessions): readonly Input[] => {
  const fields = Object.keys(route.input.shape);
  const base: Record<string, unknown> = {};
  for (const field of fields) {
    if (field in OTHERS && isRequired(route, field)) base[field] = OTHERS[field];
    if (ID_FIELDS.includes(field as 'tenant') && isRequired(route, field)) {
      base[field] = valuesOf(field as 'tenant', own)[0];
    }
  }
  const foreign = ID_FIELDS.filter((field) => fields.includes(field)).flatMap((field) =>
    valuesOf(field, of).flatMap((value): Input[] => [
      { ...base, [field]: value },
      ...(fields.includes('since') ? [{ ...base, since: SINCE, [field]: value }] : []),
      ...(fields.includes('hook_id') ? [{ ...base, hook_id: own.hook_id, [field]: value }] : []),
    ]),
  );
  return [base, ...(fields.includes('since') ? [{ ...base, since: SINCE }] : []), ...foreign];
};

const overRest = (route: RestRoute, input: Input, key: string): Promise<Answer> => {
  const rest: Record<string, unknown> = { ...input };
  const path = route.route.path.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const value = String(rest[field]);
    delete rest[field];
    return encodeURIComponent(value);
  });
  const { method } = route.route;
  const query = Object.entries(rest).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([part, item]) => [`${name}[${part}]`, String(item)])
      : [[name, String(value)]],
  );
  const suffix = method === 'GET' ? `?${new URLSearchParams(query).toString()}` : '';
  return api(`${method} /v1${path}${suffix}`, method === 'GET' ? undefined : rest, { key });
};

const overTrpc = ({ name, type }: RestRoute, input: Input, key: string): Promise<Answer> =>
  type === 'query'
    ? api(`GET /trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`, undefined, { key })
    : api(`POST /trpc/${name}`, input, { key });

/** Nothing of others is in an answer, but what the call itself contained. */
const expectNothingOfOthers = (text: string, asked: unknown): void => {
  const sent = JSON.stringify(asked);
  const found = FORBIDDEN.filter((mark) => !sent.includes(mark) && text.includes(mark));
  expect(found, `${sent} → ${text}`).toEqual([]);
};

it('every procedure declares whether the portal may call it', () => {
  const undeclared = procedures.filter(({ meta }) => meta?.portal === undefined).map(({ name }) => name);
  expect(undeclared).toEqual([]);
  expect(streamCall.meta.portal).toEqual({ may: 'read', bound_by: 'tenant' });
  const open = procedures.filter(({ meta }) => meta?.portal !== 'none').map(({ name }) => name);
  for (const noun of ['audit', 'apiKeys', 'workspaces', 'tenants', 'erasures', 'system', 'stats']) {
    expect(open.filter((name) => name.startsWith(`${noun}.`))).toEqual([]);
  }
});

it('refuses every call that is not declared for the portal, and every change of a read-only one', async () => {
  for (const route of routes) {
    const [input = {}] = inputsOf(route, own);
    const { portal } = route.meta;
    for (const call of [overRest, overTrpc]) {
      const refused = portal === 'none' ? token : portal?.may === 'write' ? reader : null;
      if (refused === null) continue;
      const { status, text } = await call(route, input, refused);
      expect([route.name, status]).toEqual([route.name, 403]);
      expect(text).toMatch(portal === 'none' ? /requires an API key/ : /read-only/);
    }
  }
});

it(
  'no call reaches or changes anything of another tenant, of every tenant or of none',
  { timeout: 120_000 },
  async () => {
    const before = await othersOf(api, OWN);
    let [calls, answered] = [0, 0];
    for (const route of routes) {
      for (const of of FOREIGN) {
        for (const input of inputsOf(route, of)) {
          // The own things are changed by their own calls: this walk is about those of others.
          if (of !== other && route.type === 'mutation' && input['hook_id'] === own.hook_id) continue;
          if (route.name === 'hooks.delete' && input['hook_id'] === own.hook_id) continue;
          for (const call of [overRest, overTrpc]) {
            const { status, text } = await call(route, input, token);
            calls += 1;
            if (status < 300) answered += 1;
            expect(status, text).toBeLessThan(500);
            expectNothingOfOthers(text, input);
          }
        }
      }
    }
    expect(calls).toBeGreaterThan(1_000);
    expect(answered).toBeGreaterThan(50);
    expect(await othersOf(api, OWN)).toBe(before);
  },
);

it('answers for the ids of others exactly as for unknown ones', async () => {
  const unknown = { hook_id: 'wh_x', delivery_id: 'dlv_x', event_id: 'evt_x', recovery_id: 'rcv_x' };
  const compared: string[] = [];
  for (const route of routes) {
    const field = (Object.keys(unknown) as (keyof typeof unknown)[]).find((name) =>
      route.in_path.includes(name),
    );
    if (field === undefined || route.meta.portal === 'none') continue;
    for (const of of FOREIGN) {
      // The own event of a hook of every tenant.
      if (of === every && field === 'event_id') continue;
      const wrong = await overRest(route, { [field]: unknown[field] }, token);
      const { status, text } = await overRest(route, { [field]: of[field] }, token);
      expect([route.name, status]).toEqual([route.name, 404]);
      expect(text.replaceAll(of[field], unknown[field])).toBe(wrong.text);
    }
    compared.push(route.name);
  }
  expect(compared).toEqual(
    expect.arrayContaining(['hooks.get', 'hooks.delete', 'deliveries.retry', 'events.get']),
  );
});

const listed = async (path: string) =>
  (await api(`GET /v1/${path}`, undefined, { key: token })).body.data as unknown as readonly {
    readonly id: string;
    readonly tenant: string;
    readonly hook_id: string;
  }[];

it('lists contain the own things and nothing else', async () => {
  const hooks = await listed('webhooks?limit=1000');
  expect(hooks.map(({ id }) => id)).toContain(own.hook_id);
  expect(new Set(hooks.map(({ tenant }) => tenant))).toEqual(new Set([OWN]));
  const ids = new Set(hooks.map(({ id }) => id));
  const deliveries = await listed('deliveries?limit=1000');
  expect(deliveries.map(({ id }) => id)).toContain(own.delivery_id);
  expect(deliveries.filter(({ hook_id }) => !ids.has(hook_id))).toEqual([]);
  expect(await listed(`deliveries?event_id=${every.event_id}`)).toHaveLength(1);
  expect((await listed('recoveries?limit=1000')).map(({ id }) => id)).toContain(own.recovery_id);
  expect((await listed('event-types')).length).toBeGreaterThan(0);
});

it('events come without what is for their sender, and hooks without metadata', async () => {
  const event = await api(`GET /v1/events/${own.event_id}`, undefined, { key: token });
  expect(event.body).toMatchObject({ data: { of: OWN }, metadata: {}, idempotency_key: null });
  // It was delivered to the hook of every tenant too, which does not count.
  const { body } = await api(`GET /v1/events/${every.event_id}`, undefined, { key: token });
  expect(body.deliveries).toBe(1);
  const hook = await api(`GET /v1/webhooks/${own.hook_id}`, undefined, { key: token });
  expect(hook.body).toMatchObject({ name: 'aamarker', metadata: {} });
  const change = { metadata: { of: 'me' } };
  expect((await api(`PATCH /v1/webhooks/${own.hook_id}`, change, { key: token })).status).toBe(403);
});

it('a new hook belongs to the tenant, whatever the input says; a key of another tenant is free', async () => {
  const hook = { url: `${receiver.origin}/mine`, events: ['order.created'] };
  for (const tenant of [MARKS.other, '*']) {
    expect((await api('POST /v1/webhooks', { ...hook, tenant }, { key: token })).status).toBe(403);
  }
  const fields = { ...hook, idempotency_key: 'taken' };
  const taken = await server.addHook(receiver.origin, { tenant: MARKS.other, idempotency_key: 'taken' });
  const { status, body } = await api('POST /v1/webhooks', fields, { key: token });
  expect([status, body['tenant' as 'id']]).toEqual([201, OWN]);
  expect(body.id).not.toBe(taken.id);
  const events = ['bellwire.hook.disabled'];
  expect((await api('POST /v1/webhooks', { ...hook, events }, { key: token })).status).toBe(422);
  const test = { event_type: 'bellwire.hook.disabled' };
  expect((await api(`POST /v1/webhooks/${body.id}/test`, test, { key: token })).status).toBe(422);
});

it('a recovery covers the deliveries of own hooks only', async () => {
  const recover = (body: object) => api('POST /v1/recoveries', body, { key: token });
  expect((await recover({ since: SINCE })).status).toBe(422);
  expect((await recover({ since: SINCE, tenant: OWN })).status).toBe(422);
  const ids = { delivery_ids: [own.delivery_id, other.delivery_id], statuses: ['succeeded'] };
  expect((await recover(ids)).status).toBe(404);
  const created = await recover({ delivery_ids: [own.delivery_id], statuses: ['succeeded'] });
  expect(created.status, created.text).toBe(202);
  const seen = await api(`GET /v1/recoveries/${created.body.id}`, undefined, { key: token });
  expect(seen.status).toBe(200);
});

it('a batch binds each of its calls', async () => {
  const input = {
    0: { hook_id: own.hook_id },
    1: { hook_id: other.hook_id },
    2: { tenant: MARKS.other },
    3: {},
  };
  const names = 'hooks.get,hooks.get,hooks.list,audit.list';
  const query = `batch=1&input=${encodeURIComponent(JSON.stringify(input))}`;
  const { text } = await api(`GET /trpc/${names}?${query}`, undefined, { key: token });
  const answers = JSON.parse(text) as readonly { error?: { data: { httpStatus: number } } }[];
  expect(answers.map(({ error }) => error?.data.httpStatus)).toEqual([undefined, 404, 403, 403]);
  expectNothingOfOthers(text, input);
});

it('headers change neither the workspace nor the tenant', async () => {
  for (const workspace of [elsewhere.id, 'ws_unknown']) {
    const headers = { 'bellwire-workspace': workspace };
    const { status, text } = await api('GET /v1/webhooks', undefined, { key: token, headers });
    expect(status).toBe(403);
    expect(text).not.toContain(workspace);
  }
  const created = await api(
    'POST /v1/webhooks',
    { url: `${receiver.origin}/header`, events: ['*'] },
    { key: token, headers: { 'idempotency-key': 'from-a-header' } },
  );
  expect(created.body['tenant' as 'id']).toBe(OWN);
});

it('what a portal did is in the audit log of the workspace', async () => {
  await api(`PATCH /v1/webhooks/${own.hook_id}`, { name: 'renamed' }, { key: token });
  const { body } = await api(`GET /v1/audit?subject=${own.hook_id}`);
  expect(body.data[0]).toMatchObject({ action: 'hook.updated', by: 'portal' });
});
