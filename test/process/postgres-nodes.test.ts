import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, lostOf, overlappingHooks, typesOf, untilDrained } from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { ownPostgres, startPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const subscriptions = overlappingHooks(8);
const types = typesOf(subscriptions);
/** The default of `hook_concurrency`. */
const SLOTS_OF_A_HOOK = 8;
const KEYS = { BELLWIRE_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 5).toString('base64')}` };
const EXIT_MS = 20_000;
const reason = skipReason(ownPostgres);
const pause = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms));

const inTurn = (servers: readonly ServerProcess[]): (() => string | null) => {
  let nth = 0;
  return () => {
    nth += 1;
    return servers.length === 0 ? null : servers[nth % servers.length]!.url;
  };
};

const sendTo = async (server: ServerProcess, api_key: string): Promise<number> => {
  const response = await fetch(`${server.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'load.0', data: { n: 1 } }),
  });
  await response.text();
  return response.status;
};

const startNode = (folder: string, url: string, env: Readonly<Record<string, string>> = {}) =>
  startServer({ folder, env: { BELLWIRE_DATABASE_URL: url, ...KEYS, ...env } });

test.skipIf('missing' in ownPostgres)(
  `three nodes, one killed and one stopped: nothing is lost, and duplicates stay within the slots of a hook${reason}`,
  { timeout: 240_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using postgres = await startPostgres({ fsync: true });
    await using database = await postgres.createDatabase();
    const start = () => startNode(folder.path, database.url, { BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,2s,2s' });
    await using receiver = await startCountingReceiver(() => ({ status: 200, delay_ms: 20 }));
    const running: ServerProcess[] = [];
    await using load = startEventLoad({ url: inTurn(running), per_second: 90, types });
    await using first = await start();
    await createHooks(first, receiver, subscriptions);
    await using second = await start();
    await using third = await start();
    running.push(first, second, third);
    await pause(3_000);
    running.splice(1, 1);
    second.kill('SIGKILL');
    await pause(2_000);
    running.splice(running.indexOf(third), 1);
    third.kill('SIGSTOP');
    // Until the others have taken over what it has leased.
    await pause(16_000);
    third.kill('SIGCONT');
    await pause(3_000);
    running.push(third);
    await pause(1_000);
    await load.stop();
    await untilDrained(first);
    expect(lostOf(load.acked, receiver, subscriptions)).toEqual([]);
    const of_hook = Map.groupBy(receiver.duplicates().values(), ([one]) => one!.hook);
    const most = Math.max(0, ...[...of_hook.values()].map(({ length }) => length));
    console.log(
      `3 nodes: ${load.acked.length} acked, ${receiver.receptions.length} received, ${receiver.duplicates().size} duplicates, at most ${most} of a hook`,
    );
    // One kill and one stop.
    expect(most).toBeLessThanOrEqual(2 * SLOTS_OF_A_HOOK);
    for (const node of [first, third]) {
      node.kill('SIGTERM');
      expect(await node.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });
    }
  },
);

test.skipIf('missing' in ownPostgres)(
  `two nodes without faults send nothing twice, and never exceed the cap of a hook${reason}`,
  { timeout: 120_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using postgres = await startPostgres();
    await using database = await postgres.createDatabase();
    const start = () => startNode(folder.path, database.url);
    const at_once = new Map<string, number>();
    let most = 0;
    await using receiver = await startCountingReceiver((hook) => {
      const now = (at_once.get(hook) ?? 0) + 1;
      at_once.set(hook, now);
      most = Math.max(most, now);
      setTimeout(() => at_once.set(hook, at_once.get(hook)! - 1), 95);
      return { status: 200, delay_ms: 100 };
    });
    await using first = await start();
    await createHooks(first, receiver, subscriptions);
    await using second = await start();
    // A new node uses its share once the others have seen it.
    await pause(5_000);
    await using load = startEventLoad({ url: inTurn([first, second]), per_second: 300, types });
    await pause(5_000);
    await load.stop();
    await untilDrained(first);
    expect(lostOf(load.acked, receiver, subscriptions)).toEqual([]);
    expect(receiver.duplicates().size).toBe(0);
    expect(most).toBeGreaterThan(SLOTS_OF_A_HOOK / 2);
    expect(most).toBeLessThanOrEqual(SLOTS_OF_A_HOOK);
  },
);

test.skipIf('missing' in ownPostgres)(
  `a hook that is paused on one node and a key that is deleted on one stop on the other within 5 seconds${reason}`,
  { timeout: 120_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using postgres = await startPostgres();
    await using database = await postgres.createDatabase();
    const start = () => startNode(folder.path, database.url);
    await using receiver = await startCountingReceiver();
    await using first = await start();
    await using second = await start();
    const ids = await createHooks(first, receiver, new Map([['h0', ['load.0']]]));
    const key = (await first.call('POST', '/v1/api-keys', { name: 'other', scope: 'send' })).body;
    await expect.poll(() => sendTo(second, key.api_key), { timeout: 10_000 }).toBe(202);
    await expect.poll(() => receiver.receptions.length, { timeout: 10_000 }).toBeGreaterThan(0);
    const paused = await first.call('POST', `/v1/webhooks/${ids.get('h0')}/deactivate`);
    expect(paused.body).toMatchObject({ status: 'paused' });
    await first.call('DELETE', `/v1/api-keys/${key.id}`);
    const changed_at = Date.now();
    await expect.poll(() => sendTo(second, key.api_key), { timeout: 6_000, interval: 50 }).toBe(401);
    expect(Date.now() - changed_at).toBeLessThan(5_500);
    await pause(Math.max(0, 5_500 - (Date.now() - changed_at)));
    const before = receiver.receptions.length;
    const { body } = await second.call('POST', '/v1/events', { type: 'load.0', data: { n: 2 } });
    expect(body).toMatchObject({ deliveries: 1 });
    const { data } = (await second.call('GET', `/v1/deliveries?event_id=${body.id}`)).body;
    expect(data).toMatchObject([{ status: 'held' }]);
    expect(receiver.receptions.length).toBe(before);
  },
);
