import type { Client } from '@bellwire/client';
import { describe, expect, it } from 'vitest';
import { BellwireError, createBellwire, readConfig, type Verbs } from '../../packages/server/src/index.ts';
import { standard } from '../../packages/server/src/dialects/standard.ts';
import { createAppRouter } from '../../packages/server/src/rpc/router.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, keepForFile, startServer, until } from '../support/running-server.ts';
import { createServerStorage } from '../support/storage.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { openStore } from '../support/test-store.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { assembleVirtual } from '../support/virtual-program.ts';

const RECEIVER_DOWN = { status: 503 };

const { bellwire: shared } = await keepForFile(startServer());

const errorOf = async (call: PromiseLike<unknown>): Promise<BellwireError> => {
  const thrown: unknown = await Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof BellwireError)) throw new Error('no BellwireError was thrown', { cause: thrown });
  return thrown;
};

/** The refusal of a call, in the form of REST. */
const refusalOf = async (call: Promise<unknown>) => {
  const { code, message, issues } = await errorOf(call);
  return { code, message, ...(issues === undefined ? {} : { issues }) };
};

/** The delivery of an event, when it is final. */
const settled = (bellwire: Verbs, event_id: string) =>
  until(
    async () => (await bellwire.deliveries.list({ event_id })).data[0]!,
    (delivery) => ['succeeded', 'failed', 'canceled'].includes(delivery?.status),
  );

describe('every verb', () => {
  it('of the router is available under its noun, and no other', async () => {
    const router = createAppRouter({} as Parameters<typeof createAppRouter>[0]);
    const onRest = new Set(['hooks.testAny', 'deliveries.listOfHook']);
    const procedures = Object.keys(router._def.procedures).filter((name) => !onRest.has(name));
    const nouns = Object.keys(router._def.record) as (keyof Verbs)[];
    const offered = nouns.flatMap((noun) => Object.keys(shared[noun]).map((verb) => `${noun}.${verb}`));
    expect(offered.toSorted()).toEqual(procedures.toSorted());
  });

  it('has the signature of the typed client, and can replace it', async () => {
    const { hooks, workspaces, apiKeys, audit }: Pick<Client, 'hooks' | 'workspaces' | 'apiKeys' | 'audit'> =
      shared;
    const events: Client['events'] = shared.events;
    const deliveries: Omit<Client['deliveries'], 'watch'> = shared.deliveries;
    const eventTypes: Omit<Client['eventTypes'], 'push'> = shared.eventTypes;
    for (const { list } of [hooks, workspaces, apiKeys, audit, events, deliveries, eventTypes])
      expect(await list()).toMatchObject({ next_cursor: null });
  });

  it('of events and deliveries: an event is sent, listed, delivered with its attempts, and retried', async () => {
    await using receiver = await startReceiver((_, nth) => (nth === 1 ? RECEIVER_DOWN : {}));
    await using server = await startServer();
    const { events, deliveries, hooks } = server.bellwire;
    await hooks.create({ url: receiver.origin, events: ['order.*'], max_attempts: 1 });
    const event = await events.send('order.created', { number: 1 }, { idempotency_key: 'order-1' });
    expect(event).toMatchObject({ type: 'order.created', idempotency_key: 'order-1', deliveries: 1 });
    expect(await events.send('order.created', { number: 1 }, { idempotency_key: 'order-1' })).toEqual(event);
    const { warnings, ...stored } = event;
    expect(warnings).toEqual([]);
    expect(await events.get(event.id)).toEqual({
      ...stored,
      data: { number: 1 },
      previous_data: null,
      payload_expired_at: null,
      metadata: {},
      deliveries: 1,
    });
    const failed = await settled(server.bellwire, event.id);
    expect(failed.status).toBe('failed');

    await deliveries.retry(failed.id);
    expect(await settled(server.bellwire, event.id)).toMatchObject({ id: failed.id, status: 'succeeded' });
    const { attempts } = await deliveries.get(failed.id);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['http_status', 'succeeded']);
    expect(receiver.calls.map(({ headers }) => headers['webhook-id'])).toEqual([event.id, event.id]);
    const since = new Date(0).toISOString();
    expect(await deliveries.cancel({ since, dry_run: true })).toMatchObject({ id: null, total: 0 });

    const { results } = await events.sendBatch([
      { type: 'order.paid', data: { number: 1 } },
      { type: 'order paid!', data: {} },
    ]);
    expect(results).toMatchObject([{ ok: true }, { ok: false, error: { code: 'invalid_input' } }]);
    const types: string[] = [];
    for await (const { type } of events.list({ limit: 1 })) types.push(type);
    expect(types).toEqual(['order.paid', 'order.created']);
  });

  it('of hooks: created, changed, paused, tested, its secret rotated, and deleted', async () => {
    await using receiver = await startReceiver();
    await using server = await startServer();
    const { hooks, audit } = server.bellwire;
    const { id, secret } = await hooks.create({ url: receiver.origin, events: ['order.created'] });
    expect(await hooks.update(id, { name: 'Shop' })).toMatchObject({ id, name: 'Shop' });
    expect((await hooks.deactivate(id)).status).toBe('paused');
    expect(await hooks.activate(id)).toMatchObject({ status: 'active', held: 0, recovery_id: null });
    expect(await hooks.get(id)).toMatchObject({ id, name: 'Shop', active: true });
    expect((await hooks.list()).data.map((hook) => hook.id)).toEqual([id]);

    expect(await hooks.ping(id)).toMatchObject({ success: true });
    expect(await hooks.test(id, { data: { number: 7 } })).toMatchObject({ success: true });
    expect(await hooks.test(id)).toMatchObject({ success: true });
    expect(await hooks.validate(id)).toMatchObject({ success: true, response_status: 200 });

    const rotated = await hooks.rotateSecret(id);
    expect(await hooks.revealSecret(id)).toMatchObject({ secret: rotated.secret, previous: [{ secret }] });
    await hooks.switchSecret(id);
    expect((await hooks.revealSecret(id)).previous).toEqual([]);
    const entries = (await audit.list({ subject: id })).data;
    expect(new Set(entries.map(({ by }) => by))).toEqual(new Set(['in_process']));
    expect(entries[0]!.action).toBe('secret.revealed');

    expect(await hooks.delete(id)).toBeUndefined();
    expect(await errorOf(hooks.get(id))).toMatchObject({ code: 'not_found' });
  });

  it('of the catalog, workspaces and API keys', async () => {
    await using server = await startServer();
    const { eventTypes, workspaces, apiKeys, inWorkspace } = server.bellwire;
    const schema = { type: 'object', required: ['number'] };
    await eventTypes.put('order.created', { schema });
    expect(await eventTypes.get('order.created')).toMatchObject({ name: 'order.created', schema });
    expect((await eventTypes.list()).data).toHaveLength(1);
    expect(await errorOf(server.bellwire.events.send('order.created', {}))).toMatchObject({
      code: 'schema_violation',
      issues: [{ path: 'data' }],
    });
    await eventTypes.delete('order.created');

    const { id } = await workspaces.create({ name: 'acme' });
    expect(await workspaces.update(id, { strict: true })).toMatchObject({ id, strict: true });
    expect(await workspaces.get(id)).toMatchObject({ name: 'acme' });
    expect((await workspaces.list()).data.map(({ name }) => name).toSorted()).toEqual(['acme', 'default']);
    const { id: key_id, api_key } = await inWorkspace(id).apiKeys.create({ name: 'checkout' });
    expect((await apiKeys.list()).data).toContainEqual(
      expect.objectContaining({ id: key_id, workspace_id: id }),
    );
    const request = new Request('http://bellwire.test/v1/events', {
      headers: { authorization: `Bearer ${api_key}` },
    });
    expect((await server.bellwire.fetch(request)).status).toBe(200);
    await apiKeys.delete(key_id);
    await workspaces.delete(id);
  });
});

