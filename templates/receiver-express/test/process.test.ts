import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { runToEnd, startReceiverProcess, temporaryFolder } from './support/receivers.ts';
import { SECRET } from './support/requests.ts';

await test('killed between answer and work, it does the work after the restart', async (t) => {
  const folder = temporaryFolder();
  const killed = await startReceiverProcess(t, folder, { HANG: '1', WEBHOOK_DIALECT: 'standard' });
  const { time: _, ...line } = await killed.log.until('listening');
  const listening = {
    level: 'info',
    event: 'listening',
    port: killed.port,
    path: '/webhook',
    dialect: 'standard',
  };
  assert.deepEqual(line, listening);
  assert.equal((await killed.deliver('evt_1', 'hang')).status, 200);
  assert.equal((await killed.deliver('evt_2', 'any')).status, 200);
  await killed.log.until('begun');
  await killed.end('SIGKILL');
  assert.equal(killed.log.count('done'), 0);
  const restarted = await startReceiverProcess(t, folder);
  for (const id of ['evt_1', 'evt_2']) await restarted.log.until('done', (one) => one['id'] === id);
});

await test('killed under load, it handles every event that it answered', async (t) => {
  const folder = temporaryFolder();
  // The last lines of the log are lost with the process, so the handler also writes to a file.
  const handled = join(folder, 'handled');
  const killed = await startReceiverProcess(t, folder, { HANDLED: handled });
  const answered: string[] = [];
  const deliver = async (id: string) => {
    const response = await killed.deliver(id, 'any').catch(() => null);
    if (response?.status === 200) answered.push(id);
  };
  const load = Promise.all(Array.from({ length: 400 }, (_, n) => deliver(`evt_${n}`)));
  await killed.log.until('stored', () => killed.log.count('stored') >= 100);
  await killed.end('SIGKILL');
  await load;
  assert.ok(answered.length > 0);
  const restarted = await startReceiverProcess(t, folder, { HANDLED: handled });
  await restarted.deliver('evt_last', 'any');
  await restarted.log.until('done', ({ id }) => id === 'evt_last');
  const unhandled = () => {
    const ids = new Set(readFileSync(handled, 'utf8').split('\n'));
    return answered.filter((id) => !ids.has(id));
  };
  // The one that was interrupted is retried after a second.
  for (const id of unhandled()) await restarted.log.until('done', (line) => line['id'] === id);
  assert.deepEqual(unhandled(), []);
});

await test('an event that ends the process is dead after MAX_ATTEMPTS, and others are received meanwhile', async (t) => {
  const folder = temporaryFolder();
  const environment = { ABORT: '1', MAX_ATTEMPTS: '2' };
  const first = await startReceiverProcess(t, folder, environment);
  await first.deliver('evt_1', 'abort');
  await first.ended;
  const second = await startReceiverProcess(t, folder, environment);
  assert.equal((await second.deliver('evt_2', 'any')).status, 200);
  await second.ended;
  const last = await startReceiverProcess(t, folder, environment);
  await last.log.until('dead', ({ id }) => id === 'evt_1');
  const { stdout } = await runToEnd(t, ['src/dead-letters.ts'], { INBOX_PATH: join(folder, 'inbox.db') });
  assert.equal(stdout, '"evt_1"  "abort"  2 attempts  "the process ended while it was handled"\n');
});

await test('events that are handled together with one that ends the process lose no attempt', async (t) => {
  const folder = temporaryFolder();
  const environment = { ABORT: '1', CONCURRENCY: '3', MAX_ATTEMPTS: '1' };
  const together = await startReceiverProcess(t, folder, { ...environment, HANG: '1' });
  await together.deliver('evt_1', 'hang');
  await together.deliver('evt_2', 'hang');
  await together.log.until('begun', ({ id }) => id === 'evt_2');
  await together.deliver('evt_3', 'abort');
  await together.ended;
  const alone = await startReceiverProcess(t, folder, environment);
  assert.deepEqual((await alone.log.until('interrupted'))['ids'], ['evt_1', 'evt_2', 'evt_3']);
  await alone.ended;
  assert.deepEqual([alone.log.count('dead'), alone.log.count('done')], [0, 2]);
  const last = await startReceiverProcess(t, folder, environment);
  await last.log.until('dead', ({ id }) => id === 'evt_3');
  await last.deliver('evt_4', 'any');
  await last.log.until('done', ({ id }) => id === 'evt_4');
  assert.deepEqual([last.log.count('dead'), last.log.count('done')], [1, 1]);
});

await test('SIGTERM waits for the current handler, starts no other, counts no attempt, and ends with exit code 0', async (t) => {
  const folder = temporaryFolder();
  const receiver = await startReceiverProcess(t, folder);
  await receiver.deliver('evt_1', 'until_sigterm');
  await receiver.deliver('evt_2', 'any');
  await receiver.log.until('begun');
  assert.equal(await receiver.end('SIGTERM'), 0);
  const done = receiver.log.lines.filter(({ event }) => event === 'done');
  assert.deepEqual(
    done.map(({ id }) => id),
    ['evt_1'],
  );
  const restarted = await startReceiverProcess(t, folder, { MAX_ATTEMPTS: '1' });
  await restarted.log.until('done', ({ id }) => id === 'evt_2');
  assert.equal(await restarted.end('SIGINT'), 0);
  assert.deepEqual([restarted.log.count('interrupted'), restarted.log.count('done')], [0, 1]);
});

