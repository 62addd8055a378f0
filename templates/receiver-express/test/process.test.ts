import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { runToEnd, startReceiver, temporaryFolder } from './support/receivers.ts';
import { SECRET } from './support/requests.ts';

await test('killed under load, it handles every event that it answered', async (t) => {
  const killed = await startReceiver(t);
  const answered: string[] = [];
  const deliver = async (id: string) => {
    const response = await killed.deliver(id).catch(() => null);
    if (response?.status === 200) answered.push(id);
    if (answered.length === 100) void killed.end('SIGKILL');
  };
  await Promise.all(Array.from({ length: 400 }, (_, n) => deliver(`evt_${n}`)));
  await killed.ended;
  const restarted = await startReceiver(t, { folder: killed.folder });
  await restarted.deliver('evt_last');
  await restarted.until('handled', { id: 'evt_last' });
  for (const { id } of restarted.sql(`select id from events where state <> 'handled'`) as { id: string }[])
    await restarted.until('handled', { id });
  const handled = new Set(restarted.sql('select id from events').map((row) => (row as { id: string }).id));
  assert.deepEqual([answered.length >= 100, answered.filter((id) => !handled.has(id))], [true, []]);
});

await test('an event that ends the process is dead after MAX_ATTEMPTS, and others are received meanwhile', async (t) => {
  const options = { folder: temporaryFolder(), environment: { ABORT: 'abort', MAX_ATTEMPTS: '2' } };
  const first = await startReceiver(t, options);
  await first.deliver('evt_1', 'abort');
  await first.ended;
  const second = await startReceiver(t, options);
  assert.equal((await second.deliver('evt_2')).status, 200);
  await second.ended;
  const last = await startReceiver(t, options);
  assert.equal((await last.until('dead', { id: 'evt_1' }))['attempt'], 2);
});

await test('SIGTERM waits for the current handler, starts no other, counts no attempt, and ends with exit code 0', async (t) => {
  const receiver = await startReceiver(t);
  await receiver.deliver('evt_1', 'until_sigterm');
  await receiver.deliver('evt_2');
  await receiver.until('begun');
  assert.equal(await receiver.end('SIGTERM'), 0);
  assert.deepEqual(receiver.ids('handled'), ['evt_1']);
  const restarted = await startReceiver(t, { folder: receiver.folder, environment: { MAX_ATTEMPTS: '1' } });
  await restarted.until('handled', { id: 'evt_2' });
  assert.equal(await restarted.end('SIGINT'), 0);
  assert.deepEqual(restarted.ids('done'), ['evt_2']);
});

await test('a handler that hangs delays a stop by ten seconds, and its event is handled after the restart', async (t) => {
  const receiver = await startReceiver(t);
  receiver.hold();
  await receiver.deliver('evt_1');
  await receiver.until('begun');
  const started = performance.now();
  assert.equal(await receiver.end('SIGTERM'), 0);
  assert.ok(performance.now() - started >= 9900);
  receiver.release();
  await (await startReceiver(t, { folder: receiver.folder })).until('done', { id: 'evt_1' });
});

await test('neither a rejected promise without an await nor a closed log stops the receiver', async (t) => {
  const receiver = await startReceiver(t);
  await receiver.deliver('evt_1', 'not_awaited');
  await receiver.until('unhandled_rejection');
  receiver.loseLog();
  for (const id of ['evt_2', 'evt_3', 'evt_4']) assert.equal((await receiver.deliver(id)).status, 200);
  assert.equal(await receiver.end('SIGTERM'), 0);
});

await test('an inbox that is in use or cannot be opened and a used port prevent a start, with one line on stderr', async (t) => {
  const { folder } = await startReceiver(t);
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const PORT = String((taken.address() as AddressInfo).port);
  const refusals = [
    ['inbox.db', /^Another receiver uses the inbox at .*INBOX_PATH.*\n$/],
    ['.', /^Cannot open the inbox at .*INBOX_PATH.*\n$/],
    ['other.db', /^Cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*\n$/],
  ] as const;
  for (const [name, message] of refusals) {
    const environment = { WEBHOOK_SECRET: SECRET, HOST: '127.0.0.1', INBOX_PATH: join(folder, name), PORT };
    const { status, stdout, stderr } = runToEnd(['src/main.ts'], environment);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, message);
  }
});

await test('dead letters are listed and retried beside a running receiver', async (t) => {
  const failing = await startReceiver(t, { environment: { FAIL: 'bad', MAX_ATTEMPTS: '1' } });
  const deadLetters = (args: readonly string[] = [], file = 'inbox.db') => {
    const environment = { WEBHOOK_SECRET: SECRET, INBOX_PATH: join(failing.folder, file) };
    return runToEnd(['src/dead-letters.ts', ...args], environment);
  };
  for (const id of ['evt_1', 'evt_2', 'evt_3']) {
    await failing.deliver(id, 'bad');
    await failing.until('dead', { id });
  }
  const lines = deadLetters().stdout.split('\n');
  const letter = '{"id":"evt_1","type":"bad","attempts":1,"last_error":"Error: always"}';
  assert.deepEqual([lines.length, lines[0]], [4, letter]);
  await failing.end('SIGTERM');
  const healed = await startReceiver(t, { folder: failing.folder });
  assert.match(deadLetters(['retry', 'evt_2']).stdout, /^Retrying 1\./);
  await healed.until('done', { id: 'evt_2', attempt: 1 });
  assert.match(deadLetters(['retry', 'all']).stdout, /^Retrying 2\./);
  for (const id of ['evt_1', 'evt_3']) await healed.until('done', { id });
  assert.equal(deadLetters(['retry', 'evt_9']).stderr, 'No dead letter has the id "evt_9".\n');
  assert.match(deadLetters(['delete']).stderr, /^Usage: /);
  assert.match(deadLetters([], 'elsewhere.db').stderr, /^There is no inbox at /);
});

await test('an older Node is refused with one line', () => {
  const older = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`;
  const { status, stderr } = runToEnd(['--import', older, 'src/check-node.js']);
  assert.equal(status, 1);
  assert.match(stderr, /^This receiver needs Node 22\.19 or newer; this is v[\d.]+\.\n$/);
});
