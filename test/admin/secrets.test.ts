import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Answer, type RunningServer, startServer } from '../support/running-server.ts';

const WHSEC = /^whsec_[A-Za-z0-9+/]{43}=$/;
const HEX = /^[0-9a-f]{40}$/;

/** What the dialects say of secrets: the form of one that is made up (null: none is), and whether there can be none. */
const RULES: Readonly<Record<string, { readonly form: RegExp | null; readonly none: boolean }>> = {
  standard: { form: WHSEC, none: false },
  svix: { form: WHSEC, none: false },
  connect2print: { form: HEX, none: false },
  q2: { form: HEX, none: true },
  'resource-api': { form: HEX, none: true },
  github: { form: HEX, none: true },
  stripe: { form: HEX, none: true },
  shopify: { form: HEX, none: true },
  slack: { form: HEX, none: true },
  activities: { form: null, none: true },
  casesolved: { form: null, none: true },
};
const dialects = Object.keys(RULES);
const withNone = dialects.filter((dialect) => RULES[dialect]!.none);
const withoutNone = dialects.filter((dialect) => !RULES[dialect]!.none);

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

const made = async (dialect: string, fields: object = {}) => {
  const { status, body, text } = await create(dialect, fields);
  expect(status, text).toBe(201);
  return body;
};

const rotate = (id: string, fields: object = {}): Promise<Answer> =>
  server.api(`POST /v1/webhooks/${id}/rotate-secret`, fields);

const reveal = (id: string): Promise<Answer> => server.api(`POST /v1/webhooks/${id}/secret`);

const expectRefusal = ({ status, body, text }: Answer): void => {
  expect([status, body.error?.code], text).toEqual([422, 'invalid_input']);
  expect(body.error.issues).toMatchObject([{ path: 'secret' }]);
};

describe('where a secret comes from', () => {
  it.each(dialects)(
    '%s: one left out is made up in the dialect’s form, each its own, or there is none',
    async (dialect) => {
      const { form } = RULES[dialect]!;
      const secrets = [(await made(dialect)).secret, (await made(dialect)).secret];
      if (form === null) {
        expect(secrets).toEqual([null, null]);
        return;
      }
      for (const secret of secrets) expect(secret).toMatch(form);
      expect(secrets[0]).not.toBe(secrets[1]);
    },
  );

  it.each(withNone)('%s: null makes a hook without one', async (dialect) => {
    const { id, secret } = await made(dialect, { secret: null });
    expect(secret).toBeNull();
    expect((await reveal(id)).status).toBe(404);
  });

  it.each(withoutNone)('%s: null is refused', async (dialect) => {
    expectRefusal(await create(dialect, { secret: null }));
  });

  it.each(dialects)('%s: one that is given is used as it is, whatever its length', async (dialect) => {
    const words = dialect === 'casesolved' ? ['~!"#$%&', 'x'] : ['Grüße, 世界 🔑', ' padded ', 'x'];
    for (const secret of [...words, 'y'.repeat(256)]) {
      const { id, secret: shown } = await made(dialect, { secret });
      expect(shown).toBe(secret);
      expect((await reveal(id)).body).toEqual({ secret, previous: [] });
    }
  });

  it.each(dialects)('%s: an empty or endless one is refused, when made and when rotated', async (dialect) => {
    const { id } = await made(dialect);
    for (const secret of ['', 'y'.repeat(257), 7, ['x']]) {
      expectRefusal(await create(dialect, { secret }));
      expectRefusal(await rotate(id, { secret }));
    }
    expectRefusal(await rotate(id, { secret: null }));
  });

  it('casesolved: one that could not travel as a header is refused, when made and when rotated', async () => {
    const { id } = await made('casesolved', { secret: 'a-secret-of-our-own' });
    for (const secret of ['Schlüssel', '世界', 'two words', 'tab\there', 'line\nbreak', '\u007f', ' ']) {
      expectRefusal(await create('casesolved', { secret }));
      expectRefusal(await rotate(id, { secret }));
    }
    expect((await reveal(id)).body).toEqual({ secret: 'a-secret-of-our-own', previous: [] });
  });

  it.each(['standard', 'svix'])(
    '%s: what begins with whsec_ and goes on with no key is refused',
    async (dialect) => {
      for (const rest of ['', 'no base64!', 'c2hvcnQ=', 'A'.repeat(43)]) {
        expectRefusal(await create(dialect, { secret: `whsec_${rest}` }));
      }
    },
  );

  it('fewer than sixteen characters earn a warning, and work', async () => {
    const warned = [expect.stringContaining('16 characters')];
    const { id, ...short } = await made('github', { secret: 'x'.repeat(15) });
    expect(short).toMatchObject({ secret: 'x'.repeat(15), warnings: warned });
    expect((await rotate(id, { secret: 'y'.repeat(15) })).body).toMatchObject({ warnings: warned });
    for (const secret of ['x'.repeat(16), null, undefined]) {
      expect(await made('github', { secret })).toMatchObject({ warnings: [] });
    }
    expect((await rotate(id)).body).toMatchObject({ warnings: [] });
  });
});

