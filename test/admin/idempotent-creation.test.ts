import { beforeEach, describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import {
  type AnswerBody,
  keepForFile,
  type ServerView,
  startServer,
  until,
} from '../support/running-server.ts';

const url = 'https://receiver.example.com/in';
const shared = await keepForFile(startServer());
let server: ServerView;
beforeEach(async () => {
  server = await shared.newWorkspace();
});

const KEY = { idempotency_key: 'cus 42' };
const create = (fields: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  server.api('POST /v1/webhooks', { url, events: ['*'], ...fields }, { headers });
const count = async () => (await server.api('GET /v1/webhooks')).body.data.length;

const expectConflict = (
  { status, body }: { readonly status: number; readonly body: AnswerBody },
  id: string,
) => {
  expect([status, body.error.code]).toEqual([409, 'idempotency_conflict']);
  expect(body.error.message).toContain(id);
};

describe('a hook with an idempotency key', () => {
  it('is created once: a repeat answers the same hook with its secret', async () => {
    const first = await create({ ...KEY, metadata: { a: '1' }, headers: { 'X-A': 'b' } });
    expect(first.status).toBe(201);
    const again = await create({ headers: { 'X-A': 'b' }, metadata: { a: '1' }, ...KEY });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.body.secret).toMatch(/^whsec_/);
    const by_header = await create(
      { metadata: { a: '1' }, headers: { 'X-A': 'b' } },
      { 'idempotency-key': KEY.idempotency_key },
    );
    expect(by_header.body).toEqual(first.body);
    expect(await count()).toBe(1);
    expect(JSON.stringify((await server.api(`GET /v1/webhooks/${first.body.id}`)).body)).not.toContain(
      'cus 42',
    );
  });

  it('is created once by calls at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(KEY)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id} ${body.secret}`)).size).toBe(1);
    expect(await count()).toBe(1);
  });

  it.each([
    ['URL', { url: `${url}/2` }],
    ['event types', { events: ['a'] }],
    ['secret', { secret: 'another-secret-12345' }],
    ['header value', { headers: { 'X-A': 'c' } }],
    ['description', { description: 'x' }],
  ])('is a conflict with another %s, and nothing is created', async (_, change) => {
    const fields = { ...KEY, secret: 'a-secret-of-mine-1234', headers: { 'X-A': 'b' } };
    const { id } = (await create(fields)).body;
    expectConflict(await create({ ...fields, ...change }), id);
    expect(await count()).toBe(1);
  });

  it('has the key to itself within its tenant and workspace', async () => {
    const ids = [];
    for (const tenant of [undefined, 'cus_1', 'cus_2', '*']) {
      ids.push((await create({ ...KEY, tenant })).body.id);
      expect((await create({ ...KEY, tenant })).body.id).toBe(ids.at(-1));
    }
    server = await shared.newWorkspace();
    ids.push((await create(KEY)).body.id);
    expect(new Set(ids).size).toBe(5);
  });

  it('frees the key when it is deleted', async () => {
    const { id } = (await create(KEY)).body;
    await server.api(`DELETE /v1/webhooks/${id}`);
    const next = await create({ ...KEY, events: ['other'] });
    expect(next.status).toBe(201);
    expect(next.body.id).not.toBe(id);
  });

  it('answers as it is now; a secret that replaced the first one is not shown', async () => {
    const { id, secret } = (await create(KEY)).body;
    await server.api(`PATCH /v1/webhooks/${id}`, { name: 'changed' });
    expect((await create(KEY)).body).toMatchObject({ id, name: 'changed', secret });
    await server.api(`POST /v1/webhooks/${id}/rotate-secret`, {});
    expect((await create(KEY)).body).toMatchObject({ id, secret: null });
  });

  it('is audited when its secret is shown again', async () => {
    const { id } = (await create(KEY)).body;
    const actions = async () => {
      const { data } = (await server.api('GET /v1/audit')).body as unknown as {
        readonly data: readonly { readonly action: string; readonly subject: string }[];
      };
      return data.filter(({ subject }) => subject === id).map(({ action }) => action);
    };
    expect(await actions()).toEqual(['hook.created']);
    await create(KEY);
    expect(await actions()).toEqual(['secret.revealed', 'hook.created']);
  });

  it('is pinged once where its dialect pings new hooks', async () => {
    await using receiver = await startReceiver();
    const fields = { ...KEY, url: receiver.origin, dialect: 'q2' };
    const { id } = (await create(fields)).body;
    await receiver.next();
    await create(fields);
    await server.api(`POST /v1/webhooks/${id}/ping`);
    await until(
      () => Promise.resolve(receiver.calls.length),
      (calls) => calls >= 2,
    );
    expect(receiver.calls).toHaveLength(2);
  });

  it('is created by the next call after one that was refused', async () => {
    expect((await create({ ...KEY, url: 'http://10.0.0.1/' })).status).toBe(422);
    expect((await create(KEY)).status).toBe(201);
  });
});

const createWorkspace = (fields: object) => shared.api('POST /v1/workspaces', { name: 'once', ...fields });

describe('a workspace with an idempotency key', () => {
  it('is created once, also by calls at the same time; a deleted one frees the key', async () => {
    const key = { idempotency_key: 'tenant-7' };
    const answers = await Promise.all([1, 2, 3].map(() => createWorkspace({ ...key, strict: true })));
    const [first] = answers;
    for (const { status, body } of answers) expect([status, body]).toEqual([201, first!.body]);
    expect(first!.body).not.toHaveProperty('idempotency_key');
    expectConflict(await createWorkspace({ ...key, strict: false }), first!.body.id);
    expectConflict(await createWorkspace({ ...key, strict: true, name: 'twice' }), first!.body.id);
    expect((await createWorkspace({ strict: true })).body.error.code).toBe('already_exists');
    expect((await createWorkspace({ idempotency_key: 'other' })).body.error.code).toBe('already_exists');
    await shared.api(`DELETE /v1/workspaces/${first!.body.id}`);
    expect((await createWorkspace({ ...key, strict: false })).status).toBe(201);
  });
});
