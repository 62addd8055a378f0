import { expect } from 'vitest';
import { commandLineTest } from '../support/command-line.ts';
import { startReceiver } from '../support/receiver.ts';

const CLOSED = 'http://127.0.0.1:1999/';

const test = await commandLineTest();

test('with --json every command about hooks prints the answer of the API', async ({ server, json }) => {
  const created = await json('hooks', 'create', CLOSED, '--events', 'order.*,invoice.paid', '--name', 'Shop');
  expect(created.secret).toMatch(/^whsec_/);
  const of = async (id: string) => (await server.api(`GET /v1/webhooks/${id}`)).body;
  const { secret: _, warnings: _none, ...hook } = created;
  expect(hook).toEqual(await of(created.id));
  expect(hook).toMatchObject({ name: 'Shop', events: ['order.*', 'invoice.paid'] });

  expect(await json('hooks', 'get', created.id)).toEqual(hook);
  expect(await json('hooks', 'list')).toEqual((await server.api('GET /v1/webhooks')).body);

  const changes = [
    '--max-attempts',
    '3',
    '--timeout-ms',
    '500',
    '--rate-limit',
    '20/minute',
    '--header',
    'X-Tenant: acme: one',
  ];
  const own = ['--description', 'For the ERP', '--metadata', 'plan=team', '--metadata', 'eq=a=b'];
  const more = [
    ...own,
    '--method',
    'PUT',
    '--events',
    'a,b',
    '--events',
    'c',
    '--to',
    'http://127.0.0.1:1998/',
  ];
  const changed = await json('hooks', 'update', created.id, ...changes, ...more);
  expect(changed).toEqual({ ...(await of(created.id)), warnings: [] });
  expect(changed).toMatchObject({
    url: 'http://127.0.0.1:1998/',
    events: ['a', 'b', 'c'],
    method: 'PUT',
    max_attempts: 3,
    timeout_ms: 500,
    rate_limit: { count: 20, per: 'minute' },
    description: 'For the ERP',
    metadata: { plan: 'team', eq: 'a=b' },
    headers: { 'X-Tenant': '[secret]' },
  });
  const scheduled = await json('hooks', 'update', created.id, '--retry-schedule', '0,1m');
  const attempt_delays = [
    { min_ms: 0, max_ms: 0 },
    { min_ms: 60_000, max_ms: 75_000 },
    { min_ms: 60_000, max_ms: 75_000 },
  ];
  expect(scheduled).toMatchObject({ retry_schedule: ['0s', '1m'], attempt_delays });
  const reset = await json('hooks', 'update', created.id, '--retry-schedule', 'default');
  expect(reset).toMatchObject({ retry_schedule: null });
  const back = await json(
    'hooks',
    'update',
    created.id,
    '--rate-limit',
    'none',
    '--max-attempts',
    'default',
    '--no-active',
  );
  expect(back).toMatchObject({ max_attempts: null, timeout_ms: 500, rate_limit: null, status: 'paused' });

  expect(await json('hooks', 'activate', created.id)).toMatchObject({ status: 'active' });
  expect(await json('hooks', 'deactivate', created.id)).toEqual(await of(created.id));
  expect(await of(created.id)).toMatchObject({ status: 'paused' });

  expect(await json('hooks', 'delete', created.id)).toBeNull();
  expect((await server.api(`GET /v1/webhooks/${created.id}`)).status).toBe(404);
});

test('a hook and a workspace are created once under an idempotency key', async ({ json, bellwire }) => {
  const hook = ['hooks', 'create', CLOSED, '--events', 'a', '--idempotency-key', 'k'];
  expect(await json(...hook)).toEqual(await json(...hook));
  expect(await bellwire([...hook, '--name', 'other'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('idempotency_conflict'),
  });
  const workspace = ['workspaces', 'create', 'once by key', '--idempotency-key', 'k'];
  expect(await json(...workspace)).toEqual(await json(...workspace));
});

test('a hook that moves to another origin needs its headers again, or --no-header', async ({
  json,
  bellwire,
}) => {
  const created = await json('hooks', 'create', CLOSED, '--events', '*', '--header', 'X-Key: one');
  const move = ['hooks', 'update', created.id, '--to', 'https://elsewhere.example.com/in'];
  const refused = await bellwire(move);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('headers_required') });
  const given = await json(...move, '--no-header', '--header', 'X-Key: two');
  expect(given).toMatchObject({ headers: { 'X-Key': '[secret]' } });
  expect(await json(...move, '--to', CLOSED, '--no-header')).toMatchObject({ url: CLOSED, headers: {} });
});

