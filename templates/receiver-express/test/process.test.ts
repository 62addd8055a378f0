import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { runToEnd, startReceiverProcess } from './support/receiver-process.ts';
import { SECRET } from './support/senders.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** Changes the inbox of a receiver that does not run. */
const change = (folder: string, sql: string) => {
  const db = new Database(join(folder, 'inbox.db'));
  db.exec(sql);
  db.close();
};

await test('the listening line says port, path and dialect', async (t) => {
  const receiver = await startReceiverProcess(t, temporaryFolder(), { WEBHOOK_DIALECT: 'activities' });
  const { time, ...line } = await receiver.log.until('listening');
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(line, {
    level: 'info',
    event: 'listening',
    port: receiver.port,
    path: '/',
    dialect: 'activities',
  });
});

await test('killed between its answer and its work, it works after the restart', async (t) => {
  const folder = temporaryFolder();
  const killed = await startReceiverProcess(t, folder, { HANG: '1' });
  assert.equal((await killed.deliver('evt_1', 'hang')).status, 200);
  assert.equal((await killed.deliver('evt_2', 'any')).status, 200);
  await killed.log.until('begun');
  await killed.end('SIGKILL');
  assert.equal(killed.log.count('done'), 0);
  const restarted = await startReceiverProcess(t, folder);
  await restarted.log.until('done', ({ id }) => id === 'evt_1');
  await restarted.log.until('done', ({ id }) => id === 'evt_2');
});

await test('an event whose handler ends the process is a dead letter after MAX_ATTEMPTS, and others are received meanwhile', async (t) => {
  const folder = temporaryFolder();
  const environment = { ABORT: '1', MAX_ATTEMPTS: '2' };
  const first = await startReceiverProcess(t, folder, environment);
  await first.deliver('evt_1', 'abort');
  await first.ended;
  const second = await startReceiverProcess(t, folder, environment);
  assert.equal((await second.deliver('evt_meanwhile', 'any')).status, 200);
  await second.ended;
  assert.equal(second.log.count('failed'), 1);
  const last = await startReceiverProcess(t, folder, environment);
  await last.log.until('dead', ({ id }) => id === 'evt_1');
  await last.deliver('evt_2', 'any');
  await last.log.until('done', ({ id }) => id === 'evt_2');
  const { stdout } = await runToEnd(t, ['src/dead-letters.ts'], { INBOX_PATH: join(folder, 'inbox.db') });
  assert.equal(stdout, '"evt_1"  "abort"  2 attempts  "the process ended while it was handled"\n');
});

await test('an event that was taken together with one that ends the process loses no attempt by it', async (t) => {
  const folder = temporaryFolder();
  const hanging = await startReceiverProcess(t, folder, { HANG: '1' });
  for (const [id, type] of [
    ['evt_1', 'hang'],
    ['evt_2', 'any'],
    ['evt_3', 'abort'],
    ['evt_4', 'any'],
  ] as const)
    await hanging.deliver(id, type);
  await hanging.end('SIGKILL');
  change(folder, 'delete from taken');
  const environment = { ABORT: '1', MAX_ATTEMPTS: '1' };
  const together = await startReceiverProcess(t, folder, environment);
  await together.ended;
  const alone = await startReceiverProcess(t, folder, environment);
  assert.deepEqual((await alone.log.until('interrupted'))['ids'], ['evt_1', 'evt_2', 'evt_3', 'evt_4']);
  await alone.ended;
  assert.equal(alone.log.count('dead'), 0);
  const last = await startReceiverProcess(t, folder, environment);
  await last.log.until('dead', ({ id }) => id === 'evt_3');
  await last.log.until('done', ({ id }) => id === 'evt_4');
  assert.equal(last.log.count('dead'), 1);
});

await test('a graceful stop counts no attempt', async (t) => {
  const folder = temporaryFolder();
  const receiver = await startReceiverProcess(t, folder);
  for (const [id, type] of [
    ['evt_1', 'until_sigterm'],
    ['evt_2', 'any'],
  ] as const)
    await receiver.deliver(id, type);
  await receiver.end('SIGKILL');
  // Now both are taken together.
  change(folder, 'delete from taken');
  const stopped = await startReceiverProcess(t, folder);
  await stopped.log.until('begun');
  assert.equal(await stopped.end('SIGTERM'), 0);
  const restarted = await startReceiverProcess(t, folder, { MAX_ATTEMPTS: '1' });
  await restarted.log.until('done', ({ id }) => id === 'evt_2');
  assert.equal(restarted.log.count('interrupted'), 0);
});

await test('a log that nobody reads any more stops nothing', async (t) => {
  const receiver = await startReceiverProcess(t, temporaryFolder());
  receiver.loseLog();
  for (const id of ['evt_1', 'evt_2', 'evt_3']) {
    assert.equal((await receiver.deliver(id, 'any')).status, 200);
  }
  assert.equal(await receiver.end('SIGTERM'), 0);
});

await test('killed under load, it handles every event that it answered', async (t) => {
  const folder = temporaryFolder();
  // The last lines of a log die with the process, so the handler also writes to a file.
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
  // The one under way at the end waits for a second.
  for (const id of unhandled()) await restarted.log.until('done', (line) => line['id'] === id);
  assert.deepEqual(unhandled(), []);
});

