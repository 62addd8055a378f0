import { writeFileSync } from 'node:fs';
import { createClient } from '@bellwire/client';
import { expect } from 'vitest';
import { commandLineTest, runCommand } from '../support/command-line.ts';

const test = await commandLineTest();

test('event types are put, listed, shown and deleted', async ({ server, json, bellwire }) => {
  writeFileSync(`${server.folder}/schema.json`, '{"type": "object", "required": ["id"]}');
  const examples = ['--example', '{"id": 7}', '--previous-example', '{"id": 6}'];
  const flags = ['--schema', 'schema.json', ...examples, '--description', 'An order.'];
  const put = await json('event-types', 'put', 'order.created', ...flags);
  expect(put).toMatchObject({
    example: { id: 7 },
    previous_example: { id: 6 },
    schema: { required: ['id'] },
    description: 'An order.',
  });
  const sample = { data: { id: 7 }, previous_data: { id: 6 } };
  expect(await json('event-types', 'sample', 'order.created')).toEqual(sample);
  expect(await json('event-types', 'get', 'order.created')).toEqual(put);
  expect(await json('event-types', 'list')).toEqual((await server.api('GET /v1/event-types')).body);
  expect((await bellwire(['event-types', 'list'])).stdout).toBe(
    'NAME           SCHEMA  EXAMPLE  DESCRIPTION\norder.created  yes     yes      An order.\n',
  );
  expect(await json('event-types', 'delete', 'order.created')).toBeNull();
  expect(await json('event-types', 'list')).toEqual({ data: [], next_cursor: null });
});

test('workspaces are created, changed and deleted; --workspace selects one', async ({
  server,
  json,
  bellwire,
}) => {
  const created = await json('workspaces', 'create', 'acme', '--strict');
  expect(created).toMatchObject({ name: 'acme', strict: true, dialect: 'standard' });
  expect(await json('workspaces', 'get', created.id)).toEqual(created);
  expect(await json('workspaces', 'update', created.id, '--no-strict', '--name', 'acme 2')).toMatchObject({
    name: 'acme 2',
    strict: false,
  });
  expect(await json('workspaces', 'list')).toEqual((await server.api('GET /v1/workspaces')).body);
  expect((await bellwire(['workspaces', 'list'])).stdout).toMatch(
    /^ID +CREATED +DIALECT +STRICT +NAME\n[\s\S]*^ws_\S+ +\S+Z +standard +no +acme 2$/m,
  );
  await json('event-types', 'put', 'there.only', '--workspace', created.id);
  expect((await json('event-types', 'list')).data).toEqual([]);
  const there = await bellwire(['event-types', 'list'], { env: { BELLWIRE_WORKSPACE: created.id } });
  expect(there.stdout).toContain('there.only');
  const erasure = await json('workspaces', 'delete', created.id, '--force');
  expect(erasure).toMatchObject({ workspace_id: created.id, tenant: null, status: 'running' });
  const shown = await bellwire(['erasures', 'get', erasure.id]);
  expect(shown.stdout).toMatch(/^workspace_id +ws_/m);
});

test('keys are created, used, listed without their text, and deleted', async ({ server, json, bellwire }) => {
  const created = await bellwire(['keys', 'create', 'checkout', '--scope', 'send']);
  expect(created.stderr).toMatch(/^[^\n]+ cannot be shown again\.\n$/);
  const [, api_key = ''] = /^api_key +(\S+)$/m.exec(created.stdout) ?? [];
  const [, id = ''] = /^id +(\S+)$/m.exec(created.stdout) ?? [];
  const env = { BELLWIRE_URL: server.origin, BELLWIRE_API_KEY: api_key };
  expect((await runCommand(['events', 'send', 'a', '--set', 'b=1'], { env })).code).toBe(0);
  const refused = await runCommand(['hooks', 'list'], { env });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^bellwire: This call requires an API key with the scope .* \(forbidden\)\n$/,
  );
  expect(refused.stderr).not.toContain(api_key);

  const listed = (await server.api('GET /v1/api-keys')).body.data;
  expect((await json('keys', 'list')).data).toMatchObject(
    listed.map(({ id: of, name }) => ({
      id: of,
      name,
      last_used_at: expect.toBeOneOf([null, expect.any(String)]),
    })),
  );
  const table = (await bellwire(['keys', 'list'])).stdout;
  expect(table).toMatch(/^key_\S+ +send +ws_\S+ +\S+ +- +\S+ +bw_send_\S+ +checkout$/m);
  expect(table).not.toContain(api_key);
  expect(await json('keys', 'delete', id)).toBeNull();
  expect((await runCommand(['events', 'send', 'a', '--set', 'b=1'], { env })).code).toBe(1);
});

