import { afterAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { routes } from '../support/any-step.ts';
import { ADMIN_KEY, startServer, until } from '../support/running-server.ts';
import { startVirtualServer } from '../support/virtual-server.ts';

const DAY_MS = 86_400_000;
const server = await startServer();
const receiver = await startReceiver();
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});
const { api } = server;

interface Entry {
  readonly id: string;
  readonly action: string;
  readonly subject: string;
  readonly by: string;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

const entries = async (query = 'limit=1000', workspace?: string): Promise<readonly Entry[]> => {
  const headers = workspace === undefined ? {} : { 'bellwire-workspace': workspace };
  const { status, body, text } = await api(`GET /v1/audit?${query}`, undefined, { key: ADMIN_KEY, headers });
  expect(status, text).toBe(200);
  return body.data as unknown as readonly Entry[];
};

type Call = readonly [call: `${string} /${string}`, body?: object];

const hook = async (fields: object = {}) => (await server.addHook(receiver.origin, fields)).id;
const workspace = async () =>
  (await api('POST /v1/workspaces', { name: `w${Math.random()}` }, { key: ADMIN_KEY })).body.id;
const apiKey = async () =>
  (await api('POST /v1/api-keys', { name: 'k', scope: 'send' }, { key: ADMIN_KEY })).body.id;
const since = new Date(0).toISOString();
const eventType = async (name: string) => {
  await api(`PUT /v1/event-types/${name}`, { description: 'first' });
  return name;
};
const tenant = async (name: string) => {
  await api(`PATCH /v1/tenants/${name}`, { metadata: { plan: 'team' } });
  return name;
};

/** A held delivery with a place in an order. */
const orderedDelivery = async () => {
  const hook_id = await hook({ ordered: true, active: false });
  const { id } = await server.send({ hook_ids: [hook_id] });
  return (await server.deliveries(`event_id=${id}`))[0]!.id;
};

/** One call of every procedure that changes something, and the action of its entry. */
const CHANGES: Readonly<Record<string, readonly [action: string, arrange: () => Promise<Call>]>> = {
  'hooks.create': [
    'hook.created',
    async () => ['POST /v1/webhooks', { url: receiver.origin, events: ['*'] }],
  ],
  'hooks.update': ['hook.updated', async () => [`PATCH /v1/webhooks/${await hook()}`, { name: 'new' }]],
  'hooks.delete': ['hook.deleted', async () => [`DELETE /v1/webhooks/${await hook()}`]],
  'hooks.activate': [
    'hook.activated',
    async () => [`POST /v1/webhooks/${await hook({ active: false })}/activate`],
  ],
  'hooks.deactivate': ['hook.deactivated', async () => [`POST /v1/webhooks/${await hook()}/deactivate`]],
  'hooks.validate': ['hook.validated', async () => [`POST /v1/webhooks/${await hook()}/validate`]],
  'hooks.rotateSecret': ['secret.rotated', async () => [`POST /v1/webhooks/${await hook()}/rotate-secret`]],
  'hooks.switchSecret': [
    'secret.switched',
    async () => [`POST /v1/webhooks/${await hook()}/rotate-secret/switch`],
  ],
  'hooks.revealSecret': ['secret.revealed', async () => [`POST /v1/webhooks/${await hook()}/secret`]],
  'events.delete': ['event.erased', async () => [`DELETE /v1/events/${(await server.send()).id}`]],
  'deliveries.skip': [
    'delivery.skipped',
    async () => [`POST /v1/deliveries/${await orderedDelivery()}/skip`],
  ],
  'deliveries.cancel': ['recovery.created', async () => ['POST /v1/deliveries/cancel', { since }]],
  'recoveries.create': ['recovery.created', async () => ['POST /v1/recoveries', { since }]],
  'tenants.update': [
    'tenant.created',
    async () => ['PATCH /v1/tenants/cus_new', { metadata: { plan: 'team' } }],
  ],
  'tenants.createPortalSession': [
    'portal.linked',
    async () => ['POST /v1/tenants/cus_p/portal-sessions', {}],
  ],
  'tenants.revokePortalSessions': [
    'portal.revoked',
    async () => {
      await api('POST /v1/tenants/cus_r/portal-sessions', {});
      return ['DELETE /v1/tenants/cus_r/portal-sessions'];
    },
  ],
  'tenants.delete': ['tenant.erased', async () => [`DELETE /v1/tenants/${await tenant('cus_erased')}`]],
  'eventTypes.put': ['event_type.created', async () => ['PUT /v1/event-types/a.new', {}]],
  'eventTypes.delete': [
    'event_type.deleted',
    async () => [`DELETE /v1/event-types/${await eventType('a.deleted')}`],
  ],
  'workspaces.create': ['workspace.created', async () => ['POST /v1/workspaces', { name: 'created' }]],
  'workspaces.update': [
    'workspace.updated',
    async () => [`PATCH /v1/workspaces/${await workspace()}`, { strict: true }],
  ],
  'workspaces.delete': [
    'workspace.erased',
    async () => [`DELETE /v1/workspaces/${await workspace()}?force=true`],
  ],
  'apiKeys.create': [
    'api_key.created',
    async () => ['POST /v1/api-keys', { name: 'created', scope: 'send' }],
  ],
  'apiKeys.delete': ['api_key.deleted', async () => [`DELETE /v1/api-keys/${await apiKey()}`]],
};

/** Have their own tests, below and beside those of their call. */
const ELSEWHERE = ['recoveries.cancel', 'signatures.explain', 'system.rekey'];

/** Changes nothing. */
const READS = ['hooks.tryFilter'];

/** These only send: the event or the attempt is their record. */
const SENDS = [
  'events.send',
  'events.sendBatch',
  'hooks.ping',
  'hooks.test',
  'hooks.testAny',
  'deliveries.retry',
];

/** The log of the caller's workspace and, for a change of a workspace, its own. */
const logsOf = async (answer: { readonly id: string }): Promise<readonly Entry[]> => [
  ...(await entries()),
  ...(await api(`GET /v1/workspaces/${answer.id}`, undefined, { key: ADMIN_KEY }).then(({ status }) =>
    status === 200 ? entries('limit=1000', answer.id) : [],
  )),
];

describe('the audit log', () => {
  it('has a test for every procedure of the router that changes something', () => {
    const mutations = routes.filter(({ type }) => type === 'mutation').map(({ name }) => name);
    expect([...Object.keys(CHANGES), ...ELSEWHERE, ...READS, ...SENDS].toSorted()).toEqual(
      mutations.toSorted(),
    );
  });

  it.each(Object.entries(CHANGES))('has an entry of %s', async (_, [action, arrange]) => {
    const [call, body] = await arrange();
    const known = new Set((await entries()).map(({ id }) => id));
    const answer = await api(call, body, { key: ADMIN_KEY });
    expect(answer.status, answer.text).toBeLessThan(300);
    const added = (await logsOf(answer.body)).filter(({ id }) => !known.has(id));
    const entry = added.find((one) => one.action === action)!;
    expect(entry, JSON.stringify(added)).toMatchObject({ by: expect.stringMatching(/^key_/) });
    const path = call.split(/[/?]/);
    expect([...path, answer.body.id]).toContain(entry.subject);
  });

  it('shows the changed fields before and after, and no others', async () => {
    const id = await hook({ name: 'Shop', tenant: 'cus_fields' });
    await api(`PATCH /v1/webhooks/${id}`, { name: 'Store', max_attempts: 3, events: ['*'] });
    await api(`PATCH /v1/webhooks/${id}`, { name: 'Store' });
    await api(`POST /v1/webhooks/${id}/deactivate`);
    await api(`DELETE /v1/webhooks/${id}`);
    const log = await entries(`subject=${id}`);
    expect(log.map(({ action, before, after }) => [action, before, after])).toEqual([
      ['hook.deleted', expect.objectContaining({ name: 'Store', status: 'paused' }), null],
      ['hook.deactivated', { status: 'active' }, { status: 'paused' }],
      ['hook.updated', { name: 'Shop', max_attempts: null }, { name: 'Store', max_attempts: 3 }],
      ['hook.created', null, expect.objectContaining({ name: 'Shop', tenant: 'cus_fields' })],
    ]);
  });

  it('shows neither secrets nor header values, and that headers were replaced', async () => {
    const hidden = ['a-secret-for-this-test', 'value-one', 'value-two', 'another-secret-here'];
    const [secret, one, two, next] = hidden;
    const id = await hook({ dialect: 'github', secret, headers: { 'X-Key': one } });
    await api(`PATCH /v1/webhooks/${id}`, { headers: { 'X-Key': two }, secret: next });
    const log = await entries(`subject=${id}`);
    const headers = { 'X-Key': '[secret]' };
    expect(log).toMatchObject([
      { action: 'hook.updated', before: { headers }, after: { headers } },
      { action: 'secret.replaced', before: null, after: null },
      { action: 'hook.created', after: { headers } },
    ]);
    for (const text of hidden) expect(JSON.stringify(log)).not.toContain(text);
  });

  it('has no entry of a refused change, nor of one that changes nothing', async () => {
    const id = await hook({ name: 'same' });
    await api(`PATCH /v1/webhooks/${id}`, { name: 'same' });
    await api(`PATCH /v1/webhooks/${id}`, { url: 'ftp://x' });
    await api(`PUT /v1/event-types/a.bad`, { schema: { type: 'nonsense' } });
    expect((await entries(`subject=${id}`)).map(({ action }) => action)).toEqual(['hook.created']);
    expect(await entries('subject=a.bad')).toEqual([]);
    await api('POST /v1/workspaces', { name: 'taken' }, { key: ADMIN_KEY });
    const other = await workspace();
    const renamed = await api(`PATCH /v1/workspaces/${other}`, { name: 'taken' }, { key: ADMIN_KEY });
    expect(renamed.body.error.code).toBe('already_exists');
    expect((await entries('', other)).map(({ action }) => action)).toEqual(['workspace.created']);
  });

  it('does not contain long values', async () => {
    await api('PUT /v1/event-types/a.long', { example: { text: 'x'.repeat(5_000) } });
    const [entry] = await entries('subject=a.long');
    expect(entry!.after!['example']).toMatch(/^\[\d+ characters, not recorded\]$/);
  });

  it('loses the fields of what was erased, and keeps the rest', async () => {
    const id = await hook({ name: 'of a person', tenant: 'cus_person' });
    const { body } = await api('DELETE /v1/tenants/cus_person');
    await until(
      async () => (await api(`GET /v1/erasures/${body.id}`)).body.status,
      (status) => status === 'completed',
    );
    const created = { action: 'hook.created', subject: id, before: null, after: null };
    expect(await entries(`subject=${id}`)).toMatchObject([created]);
    expect(await entries('subject=cus_person')).toMatchObject([{ action: 'tenant.erased' }]);
  });
});

it('the audit log has the cancellation of a running recovery, once', async () => {
  await using virtual = await startVirtualServer({
    // No job advances, so that this one is still running.
    wrapRepositories: (all) => ({ ...all, recoveries: { ...all.recoveries, next: async () => null } }),
  });
  const { id } = (await virtual.api('POST /v1/recoveries', { since })).body;
  for (let n = 0; n < 2; n += 1) expect((await virtual.api(`DELETE /v1/recoveries/${id}`)).status).toBe(204);
  expect((await virtual.api(`GET /v1/audit?subject=${id}`)).body.data).toMatchObject([
    { action: 'recovery.canceled', before: { status: 'running' }, after: { status: 'canceled' } },
    { action: 'recovery.created', after: { kind: 'recover', statuses: ['failed', 'held', 'pending'] } },
  ]);
});

it('the audit log is deleted after the retention', async () => {
  await using virtual = await startVirtualServer({ settings: { retention_ms: DAY_MS } });
  const { id } = await virtual.addHook('/ok');
  const count = async () => (await virtual.api(`GET /v1/audit?subject=${id}`)).body.data.length;
  await virtual.clock.advance(DAY_MS);
  await virtual.sweep();
  await virtual.clock.settle();
  expect(await count()).toBe(1);
  // It is pruned once a minute.
  await virtual.clock.advance(60_000);
  await virtual.sweep();
  await virtual.clock.settle();
  expect(await count()).toBe(0);
});