await test('SIGTERM waits for the handler under way, takes no more, and ends with exit code 0', async (t) => {
  const folder = temporaryFolder();
  const receiver = await startReceiverProcess(t, folder);
  await receiver.deliver('evt_1', 'until_sigterm');
  await receiver.deliver('evt_2', 'any');
  await receiver.log.until('begun');
  assert.equal(await receiver.end('SIGTERM'), 0);
  assert.deepEqual(
    receiver.log.lines.filter(({ event }) => event === 'done').map(({ id }) => id),
    ['evt_1'],
  );
  const restarted = await startReceiverProcess(t, folder);
  await restarted.log.until('done', ({ id }) => id === 'evt_2');
  assert.equal(await restarted.end('SIGINT'), 0);
  assert.equal(restarted.log.lines.filter(({ id }) => id === 'evt_1').length, 0);
});

await test('a handler that does not end holds a stop for ten seconds and no longer', async (t) => {
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

await test('a promise that a handler forgot is logged, and the receiver goes on', async (t) => {
  const receiver = await startReceiverProcess(t, temporaryFolder());
  await receiver.deliver('evt_1', 'forget_await');
  await receiver.log.until('unhandled_rejection');
  await receiver.deliver('evt_2', 'any');
  await receiver.log.until('done', ({ id }) => id === 'evt_2');
});

await test('without a secret it does not start: one line, exit code 1', async (t) => {
  const { code, stdout, stderr } = await runToEnd(t, ['src/main.ts'], {});
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^WEBHOOK_SECRET is not set\. .*\n$/);
});

await test('a second receiver on the same inbox does not start', async (t) => {
  const folder = temporaryFolder();
  const first = await startReceiverProcess(t, folder);
  const environment = { WEBHOOK_SECRET: SECRET, PORT: '0', INBOX_PATH: join(folder, 'inbox.db') };
  const { code, stderr } = await runToEnd(t, ['src/main.ts'], environment);
  assert.equal(code, 1);
  assert.match(stderr, /^Another receiver runs on the inbox at .*INBOX_PATH.*\n$/);
  assert.equal((await first.deliver('evt_1', 'any')).status, 200);
});

await test('a port that is taken is said in one line', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const environment = {
    WEBHOOK_SECRET: SECRET,
    HOST: '127.0.0.1',
    PORT: String(port),
    INBOX_PATH: join(temporaryFolder(), 'inbox.db'),
  };
  const { code, stderr } = await runToEnd(t, ['src/main.ts'], environment);
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*\n$/);
});

await test('dead letters are listed and put back beside a receiver that runs', async (t) => {
  const folder = temporaryFolder();
  const failing = await startReceiverProcess(t, folder, { FAIL: '1', MAX_ATTEMPTS: '1' });
  const environment = { INBOX_PATH: join(folder, 'inbox.db') };
  const deadLetters = (...args: readonly string[]) =>
    runToEnd(t, ['src/dead-letters.ts', ...args], environment);

  assert.equal((await deadLetters()).stdout, 'There are no dead letters.\n');
  for (const id of ['evt_1', 'evt_2', 'evt_3']) {
    await failing.deliver(id, 'fail');
    await failing.log.until('dead', (line) => line['id'] === id);
  }
  const { code, stdout } = await deadLetters();
  assert.equal(code, 0);
  assert.equal(stdout.split('\n')[0], '"evt_1"  "fail"  1 attempts  "told to"');
  assert.equal(stdout.trimEnd().split('\n').length, 3);

  assert.equal(await failing.end('SIGTERM'), 0);
  const healed = await startReceiverProcess(t, folder);
  assert.match((await deadLetters('retry', 'evt_2')).stdout, /^Put back: 1\./);
  await healed.log.until('done', ({ id }) => id === 'evt_2');
  assert.match((await deadLetters('retry', 'all')).stdout, /^Put back: 2\./);
  await healed.log.until('done', ({ id }) => id === 'evt_1');
  await healed.log.until('done', ({ id }) => id === 'evt_3');

  const unknown = await deadLetters('retry', 'evt_9');
  assert.deepEqual([unknown.code, unknown.stderr], [1, 'No dead letter has the id "evt_9".\n']);
  assert.equal((await deadLetters('delete')).code, 1);
});

await test('the command for dead letters makes no inbox where there is none', async (t) => {
  const { code, stderr } = await runToEnd(t, ['src/dead-letters.ts'], {
    INBOX_PATH: join(temporaryFolder(), 'inbox.db'),
  });
  assert.equal(code, 1);
  assert.match(stderr, /^There is no inbox at /);
});

await test('a Node that is too old is told so by every script, before it reads any TypeScript', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  for (const name of ['start', 'dev', 'dead-letters']) {
    assert.equal(scripts[`pre${name}`], 'node src/check-node.js');
  }
  const older = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`;
  for (const program of ['src/check-node.js', 'src/main.ts', 'src/dead-letters.ts']) {
    const { code, stderr } = await runToEnd(t, ['--import', older, program], {});
    assert.equal(code, 1);
    assert.match(stderr, /^This receiver needs Node 22\.19 or newer; this is v[\d.]+\.\n$/);
  }
});