await test('a handler that hangs delays a stop by ten seconds at most', async (t) => {
  const folder = temporaryFolder();
  const receiver = await startReceiverProcess(t, folder, { HANG: '1' });
  await receiver.deliver('evt_1', 'hang');
  await receiver.log.until('begun');
  const started = performance.now();
  assert.equal(await receiver.end('SIGTERM'), 0);
  assert.ok(performance.now() - started >= 9900);
  const restarted = await startReceiverProcess(t, folder);
  await restarted.log.until('done', ({ id }) => id === 'evt_1');
});

await test('neither a rejected promise without an await nor a closed log stops the receiver', async (t) => {
  const receiver = await startReceiverProcess(t, temporaryFolder());
  await receiver.deliver('evt_1', 'forget_await');
  await receiver.log.until('unhandled_rejection');
  await receiver.deliver('evt_2', 'any');
  await receiver.log.until('done', ({ id }) => id === 'evt_2');
  receiver.loseLog();
  for (const id of ['evt_3', 'evt_4', 'evt_5']) assert.equal((await receiver.deliver(id, 'any')).status, 200);
  assert.equal(await receiver.end('SIGTERM'), 0);
});

await test('what prevents a start is one line with exit code 1: no secret, a used inbox, a used port', async (t) => {
  const folder = temporaryFolder();
  const first = await startReceiverProcess(t, folder);
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const address = taken.address();
  const PORT = String(typeof address === 'object' && address !== null ? address.port : 0);
  const inbox = (name: string) => ({
    WEBHOOK_SECRET: SECRET,
    HOST: '127.0.0.1',
    INBOX_PATH: join(folder, name),
  });
  const refusals = [
    [{}, /^WEBHOOK_SECRET is not set\. .*\n$/],
    [{ ...inbox('inbox.db'), PORT: '0' }, /^Another receiver uses the inbox at .*INBOX_PATH.*\n$/],
    [{ ...inbox('other.db'), PORT }, /^Cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*\n$/],
  ] as const;
  for (const [environment, message] of refusals) {
    const { code, stdout, stderr } = await runToEnd(t, ['src/main.ts'], environment);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, message);
  }
  assert.equal((await first.deliver('evt_1', 'any')).status, 200);
});

await test('dead letters are listed and put back beside a running receiver', async (t) => {
  const folder = temporaryFolder();
  const failing = await startReceiverProcess(t, folder, { FAIL: '1', MAX_ATTEMPTS: '1' });
  const deadLetters = (args: readonly string[] = [], file = 'inbox.db') =>
    runToEnd(t, ['src/dead-letters.ts', ...args], { INBOX_PATH: join(folder, file) });
  assert.equal((await deadLetters()).stdout, 'There are no dead letters.\n');
  for (const id of ['evt_1', 'evt_2', 'evt_3']) {
    await failing.deliver(id, 'fail');
    await failing.log.until('dead', (line) => line['id'] === id);
  }
  const { code, stdout } = await deadLetters();
  const lines = stdout.trimEnd().split('\n');
  assert.deepEqual([code, lines.length, lines[0]], [0, 3, '"evt_1"  "fail"  1 attempts  "told to"']);

  assert.equal(await failing.end('SIGTERM'), 0);
  const healed = await startReceiverProcess(t, folder);
  assert.match((await deadLetters(['retry', 'evt_2'])).stdout, /^Put back: 1\./);
  await healed.log.until('done', ({ id }) => id === 'evt_2');
  assert.match((await deadLetters(['retry', 'all'])).stdout, /^Put back: 2\./);
  for (const id of ['evt_1', 'evt_3']) await healed.log.until('done', (line) => line['id'] === id);

  const unknown = await deadLetters(['retry', 'evt_9']);
  assert.deepEqual([unknown.code, unknown.stderr], [1, 'No dead letter has the id "evt_9".\n']);
  assert.equal((await deadLetters(['delete'])).code, 1);
  const none = await deadLetters([], 'elsewhere.db');
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^There is no inbox at /);
});

await test('every script tells an older Node so before it reads TypeScript', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  for (const name of ['start', 'dev', 'dead-letters'])
    assert.equal(scripts[`pre${name}`], 'node src/check-node.js');
  const older = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`;
  for (const program of ['src/check-node.js', 'src/main.ts', 'src/dead-letters.ts']) {
    const { code, stderr } = await runToEnd(t, ['--import', older, program]);
    assert.equal(code, 1);
    assert.match(stderr, /^This receiver needs Node 22\.19 or newer; this is v[\d.]+\.\n$/);
  }
});