test('the audit log is listed', async ({ server, json, bellwire }) => {
  const { id } = await server.addHook('http://127.0.0.1:1999/');
  await json('hooks', 'secret', id);
  const { data } = await json('audit', 'list');
  expect(data).toEqual((await server.api('GET /v1/audit')).body.data);
  await json('hooks', 'update', id, '--name', 'new', '--max-attempts', '3');
  const of_hook = await json('audit', 'list', '--subject', id);
  expect(of_hook.data.slice(1)).toEqual(data.slice(0, 2));
  const { stdout } = await bellwire(['audit', 'list', '--subject', id]);
  expect(stdout).toMatch(/^AT +ACTION +SUBJECT +BY +CHANGED\n/);
  expect(stdout).toMatch(new RegExp(`\\n\\S+Z +hook.updated +${id} +key_\\S+ +name max_attempts\\n`));
  expect(stdout).toMatch(new RegExp(`\\n\\S+Z +secret.revealed +${id} +key_\\S+ *`));
});

/** Calls with another name on the command line than in the client. */
const RENAMED: Readonly<Record<string, string>> = {
  'system rekey': 'rekey',
  'system encryptionKeys': 'rekey',
  'hooks revealSecret': 'hooks secret',
  'recoveries create': 'recover',
  'tenants createPortalSession': 'tenants portal-link',
  'tenants revokePortalSessions': 'tenants revoke-portal',
  'stats get': 'stats',
  'system get': 'system',
  'signatures explain': 'verify',
  // It publishes the schemas of a program; a command line has none.
  'eventTypes push': 'event-types put',
};

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

test('every call of the client has a command, and each says what it does', async () => {
  const client = createClient({ url: 'http://127.0.0.1:9', api_key: 'none' });
  const commands = Object.entries(client).flatMap(([noun, verbs]) =>
    Object.keys(verbs).map(
      (verb) => RENAMED[`${noun} ${verb}`] ?? `${noun === 'apiKeys' ? 'keys' : kebab(noun)} ${kebab(verb)}`,
    ),
  );
  expect(commands.length).toBeGreaterThan(30);
  for (const command of [...commands, 'trigger', 'inbox', 'generate']) {
    const { code, stdout, stderr } = await runCommand([...command.split(' '), '--help']);
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: bellwire ${command} \\[options\\]`));
    expect(stdout).toMatch(new RegExp(`\nExamples:\n {2}(bellwire|printf).* ?${command}`));
  }
});

test('a portal link works once, and is revoked', async ({ server, json, bellwire }) => {
  const { url } = await json('tenants', 'portal-link', 'cus_42', '--read-only', '--expires-in', '600');
  const exchange = (token: string) => server.api('POST /portal/session', { token }, { key: null });
  const opened = await exchange(url.split('#')[1]);
  expect(opened.body).toMatchObject({ tenant: 'cus_42', read_only: true });
  const again = await bellwire(['tenants', 'portal-link', 'cus_42']);
  expect(again.stderr).toContain('It works once.');
  const [, token = ''] = /^url +\S+#(\S+)$/m.exec(again.stdout) ?? [];
  expect((await bellwire(['tenants', 'revoke-portal', 'cus_42'])).stdout).toBe(
    'Revoked the portal of cus_42.\n',
  );
  expect((await exchange(token)).status).toBe(401);
});