const auditOf = async (subject: string, key?: string) => {
  const { status, body, text } = await server.api(
    'GET /v1/audit?limit=1000',
    undefined,
    key === undefined ? {} : { key },
  );
  expect(status, text).toBe(200);
  const entries = body.data as unknown as readonly Readonly<Record<string, string>>[];
  return { text, entries: entries.filter((entry) => entry['subject'] === subject) };
};

const keyOf = async (scope: string, workspace?: string) => {
  const headers = workspace === undefined ? {} : { 'bellwire-workspace': workspace };
  const { body } = await server.api('POST /v1/api-keys', { name: scope, scope }, { headers });
  return { id: body.id, key: body.api_key };
};

describe('who sees a secret', () => {
  it('it is in the answers to create, rotate and reveal, and nowhere else: no answer, no log, no file', async () => {
    const secret = 'only-three-answers-hold-this-one';
    const next = 'nor-does-anything-hold-the-next';
    const { id } = await made('github', { secret, events: ['secret.test'] });
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
    const files = ['', '-wal'].map((end) => readFileSync(server.database_path + end, 'latin1'));
    const texts = [...answers.map(({ text }) => text), ...server.log_lines, ...files];
    for (const text of texts) for (const hidden of [secret, next]) expect(text).not.toContain(hidden);
    expect((await reveal(id)).text).toContain(next);
  });

  it('revealing, rotating and switching are written down: what, by whose key, on what; never the secret', async () => {
    const { id, key } = await keyOf('workspace');
    const hook = await made('github', { secret: 'the-first-of-this-audit' });
    const as = { key };
    const before = Date.now();
    await server.api(`POST /v1/webhooks/${hook.id}/secret`, undefined, as);
    await server.api(
      `POST /v1/webhooks/${hook.id}/rotate-secret`,
      { secret: 'the-second-of-this-audit' },
      as,
    );
    await server.api(`POST /v1/webhooks/${hook.id}/rotate-secret/switch`, undefined, as);
    const { text, entries } = await auditOf(hook.id, key);
    expect(entries.map(({ action, by }) => [action, by])).toEqual([
      ['secret.switched', id],
      ['secret.rotated', id],
      ['secret.revealed', id],
    ]);
    for (const entry of entries) {
      expect(Object.keys(entry).toSorted()).toEqual(['action', 'at', 'by', 'id', 'subject']);
      expect(Date.parse(entry['at']!)).toBeGreaterThanOrEqual(before);
    }
    expect(text).not.toContain('of-this-audit');
  });

  it('a refused reveal or rotation shows nothing and changes nothing', async () => {
    const hook = await made('github');
    const other = await server.api('POST /v1/workspaces', { name: 'another tenant' });
    const stranger = await keyOf('workspace', other.body.id);
    const sender = await keyOf('send');
    for (const path of ['secret', 'rotate-secret', 'rotate-secret/switch']) {
      const call = `POST /v1/webhooks/${hook.id}/${path}` as const;
      expect((await server.api(call, undefined, stranger)).status).toBe(404);
      expect((await server.api(call, undefined, sender)).status).toBe(403);
      expect((await server.api(call, undefined, { key: null })).status).toBe(401);
    }
    expect((await auditOf(hook.id)).entries).toEqual([]);
    expect((await reveal(hook.id)).body).toEqual({ secret: hook.secret, previous: [] });
    const { body } = await server.api('GET /v1/audit', undefined, stranger);
    expect(body.data).toEqual([]);
  });

  it('whoever switches certificate checks off is in the audit log', async () => {
    const hook = await made('github', { insecure_ssl: true });
    const careful = await made('github');
    await server.api(`PATCH /v1/webhooks/${careful.id}` as 'PATCH /', { name: 'still careful' });
    expect((await auditOf(careful.id)).entries).toEqual([]);
    await server.api(`PATCH /v1/webhooks/${careful.id}` as 'PATCH /', { insecure_ssl: true });
    for (const { id } of [hook, careful]) {
      expect((await auditOf(id)).entries).toMatchObject([{ action: 'insecure_ssl.enabled', subject: id }]);
    }
  });
});