test('secrets are rotated, switched and revealed', async ({ server, json, bellwire }) => {
  const secret = 'a-secret-of-mine-1234';
  const { id, ...hook } = await json('hooks', 'create', CLOSED, '--events', '*', '--secret', secret);
  expect(hook).toMatchObject({ secret });
  const rotated = await json('hooks', 'rotate-secret', id, '--grace', '2h');
  const shown = await json('hooks', 'secret', id);
  expect(shown).toMatchObject({ secret: rotated.secret, previous: [{ secret }] });
  const grace_ms = Date.parse(shown.previous[0].expires_at) - Date.parse(rotated.updated_at);
  expect(Math.round(grace_ms / 60_000)).toBe(120);
  const table = await bellwire(['hooks', 'secret', id], { width: 20 });
  expect(table.stdout).toContain(`the next rotation     ${rotated.secret}\n`);
  expect(await json('hooks', 'switch-secret', id)).toEqual((await server.api(`GET /v1/webhooks/${id}`)).body);
  expect(await json('hooks', 'secret', id)).toEqual({ secret: rotated.secret, previous: [] });
});

test('a hook is pinged, tested and validated; a validation that fails is exit code 1', async ({
  server,
  json,
  bellwire,
}) => {
  let status = 200;
  await using receiver = await startReceiver(() => ({ status }));
  const { id } = await server.addHook(receiver.origin);

  const pinged = await json('hooks', 'ping', id);
  expect(pinged).toMatchObject({ success: true, message: 'Ping sent', delivery_id: pinged.delivery_id });
  expect((await receiver.next()).body.toString()).toContain('"ping"');
  const tested = await json('hooks', 'test', id, '--type', 'order.created', '--data', '{"id": 7}');
  expect(tested).toMatchObject({ success: true, message: 'Test webhook sent' });
  expect(JSON.parse((await receiver.next()).body.toString())).toMatchObject({ data: { id: 7 } });

  expect(await json('hooks', 'validate', id)).toMatchObject({ success: true, response_status: 200 });
  status = 500;
  const failed = await bellwire(['hooks', 'validate', id, '--json']);
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.stdout)).toMatchObject({ success: false, response_status: 500 });
  expect(failed.stderr).toBe('bellwire: The receiver did not validate the hook (http_status 500).\n');
  for (const verb of ['ping', 'test']) {
    const refused = await bellwire(['hooks', verb, id]);
    expect({ verb, code: refused.code }).toEqual({ verb, code: 1 });
    expect(refused.stdout).toMatch(/^dlv_\w+\n$/);
    expect(refused.stderr).toContain('bellwire: The receiver responded with status 500.\n');
  }
});

test('without --json a list is a table, a hook has one field per line, and the secret is shown once', async ({
  bellwire,
}) => {
  expect(await bellwire(['hooks', 'list'])).toEqual({ code: 0, stdout: '', stderr: 'No hooks.\n' });
  const created = await bellwire(['hooks', 'create', CLOSED, '--events', 'order.*', '--name', 'Shop']);
  const [, id = ''] = /^id +(wh_\S+)$/m.exec(created.stdout) ?? [];
  const [, number = ''] = /^number +(\d+)$/m.exec(created.stdout) ?? [];
  expect(created.stdout.match(/^secret +whsec_\S+$/m)).not.toBeNull();
  expect(created.stderr).toMatch(
    new RegExp(`^Install the secret[^\\n]+\\n[^\\n]+: bellwire hooks secret ${id}\\n$`),
  );
  expect((await bellwire(['hooks', 'get', id])).stdout).not.toContain('whsec_');
  expect((await bellwire(['hooks', 'list'])).stdout).toBe(
    `ID                             NUMBER  STATUS  NAME  EVENTS   URL                     NEXT ATTEMPT  PROBLEM\n${id}  ${number.padEnd(6)}  active  Shop  order.*  ${CLOSED}  -             -\n`,
  );
  expect(await bellwire(['hooks', 'delete', id])).toEqual({
    code: 0,
    stdout: `Deleted ${id}.\n`,
    stderr: '',
  });
});

