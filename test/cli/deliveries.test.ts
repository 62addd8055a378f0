import { expect } from 'vitest';
import { commandLineTest } from '../support/command-line.ts';
import { startReceiver } from '../support/receiver.ts';

const test = await commandLineTest();

test('events are sent, listed and shown as the API answers them', async ({ server, json, bellwire }) => {
  const { id: hook } = await server.addHook('http://127.0.0.1:1999/', { active: false });
  const occurred_at = '2026-11-20T08:00:00+01:00';
  const flags = ['--hook', hook, '--idempotency-key', 'order-7', '--occurred-at', occurred_at];
  const data = ['--data', '{"order": {"id": 7}}', '--set', 'order.total=499', '--previous-data', '{"id": 6}'];
  const sent = await json('events', 'send', 'order.created', ...data, ...flags);
  expect(sent).toMatchObject({
    deliveries: 1,
    idempotency_key: 'order-7',
    occurred_at: '2026-11-20T07:00:00.000Z',
  });
  const event = (await server.api(`GET /v1/events/${sent.id}`)).body;
  expect(event).toMatchObject({ data: { order: { id: 7, total: 499 } }, previous_data: { id: 6 } });
  expect(await json('events', 'get', sent.id)).toEqual(event);
  await json('events', 'send', 'order.paid', '--set', 'id=8');
  expect(await json('events', 'list')).toEqual((await server.api('GET /v1/events')).body);
  expect((await json('events', 'list', '--type', 'order.created', '--include', 'data')).data).toEqual([
    event,
  ]);

  const paid = ['events', 'list', '--type', 'order.paid'];
  expect((await bellwire(paid)).stdout).toMatch(/ +1 +-\n$/);
  const table = (await bellwire([...paid, '--include', 'data'])).stdout;
  expect(table).toMatch(/^ID +CREATED +TYPE +DELIVERIES +DATA\nevt_\S+ +\S+Z +order\.paid +1 +\{"id":8\}\n$/);
});

test('events are found by metadata and by idempotency key', async ({ json }) => {
  for (const [at, value] of ['42', '43'].entries()) {
    const more = [
      '--metadata',
      `order_id=${value}`,
      '--metadata',
      'region=eu',
      '--idempotency-key',
      `k${at}`,
    ];
    await json('events', 'send', 'order.paid', '--set', 'id=9', ...more);
  }
  for (const filter of [
    ['--metadata', 'order_id=43', '--metadata', 'region=eu'],
    ['--idempotency-key', 'k1'],
  ]) {
    const found = (await json('events', 'list', ...filter)).data;
    expect(found).toMatchObject([{ idempotency_key: 'k1', metadata: { order_id: '43' } }]);
  }
});

test('an event is delayed until a time, or by a delay', async ({ json, bellwire }) => {
  const send = (at: string) => json('events', 'send', 'order.paid', '--set', 'id=9', '--deliver-at', at);
  const time = new Date(Date.now() + 60_000).toISOString();
  expect(await send(time)).toMatchObject({ deliver_at: time });
  const { deliver_at, created_at } = await send('30m');
  expect(Math.round((Date.parse(deliver_at) - Date.parse(created_at)) / 60_000)).toBe(30);
  const wrong = await bellwire(['events', 'send', 'order.paid', '--set', 'id=9', '--deliver-at', 'soon']);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('or a delay like 30m') });
});

test('a list is one page, or all pages with --all, in the same form', async ({ server, json, bellwire }) => {
  for (const id of [1, 2, 3]) await json('events', 'send', 'order.created', '--data', `{"id": ${id}}`);
  const first = await json('events', 'list', '--limit', '2');
  expect(first).toEqual((await server.api('GET /v1/events?limit=2')).body);
  const rest = await json('events', 'list', '--limit', '2', '--cursor', first.next_cursor);
  expect(await json('events', 'list', '--all')).toEqual({
    data: [...first.data, ...rest.data],
    next_cursor: null,
  });
  const { stderr } = await bellwire(['events', 'list', '--limit', '2']);
  expect(stderr).toMatch(/^There are more[^\n]+\n$/);
  for (const flag of ['--all', `--cursor ${first.next_cursor}`]) expect(stderr).toContain(flag);
});

