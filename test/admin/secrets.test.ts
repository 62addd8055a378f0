import type { Warning } from '@bellwire/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dialectTable } from '../support/dialect-table.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Answer, type RunningServer, startServer } from '../support/running-server.ts';
import { readStored } from '../support/storage.ts';

const dialects = dialectTable.map(({ dialect }) => dialect);
const optional = dialectTable.filter(({ without_secret }) => without_secret !== null);

let server: RunningServer;
let receiver: Receiver;
beforeAll(async () => {
  [server, receiver] = await Promise.all([startServer(), startReceiver()]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const urlFor = (dialect: string): string =>
  dialect === 'connect2print' ? receiver.origin.replace('http:', 'https:') : receiver.origin;

const create = (dialect: string, fields: object = {}): Promise<Answer> =>
  server.api('POST /v1/webhooks', { url: urlFor(dialect), events: ['none'], dialect, ...fields });

const add = (dialect: string, fields: object = {}) =>
  server.addHook(urlFor(dialect), { events: ['none'], dialect, ...fields });

const rotate = (id: string, fields: object = {}): Promise<Answer> =>
  server.api(`POST /v1/webhooks/${id}/rotate-secret`, fields);

const reveal = (id: string): Promise<Answer> => server.api(`POST /v1/webhooks/${id}/secret`);

const secretWarnings = (answer: object) =>
  (answer as { readonly warnings: readonly Warning[] }).warnings.filter(({ code }) => code === 'weak_secret');

const expectRefusal = ({ status, body, text }: Answer): void => {
  expect([status, body.error?.code], text).toEqual([422, 'invalid_input']);
  expect(body.error.issues).toMatchObject([{ path: 'secret' }]);
};

describe('the secret of a new hook', () => {
  it.each(dialectTable)(
    '$dialect: a missing one is generated for each hook in the form of the dialect, or stays missing',
    async ({ dialect, generated_secret }) => {
      const secrets = [(await add(dialect)).secret, (await add(dialect)).secret];
      if (generated_secret === null) {
        expect(secrets).toEqual([null, null]);
        return;
      }
      for (const secret of secrets) expect(secret).toMatch(generated_secret);
      expect(secrets[0]).not.toBe(secrets[1]);
    },
  );

  it.each(optional)('$dialect: null creates a hook without one', async ({ dialect }) => {
    const { id, secret } = await add(dialect, { secret: null });
    expect(secret).toBeNull();
    expect((await reveal(id)).status).toBe(404);
  });

  it.each(dialects)('%s: a given one is used unchanged, whatever its length', async (dialect) => {
    const words = dialect === 'casesolved' ? ['~!"#$%&', 'x'] : ['Grüße, 世界 🔑', ' padded ', 'x'];
    for (const secret of [...words, 'y'.repeat(256)]) {
      const { id, secret: shown } = await add(dialect, { secret });
      expect(shown).toBe(secret);
      expect((await reveal(id)).body).toEqual({ secret, previous: [] });
    }
  });

  it.each(dialects)(
    '%s: one that is empty, too long or not a string is refused, by create and rotate',
    async (dialect) => {
      const { id } = await add(dialect);
      for (const secret of ['', 'y'.repeat(257), 7, ['x']]) {
        expectRefusal(await create(dialect, { secret }));
        expectRefusal(await rotate(id, { secret }));
      }
      expectRefusal(await rotate(id, { secret: null }));
    },
  );

  it('casesolved: one that is not a valid header value is refused, by create and rotate', async () => {
    const { id } = await add('casesolved', { secret: 'a-secret-of-our-own' });
    for (const secret of ['Schlüssel', '世界', 'two words', 'tab\there', 'line\nbreak', '\u007f', ' ']) {
      expectRefusal(await create('casesolved', { secret }));
      expectRefusal(await rotate(id, { secret }));
    }
    expect((await reveal(id)).body).toEqual({ secret: 'a-secret-of-our-own', previous: [] });
  });

  it('fewer than sixteen characters cause a warning and work', async () => {
    const warned = [{ message: expect.stringContaining('16 characters') }];
    const { id, ...short } = await add('github', { secret: 'x'.repeat(15) });
    expect(short).toMatchObject({ secret: 'x'.repeat(15) });
    expect(secretWarnings(short)).toMatchObject(warned);
    expect(secretWarnings((await rotate(id, { secret: 'y'.repeat(15) })).body)).toMatchObject(warned);
    for (const secret of ['x'.repeat(16), null, undefined]) {
      expect(secretWarnings(await add('github', { secret }))).toEqual([]);
    }
    expect((await rotate(id)).body).toMatchObject({ warnings: [] });
  });
});

const auditOf = async (subject: string, key?: string) => {
  const as = key === undefined ? {} : { key };
  const { status, body, text } = await server.api('GET /v1/audit?limit=1000', undefined, as);
  expect(status, text).toBe(200);
  const entries = body.data as unknown as readonly Readonly<Record<string, string>>[];
  return { text, entries: entries.filter((entry) => entry['subject'] === subject) };
};

const keyOf = async (scope: string, workspace?: string) => {
  const headers = workspace === undefined ? {} : { 'bellwire-workspace': workspace };
  const { body } = await server.api('POST /v1/api-keys', { name: scope, scope }, { headers });
  return { id: body.id, key: body.api_key };
};

describe('the secrecy of a secret', () => {
  it('only the answers to create, rotate and reveal contain it: no other answer, no log, no file', async () => {
    const secret = 'only-three-answers-hold-this-one';
    const next = 'nor-does-anything-hold-the-next';
    const { id } = await add('github', { secret, events: ['secret.test'] });
    expect((await rotate(id, { secret: next })).body.secret).toBe(next);
    await server.api('POST /v1/events', { type: 'secret.test', data: {} });
    await receiver.next();
    const answers = await Promise.all([
      server.api(`GET /v1/webhooks/${id}`),
      server.api('GET /v1/webhooks?limit=1000'),
      server.api(`PATCH /v1/webhooks/${id}`, { name: 'renamed' }),
      server.api(`POST /v1/webhooks/${id}/deactivate`),
      server.api(`POST /v1/webhooks/${id}/activate`),
      server.api(`POST /v1/webhooks/${id}/rotate-secret/switch`),
      server.api('GET /v1/audit'),
      server.api('GET /metrics'),
    ]);
    const { body } = await server.api(`GET /v1/webhooks/${id}/deliveries`);
    answers.push(await server.api(`GET /v1/deliveries/${body.data[0]!.id}`));
    const files = Object.values(await readStored(server.database_url));
    const texts = [...answers.map(({ text }) => text), ...server.log_lines, ...files];
    for (const text of texts) for (const hidden of [secret, next]) expect(text).not.toContain(hidden);
    expect((await reveal(id)).text).toContain(next);
  });

  it('the audit log has each reveal, rotation and switch with its key and hook, and never the secret', async () => {
    const { id, key } = await keyOf('workspace');
    const hook = await add('github', { secret: 'the-first-of-this-audit' });
    const as = { key };
    const before = Date.now();
    await server.api(`POST /v1/webhooks/${hook.id}/secret`, undefined, as);
    const next = { secret: 'the-second-of-this-audit' };
    await server.api(`POST /v1/webhooks/${hook.id}/rotate-secret`, next, as);
    await server.api(`POST /v1/webhooks/${hook.id}/rotate-secret/switch`, undefined, as);
    const { text, entries } = await auditOf(hook.id, key);
    expect(entries.slice(0, 3).map(({ action, by }) => [action, by])).toEqual([
      ['secret.switched', id],
      ['secret.rotated', id],
      ['secret.revealed', id],
    ]);
    for (const entry of entries.slice(0, 3)) {
      expect(entry).toMatchObject({ before: null, after: null });
      expect(Date.parse(entry['at']!)).toBeGreaterThanOrEqual(before);
    }
    expect(text).not.toContain('of-this-audit');
  });

  it('a refused reveal or rotation returns nothing and changes nothing', async () => {
    const hook = await add('github');
    const other = await server.api('POST /v1/workspaces', { name: 'another tenant' });
    const stranger = await keyOf('workspace', other.body.id);
    const sender = await keyOf('send');
    for (const path of ['secret', 'rotate-secret', 'rotate-secret/switch']) {
      const call = `POST /v1/webhooks/${hook.id}/${path}` as const;
      expect((await server.api(call, undefined, stranger)).status).toBe(404);
      expect((await server.api(call, undefined, sender)).status).toBe(403);
      expect((await server.api(call, undefined, { key: null })).status).toBe(401);
    }
    expect((await auditOf(hook.id)).entries).toMatchObject([{ action: 'hook.created' }]);
    expect((await reveal(hook.id)).body).toEqual({ secret: hook.secret, previous: [] });
    const { body } = await server.api('GET /v1/audit', undefined, stranger);
    expect(body.data).toMatchObject([{ action: 'api_key.created' }, { action: 'workspace.created' }]);
  });

  it('the audit log has every hook whose TLS verification was disabled', async () => {
    const hook = await add('github', { insecure_ssl: true });
    const careful = await add('github');
    await server.api(`PATCH /v1/webhooks/${careful.id}`, { name: 'still careful' });
    await server.api(`PATCH /v1/webhooks/${careful.id}`, { insecure_ssl: true });
    const after = { insecure_ssl: true };
    expect((await auditOf(hook.id)).entries).toMatchObject([{ action: 'hook.created', after }]);
    expect((await auditOf(careful.id)).entries).toMatchObject([
      { action: 'hook.updated', before: { insecure_ssl: false }, after },
      { action: 'hook.updated', after: { name: 'still careful' } },
      { action: 'hook.created', after: { insecure_ssl: false } },
    ]);
  });
});
