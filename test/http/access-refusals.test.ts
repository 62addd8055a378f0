import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { type Refused, startRefusalBench } from '../support/refusals.ts';
import { startServer } from '../support/running-server.ts';
import { openBeside } from '../support/storage.ts';
import { procedures } from '../support/two-surfaces.ts';

const { api, hook, expectRefused, expectNothingSent } = await startRefusalBench();
const event = { type: 'order.created', data: { a: 1 } };
const new_hook = { url: 'https://receiver.example.com/in', events: ['*'] };

const unauthenticated: Refused = { status: 401, code: 'unauthenticated' };
const forbidden: Refused = { status: 403, code: 'forbidden' };

const createKey = async (scope: string): Promise<string> =>
  (await api('POST /v1/api-keys', { name: `${scope} key`, scope })).body.api_key;

describe('a caller without a valid key gets 401 on both surfaces:', () => {
  it.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['an unknown key', { authorization: 'Bearer some-unknown-key' }],
    ['a broken key', { authorization: 'Bearer bw_admin_broken' }],
    ['a key without its scheme', { authorization: 'an-admin-key-of-the-tests-9f3b7c1d' }],
    ['another scheme', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['a key of 10,000 characters', { authorization: `Bearer ${'k'.repeat(10_000)}` }],
  ])('%s', async (_, headers) => {
    const options = { key: null, headers };
    const answer = await expectRefused(unauthenticated, 'POST /v1/events', event, options);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    await expectRefused(unauthenticated, 'POST /trpc/events.send', event, options);
  });

  it('before the body is parsed', () =>
    expectRefused(unauthenticated, 'POST /v1/events', '{', { key: null }));
});

describe('a key gets 403 beyond its scope', () => {
  it('send: everything but sending', async () => {
    const key = await createKey('send');
    const lists = ['events', 'webhooks', 'deliveries', 'event-types', 'workspaces', 'api-keys'] as const;
    for (const list of lists) await expectRefused(forbidden, `GET /v1/${list}`, undefined, { key });
    const calls = [`DELETE /v1/webhooks/${hook.id}`, 'GET /trpc/hooks.list?input={}'] as const;
    for (const call of calls) await expectRefused(forbidden, call, undefined, { key });
    await expectRefused(forbidden, 'POST /v1/webhooks', new_hook, { key });
    const to_unknown_hook = { ...event, hook_ids: ['wh_unknown'] };
    expect((await api('POST /v1/events', to_unknown_hook, { key })).status).toBe(404);
  });

  it('workspace: installation-wide calls and other workspaces', async () => {
    const key = await createKey('workspace');
    for (const call of ['GET /v1/workspaces', 'GET /v1/api-keys', 'DELETE /v1/workspaces/ws_x'] as const) {
      await expectRefused(forbidden, call, undefined, { key });
    }
    await expectRefused(forbidden, 'POST /v1/api-keys', { name: 'x', scope: 'admin' }, { key });
    const elsewhere = { key, headers: { 'bellwire-workspace': 'ws_other' } };
    await expectRefused(forbidden, 'GET /v1/webhooks', undefined, elsewhere);
    expect((await api('GET /v1/webhooks', undefined, { key })).status).toBe(200);
  });
});

it('a key of a workspace gets its own workspace, and no other', async () => {
  const { id } = (await api('POST /v1/workspaces', { name: 'other than the own one' })).body;
  const key = await createKey('workspace');
  const own = await api('GET /v1/workspaces/ws_default', undefined, { key });
  expect(own.text).toContain('"dialect":"standard"');
  expect((await api(`GET /v1/workspaces/${id}` as 'GET /', undefined, { key })).status).toBe(404);
});

describe('every procedure', () => {
  it('declares the scope that it needs', () => {
    expect(procedures.length).toBeGreaterThan(20);
    for (const { name, meta } of procedures) {
      expect(['admin', 'workspace', 'send', 'read'], name).toContain(meta?.scope);
      if (meta?.scope === 'admin') expect(name).toMatch(/^(workspaces|apiKeys|system)\./);
    }
    const by_send = procedures.filter(({ meta }) => meta?.scope === 'send').map(({ name }) => name);
    expect(by_send).toEqual(['events.send', 'events.sendBatch']);
  });

  it('answers 401 without a key and 403 to a key of a lower scope, on both surfaces', async () => {
    const low = await createKey('send');
    for (const { name, type, meta } of procedures) {
      const { route } = meta!;
      const rest =
        route === undefined ? [] : [`${route.method} /v1${route.path.replaceAll(/\{\w+\}/g, 'x')}`];
      for (const call of [...rest, `${type === 'query' ? 'GET' : 'POST'} /trpc/${name}`] as 'GET /'[]) {
        const body = type === 'query' ? undefined : {};
        expect((await api(call, body, { key: null })).status, call).toBe(401);
        const { status } = await api(call, body, { key: low });
        expect(status === 403, call).toBe(meta?.scope !== 'send');
      }
    }
  });
});

it('an admin who names an unknown workspace creates nothing', async () => {
  const not_found: Refused = { status: 404, code: 'not_found' };
  const named = { headers: { 'bellwire-workspace': 'ws_unknown' } };
  await expectRefused(not_found, 'POST /v1/events', event, named);
  await expectRefused(not_found, 'POST /v1/webhooks', new_hook, named);
  await expectRefused(not_found, 'PUT /v1/event-types/a', {}, named);
  await expectRefused(not_found, 'POST /v1/api-keys', { name: 'x' }, named);
});

it('no refused event was sent', expectNothingSent);

it('the message of an unexpected error is logged and never part of an answer', async () => {
  await using server = await startServer();
  await using beside = openBeside(server.database_url);
  await sql`alter table bellwire_events rename to a_private_table`.execute(beside.db);
  for (const call of ['GET /v1/events', 'GET /trpc/events.list?input={}'] as const) {
    const { status, text } = await server.api(call);
    expect(status).toBe(500);
    expect(text).toContain('"code":"internal"');
    expect(text).not.toMatch(/no such|table|relation|sqlite|bellwire_|select|\.ts|stack/i);
  }
  const sent = await server.api('POST /v1/events', event);
  expect(sent.status).toBeGreaterThanOrEqual(500);
  expect(sent.text).not.toMatch(/no such|relation|bellwire_|select|insert|\.ts|stack/i);
  expect(server.log_lines.join('\n')).toMatch(/no such table|relation .+ does not exist/);
});