test('a batch is a list, an API body or one event per line; a refused event is exit code 1', async ({
  bellwire,
}) => {
  const events = [1, 2].map((id) => ({ type: 'order.paid', data: { id } }));
  const forms = [
    JSON.stringify(events),
    JSON.stringify({ events }, null, 2),
    events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  ];
  for (const input of forms) {
    const { code, stdout } = await bellwire(['events', 'send-batch', '-', '--json'], { input });
    expect(code).toBe(0);
    const ok = { ok: true, event: { type: 'order.paid' } };
    expect(JSON.parse(stdout)).toMatchObject({ results: [ok, ok] });
  }
  const input = JSON.stringify([...events, { type: 'order.paid' }]);
  const mixed = await bellwire(['events', 'send-batch', '-'], { input });
  expect(mixed).toMatchObject({ code: 1, stderr: 'bellwire: 1 of 3 events were refused.\n' });
  expect(mixed.stdout).toMatch(
    /\naccepted +evt_\S+ +order\.paid +0 +-\n.*\nrefused .* data: must be a JSON object.* \(invalid_input\)\n$/,
  );
});

test('deliveries are listed by every filter and shown with their requests and responses', async ({
  server,
  json,
  bellwire,
}) => {
  await using receiver = await startReceiver(() => ({ status: 200, body: 'thanks\u001b[2J' }));
  const { id: hook } = await server.addHook(receiver.origin);
  const { id: event } = await json('events', 'send', 'order.created', '--data', '{"id": 1}');
  await json('events', 'send', 'order.paid', '--data', '{"id": 1}');
  const filters = [
    '--event',
    event,
    '--wire-id',
    event,
    '--hook',
    hook,
    '--type',
    'order.created',
    '--since',
    '1h',
  ];
  const [{ id }] = (await json('deliveries', 'list', ...filters)).data;
  await server.deliveryIn(id, 'succeeded');
  expect((await json('deliveries', 'list', '--status', 'succeeded', ...filters)).data).toEqual([
    expect.objectContaining({ id, event_id: event, status: 'succeeded' }),
  ]);
  expect((await json('deliveries', 'list', '--status', 'failed')).data).toEqual([]);
  expect(await json('deliveries', 'get', id)).toEqual((await server.api(`GET /v1/deliveries/${id}`)).body);

  const { stdout } = await bellwire(['deliveries', 'get', id]);
  expect(stdout).toMatch(/^status +succeeded$/m);
  expect(stdout).toMatch(/^1 +\S+Z +scheduled +\d+ +succeeded$/m);
  expect(stdout).toContain(`\n\n> POST ${receiver.origin}`);
  expect(stdout).toMatch(/\nwebhook-id: evt_/);
  expect(stdout).toContain('\n< 200\n');
  expect(stdout).toContain('\nthanks\\u001b[2J\n');
  const list = (await bellwire(['deliveries', 'list', '--type', 'order.created'])).stdout;
  expect(list).toMatch(/^ID +STATUS .*\ndlv_\S+ +succeeded +1 +wh_\S+ +\S+ +order\.created +- +-\n$/);
});