test.for<readonly [string, RegExp]>([
  ['standard', /^Both secrets sign until \S+Z\. Install the new one in the receiver before then\.\n/],
  [
    'github',
    /^The old secret signs until \S+Z\. Install the new one .*: bellwire hooks switch-secret wh_\w+\n/,
  ],
])(
  '%s: a rotation prints which secret signs and until when',
  async ([dialect, message], { json, bellwire }) => {
    const { id } = await json('hooks', 'create', CLOSED, '--events', 'a', '--dialect', dialect);
    expect((await bellwire(['hooks', 'rotate-secret', id])).stderr).toMatch(message);
    const replaced = await json('hooks', 'update', id, '--secret', `whsec_${'A'.repeat(43)}=`);
    expect(replaced.secret_state).toEqual({ signing: 'current', previous: [], switch_at: null });
  },
);

test('hooks, events and deliveries of one customer are created and listed; tenants show their hooks', async ({
  json,
  bellwire,
}) => {
  const { id } = await json('hooks', 'create', CLOSED, '--events', 'a', '--tenant', 'cus_1');
  await json('hooks', 'create', CLOSED, '--events', 'a');
  const event = await json('events', 'send', 'a', '--data', '{}', '--tenant', 'cus_1');
  expect(event).toMatchObject({ tenant: 'cus_1', deliveries: 1 });
  const ids = async (...args: readonly string[]) =>
    (await json(...args, '--tenant', 'cus_1')).data.map((one: { readonly id: string }) => one.id);
  expect(await ids('hooks', 'list')).toEqual([id]);
  expect(await ids('events', 'list')).toEqual([event.id]);
  expect(await ids('deliveries', 'list')).toHaveLength(1);
  const updated = await json(
    'tenants',
    'update',
    'cus_1',
    '--metadata',
    'plan=team',
    '--metadata',
    'region=eu',
  );
  expect(updated).toMatchObject({ tenant: 'cus_1', metadata: { plan: 'team', region: 'eu' } });
  expect(await json('tenants', 'get', 'cus_1')).toMatchObject(updated);
  expect((await bellwire(['tenants', 'list'])).stdout).toMatch(/^TENANT .*\ncus_1 +1 /);
});

test('the filter of a hook is set, tried and removed', async ({ server, json, bellwire }) => {
  const events = ['--events', 'order.created'];
  const created = await json('hooks', 'create', CLOSED, ...events, '--filter', 'total >= 100');
  expect(created).toMatchObject({ filter: 'total >= 100' });
  await server.send({ type: 'order.created', data: { total: 5 } });
  await server.send({ type: 'order.created', data: { total: 500 } });
  const tried = await bellwire(['hooks', 'try-filter', 'total >= 100', ...events]);
  expect(tried.code).toBe(0);
  expect(tried.stdout).toMatch(/RESULT.*\n *match +evt_.*\n *no_match +evt_/);
  expect(tried.stderr).toContain('1 of 2 events match.');
  const wrong = await bellwire(['hooks', 'try-filter', 'total = 100', ...events]);
  expect(wrong).toMatchObject({ code: 1 });
  expect(wrong.stderr).toContain('filter: = is not part of the filter language; write == to compare');
  expect(await json('hooks', 'update', created.id, '--no-filter')).toMatchObject({ filter: null });
});