describe('an in-process call', () => {
  it('in another workspace sees only that one; an unknown one is refused', async () => {
    const { id } = await shared.workspaces.create({ name: 'acme' });
    const acme = shared.inWorkspace(id);
    const event = await acme.events.send('order.created', {});
    expect(await acme.events.get(event.id)).toMatchObject({ id: event.id });
    expect(await errorOf(shared.events.get(event.id))).toMatchObject({ code: 'not_found' });
    expect(await errorOf(shared.inWorkspace('ws_unknown').events.list())).toMatchObject({
      code: 'not_found',
    });
  });

  it('is refused like the same call over HTTP: code, message and issues', async () => {
    const overHttp = async (path: string, body: object): Promise<unknown> => {
      const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      const response = await shared.fetch(new Request(`http://bellwire.test/v1${path}`, init));
      return ((await response.json()) as { readonly error: unknown }).error;
    };
    const hook = { url: 'http://10.0.0.7/', events: ['*'] };
    const misspelled = { type: 'order.created', data: {}, idempotence_key: 'x' };
    expect(await refusalOf(shared.hooks.create(hook))).toEqual(await overHttp('/webhooks', hook));
    expect(
      await refusalOf(shared.events.send('order.created', {}, { idempotence_key: 'x' } as object)),
    ).toEqual(await overHttp('/events', misspelled));
    expect(await refusalOf(shared.hooks.ping('wh_unknown'))).toEqual(
      await overHttp('/webhooks/wh_unknown/ping', {}),
    );
  });

  it('throws BellwireError, not an error of tRPC, with the validation error as its cause', async () => {
    const error = await errorOf(shared.hooks.create({ url: 'https://example.com', events: [] }));
    expect(error).toMatchObject({ code: 'invalid_input', issues: [{ path: 'events' }] });
    expect(error.cause).toMatchObject({ name: 'ZodError' });
  });

  it('takes its input as JSON would carry it: a copy, without undefined, with times as text', async () => {
    const { events } = shared;
    const at = new Date(Date.UTC(2026, 0, 5));
    const data = { at, total: 1, note: undefined };
    const sending = events.send('order.created', data, {});
    data.total = 2;
    const { id } = await sending;
    expect((await events.get(id)).data).toEqual({ at: '2026-01-05T00:00:00.000Z', total: 1 });
  });

  const cycle: { self?: object } = {};
  cycle.self = cycle;
  const deep = Array.from({ length: 200 }).reduce<object>((inner) => ({ inner }), {});
  it.each([
    ['NaN', { total: Number.NaN }, 'invalid_input'],
    ['Infinity', { total: [Number.POSITIVE_INFINITY] }, 'invalid_input'],
    ['a bigint', { total: 1n }, 'invalid_input'],
    ['a cycle', cycle, 'invalid_input'],
    ['an array', [1], 'invalid_input'],
    ['more than 128 levels', deep, 'invalid_json'],
    ['more than 1 MiB', { text: 'x'.repeat(1_048_576) }, 'payload_too_large'],
  ])('with %s is refused, and nothing is stored', async (what, data, code) => {
    const { id } = await shared.workspaces.create({ name: what });
    const { events } = shared.inWorkspace(id);
    expect(await errorOf(events.send('order.created', data))).toMatchObject({ code });
    expect((await events.list()).data).toEqual([]);
  });

  it('that fails unexpectedly is `internal`: its cause is on the error and in the log, not in the message', async () => {
    await using opened = await openStore();
    const { store, repositories } = opened;
    const failing = { ...repositories.hooks, list: () => Promise.reject(new Error('disk on fire')) };
    const log: string[] = [];
    const error = (message: string, fields = {}): void => void log.push(message + JSON.stringify(fields));
    const { program } = await assembleVirtual({
      clock: createVirtualClock(),
      random: createSeededRandom(1),
      ids: opened.ids,
      storage: { store, repositories: { ...repositories, hooks: failing } },
      script: () => ({ status: 200 }),
      log: { debug: () => {}, info: () => {}, warn: () => {}, error },
    });
    const thrown = await errorOf(program.verbsIn(null).hooks.list());
    expect(thrown).toMatchObject({ code: 'internal', cause: { message: 'disk on fire' } });
    expect(thrown.message).not.toContain('disk');
    expect(log).toEqual([expect.stringContaining('disk on fire')]);
  });

  it('before `start` is executed, and its event is sent once', async () => {
    const answer = Promise.withResolvers<object>();
    await using receiver = await startReceiver(() => answer.promise);
    await using server = await startServer({ started: false });
    const { bellwire } = server;
    await bellwire.hooks.create({ url: receiver.origin, events: ['*'] });
    const event = await bellwire.events.send('order.created', {});
    await receiver.next();
    await bellwire.start();
    answer.resolve({});
    const { id } = await settled(bellwire, event.id);
    expect((await bellwire.deliveries.get(id)).attempts).toHaveLength(1);
    expect(receiver.calls).toHaveLength(1);
  });

  it('after `stop` is refused as shutting down', async () => {
    await using server = await startServer();
    await server.bellwire.stop();
    expect(await errorOf(server.bellwire.events.send('order.created', {}))).toMatchObject({
      code: 'shutting_down',
    });
    expect(await errorOf(server.bellwire.hooks.list())).toMatchObject({ code: 'shutting_down' });
    expect(server.log_lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

it('an id with U+0000 is unknown, and so is a cursor of another list', async () => {
  const nul = 'a\u0000b';
  const { hooks, events, deliveries } = shared;
  const calls = [hooks.get(nul), hooks.ping(nul), events.get(nul), deliveries.get(nul)];
  for (const error of await Promise.all(calls.map(errorOf)))
    expect(error).toMatchObject({ code: 'not_found' });
  expect((await deliveries.list({ event_id: nul })).data).toEqual([]);
  const { id } = await shared.workspaces.create({ name: 'cursors' });
  const own = shared.inWorkspace(id);
  await own.hooks.create({ url: 'https://shop.example.com/', events: ['*'], active: false });
  for (let n = 0; n < 2; n += 1) await own.events.send('order.created', {});
  const { data, next_cursor } = await own.deliveries.list({ limit: 1 });
  const attempts = await own.deliveries.attempts(data[0]!.id, { cursor: next_cursor! });
  expect(attempts.data).toEqual([]);
});

it('a failed creation releases the database for the next one', async () => {
  await using folder = await createTemporaryFolder();
  const twice = { name: 'order.created', description: '', schema: {}, example: {} };
  const broken = { ...standard, name: 'broken', catalog: [twice, twice] };
  await using storage = await createServerStorage(folder.path);
  const settings = { ...storage.settings, log_level: 'silent' };
  await expect(
    createBellwire(readConfig({ ...settings, dialect: 'broken' }), { dialects: [broken] }),
  ).rejects.toThrow();
  await using bellwire = await createBellwire(readConfig(settings));
  expect((await bellwire.hooks.list()).data).toEqual([]);
});