test('one delivery is retried by its id; recover counts or sends many, and cancel ends them', async ({
  server,
  json,
  bellwire,
}) => {
  let status = 500;
  await using receiver = await startReceiver(() => ({ status }));
  const { id: hook } = await server.addHook(receiver.origin, { max_attempts: 1 });
  for (const id of [1, 2]) await json('events', 'send', 'order.created', '--data', `{"id": ${id}}`);
  const ids: string[] = (await json('deliveries', 'list')).data.map((one: { id: string }) => one.id);
  for (const id of ids) await server.deliveryIn(id, 'failed');

  const failed = await bellwire(['deliveries', 'retry', ids[0]!]);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('responded with status 500');
  const problem = 'exhausted: The receiver responded with status 500.';
  expect((await bellwire(['deliveries', 'list'])).stdout).toMatch(new RegExp(`(?: +- +${problem}\\n.*){2}$`));
  expect((await bellwire(['hooks', 'list'])).stdout).toMatch(
    / +- +The receiver responded with status 500\.\n$/,
  );
  status = 200;
  expect(await json('deliveries', 'retry', ids[0]!)).toMatchObject({ success: true, delivery_id: ids[0] });
  await server.deliveryIn(ids[0]!, 'succeeded');
  const range = [hook, '--since', '1h'];
  const dry = await json('recover', ...range, '--dry-run', '--status', 'failed');
  expect(dry).toMatchObject({ status: 'dry_run', total: 1, counts: { failed: 1 } });
  expect(await bellwire(['recover', ...range, '--dry-run'])).toEqual({
    code: 0,
    stdout: 'Would send 1: 1 failed.\n',
    stderr: '',
  });
  expect((await server.api(`GET /v1/deliveries/${ids[1]}`)).body.status).toBe('failed');
  const sent = await bellwire(['recover', ...range], { width: 80 });
  expect(sent).toMatchObject({ code: 0, stdout: 'Sending 1: 1 failed.\n' });
  expect(sent.stderr).toContain('[##############################] 100 % 1 deliveries');
  await server.deliveryIn(ids[1]!, 'succeeded');
  const [{ id: recovery }] = (await json('recoveries', 'list')).data;
  expect(await json('recoveries', 'get', recovery)).toMatchObject({ status: 'completed', total: 1 });
  expect((await bellwire(['recoveries', 'cancel', recovery])).stdout).toBe(`Canceled ${recovery}.\n`);
  for (const flags of [
    ['--status', 'lost'],
    ['--outcome', 'lost'],
  ]) {
    expect((await bellwire(['recover', ...range, ...flags])).code).toBe(2);
  }
  expect((await bellwire(['recover', '--since', '1h', '--status', 'missed'])).code).toBe(2);

  await json('hooks', 'deactivate', hook);
  await json('events', 'send', 'order.created', '--data', '{"id": 3}');
  const cancel = ['deliveries', 'cancel', '--hook', hook, '--since', '1h'];
  expect(await bellwire(cancel)).toEqual({
    code: 0,
    stdout: 'Would cancel 1: 1 held.\n',
    stderr: 'Add --yes to cancel them.\n',
  });
  expect((await bellwire([...cancel, '--yes'])).stdout).toBe('Canceled 1: 1 held.\n');
  const [canceled] = (await json('deliveries', 'list', '--status', 'canceled')).data;
  expect(canceled).toMatchObject({ failure_reason: 'by_user' });

  await json('events', 'send', 'order.created', '--data', '{"id": 4}');
  expect((await bellwire(['hooks', 'activate', hook])).stderr).toContain('1 deliveries are held.');
  const activated = await bellwire(['hooks', 'activate', hook, '--recover']);
  expect(activated.stderr).toBe('Sending 1: 1 held.\n');
  await receiver.next();
});

test('watch prints every change until the delivery is final; a failure is exit code 1', async ({
  server,
  json,
  bellwire,
}) => {
  let status = 200;
  await using receiver = await startReceiver(() => ({ status }));
  await server.addHook(receiver.origin, { max_attempts: 1 });
  const { id: good } = await json('events', 'send', 'order.created', '--data', '{"id": 1}');
  const watched = await bellwire(['deliveries', 'watch', '--event', good, '--json']);
  const lines = watched.stdout.trimEnd().split('\n');
  const [{ id }] = (await json('deliveries', 'list', '--event', good)).data;
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ id, status: 'succeeded' });
  expect(watched).toMatchObject({ code: 0, stderr: '' });

  status = 500;
  const { id: bad } = await json('events', 'send', 'order.created', '--data', '{"id": 2}');
  const failed = await bellwire(['deliveries', 'watch', '--event', bad]);
  expect(failed.stdout).toMatch(
    /: failed after 1 \w+: exhausted: The receiver responded with status 500\.\n$/,
  );
  expect(failed).toMatchObject({ code: 1, stderr: 'bellwire: 1 of 1 did not succeed.\n' });
});
