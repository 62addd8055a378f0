import { expect, it } from 'vitest';
import { createClient } from '@bellwire/client';
import { routes } from '../support/any-step.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';
import { overRest, overTrpc } from '../support/two-surfaces.ts';

const server = await keepForFile(startServer());
const receiver = await keepForFile(startReceiver());

const numberOf = (body: object): number => (body as { readonly number: number }).number;

const addHook = async () => {
  const hook = await server.addHook(receiver.origin);
  await server.send({ hook_ids: [hook.id] });
  return { id: hook.id, number: numberOf(hook) };
};

/** The other fields of each call that names a hook. */
const FIELDS: Readonly<Record<string, object>> = {
  'hooks.get': {},
  'hooks.stats': {},
  'hooks.update': { name: 'renamed' },
  'hooks.activate': {},
  'hooks.deactivate': {},
  'hooks.ping': {},
  'hooks.test': { data: {} },
  'hooks.testAny': { data: {} },
  'hooks.validate': {},
  'hooks.rotateSecret': {},
  'hooks.switchSecret': {},
  'hooks.revealSecret': {},
  'hooks.delete': {},
  'deliveries.list': {},
  'deliveries.listOfHook': {},
  'deliveries.cancel': { since: '2026-01-01T00:00:00Z' },
  'signatures.explain': { headers: {}, body: '' },
  'recoveries.create': { since: '2026-01-01T00:00:00Z' },
};

it('these are all calls that name a hook', () => {
  const naming = routes.filter(({ input }) => 'hook_id' in input.shape).map(({ name }) => name);
  expect(naming.toSorted()).toEqual(Object.keys(FIELDS).toSorted());
});

const mentions = (value: unknown, id: string): boolean => JSON.stringify(value ?? null).includes(id);

it.each(Object.entries(FIELDS))('%s: takes the number of a hook in place of its id', async (name, fields) => {
  for (const call of [overRest, overTrpc]) {
    const [hook, other] = [await addHook(), await addHook()];
    const input = { ...fields, hook_id: hook.number };
    const outcome = await call(server.api, 'ws_default', { name, input });
    expect(outcome.error, JSON.stringify(outcome)).toBeNull();
    expect(mentions(outcome.value, other.id)).toBe(false);
    if (name.startsWith('deliveries.list')) {
      expect(outcome.value).toMatchObject({ data: [{ hook_id: hook.id }] });
    }
    if (name === 'hooks.delete') {
      expect((await server.api(`GET /v1/webhooks/${hook.id}`)).status).toBe(404);
      expect((await server.api(`GET /v1/webhooks/${other.id}`)).status).toBe(200);
    }
  }
});

it('the audit log records the id', async () => {
  const hook = await addHook();
  await server.api(`POST /v1/webhooks/${hook.number}/rotate-secret`);
  const { body } = await server.api(`GET /v1/audit?subject=${hook.id}`);
  expect(JSON.stringify(body)).toContain('secret.rotated');
});

it('hook_ids takes numbers, also in a batch and as text', async () => {
  const [first, second] = [await addHook(), await addHook()];
  const single = await server.send({ hook_ids: [first.number, second.id] });
  const item = { type: 'a', data: {}, hook_ids: [String(second.number)] };
  const { body, text } = await server.api('POST /v1/events/batch', { events: [item] });
  expect([single.deliveries, text]).toEqual([2, expect.stringContaining('"deliveries":1')]);
  const [result] = (body as unknown as { results: { event: { id: string } }[] }).results;
  expect(await server.deliveries(`event_id=${result!.event.id}`)).toMatchObject([{ hook_id: second.id }]);
});

it('the typed client takes numbers', async () => {
  const hook = await addHook();
  const client = createClient({ url: server.origin, api_key: ADMIN_KEY });
  expect(await client.hooks.get(hook.number)).toMatchObject({ id: hook.id });
  expect(await client.deliveries.list({ hook_id: hook.number })).toMatchObject({
    data: [{ hook_id: hook.id }],
  });
  expect(await server.bellwire.hooks.get(hook.number)).toMatchObject({ id: hook.id });
});

it('the number of a hook in another workspace finds nothing, and neither does an unknown one', async () => {
  const hook = await addHook();
  const other = await server.newWorkspace();
  for (const number of [hook.number, 987_654, 99_999_999_999, -1, 0]) {
    const { status, body } = await other.api(`GET /v1/webhooks/${number}`);
    expect([status, body.error.message]).toEqual([404, `There is no hook ${number} in this workspace.`]);
  }
  expect(await other.deliveries(`hook_id=${hook.number}`)).toEqual([]);
});
