import { isIP } from 'node:net';
import { expect, it } from 'vitest';
import { type Bellwire, createBellwire, readConfig } from '../../packages/server/src/index.ts';
import { HOSTILE_ROWS } from '../transport/hostile-urls.ts';
import { listenAt } from '../support/listen-at.ts';
import { until } from '../support/running-server.ts';
import { createServerStorage, openBeside } from '../support/storage.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { watchDials } from '../support/watch-dials.ts';

/** Only this address may be dialled: every other one of loopback is as forbidden as the rest. */
const ALLOWED = '127.0.0.2';
const dials = watchDials();

const urls = HOSTILE_ROWS.flatMap((row) => row.urls);
/** Every name in the URLs, so that no test asks a DNS server. */
const names = new Set(
  urls
    .map((url) => URL.parse(url)?.hostname ?? '')
    .filter((name) => /^[\w.-]+$/.test(name) && isIP(name) === 0),
);
const static_hosts = [...names, '127.0.0.1.nip.io', 'localtest.me']
  .map((name) => `${name}=127.0.0.1`)
  .join(',');

/** A database with one hook per URL, each stored as if an earlier version had accepted it. */
const createStored = async (stored: readonly string[]) => {
  const folder = await createTemporaryFolder();
  const storage = await createServerStorage(folder.path);
  const open = (): Promise<Bellwire> =>
    createBellwire(
      readConfig({
        ...storage.settings,
        allow_networks: `${ALLOWED}/32`,
        static_hosts,
        retry_schedule: '0',
        // The dials of another thread would not be seen.
        sender_thread: 'false',
        log_level: 'silent',
      }),
    );
  const first = await open();
  const created = stored.map(() =>
    first.hooks.create({ url: 'https://receiver.example.org/', events: ['a'] }),
  );
  const ids = (await Promise.all(created)).map(({ id }) => id);
  await first.stop();
  await using beside = openBeside(storage.settings.database_url);
  for (const [n, url] of stored.entries()) {
    await beside.db.updateTable('bellwire_hooks').set({ url }).where('id', '=', ids[n]!).execute();
  }
  return {
    ids,
    open,
    [Symbol.asyncDispose]: async () => {
      await storage[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
};

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'accepted',
    (error: { readonly code?: string }) => error.code ?? 'unknown',
  );

/** Small enough for the reading thread and the receivers of this test. */
const chunksOf = (ids: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(ids.length / 25) }, (_, n) => ids.slice(n * 25, n * 25 + 25));

/** Whether a ping, a test or a retry succeeds. */
const sendThrice = async (bellwire: Bellwire, id: string): Promise<boolean> => {
  const sent = [await bellwire.hooks.test(id, {}), await bellwire.hooks.ping(id)];
  sent.push(await bellwire.deliveries.retry(sent[0]!.delivery_id));
  return sent.some(({ success }) => success);
};

it('no hostile URL is accepted by a creation or a change, and none is dialled', async () => {
  await using stored = await createStored(['https://receiver.example.org/']);
  await using bellwire = await stored.open();
  const accepted: string[] = [];
  const dialled = await dials.during(async () => {
    for (const url of [...urls, 'http://127.0.0.1.nip.io/', 'http://localtest.me/']) {
      const codes = await Promise.all([
        codeOf(bellwire.hooks.create({ url, events: ['*'] })),
        codeOf(bellwire.hooks.update(stored.ids[0]!, { url })),
      ]);
      if (codes.some((code) => !['url_refused', 'invalid_input'].includes(code)))
        accepted.push(`${url} ${codes.join()}`);
    }
  });
  expect([accepted, dialled]).toEqual([[], []]);
});

it('no hostile URL that is stored is dialled by an event, a ping, a test or a retry; an allowed one is delivered', async () => {
  await using receiver = await listenAt(ALLOWED, (_, response) => response.end('ok'));
  await using stored = await createStored([...urls, receiver.url]);
  await using bellwire = await stored.open();
  await bellwire.start();
  const reached: string[] = [];
  const dialled = await dials.during(async () => {
    for (const some of chunksOf(stored.ids)) {
      const results = await Promise.all(some.map((id) => sendThrice(bellwire, id)));
      results.forEach((succeeded, n) => succeeded && reached.push(some[n]!));
    }
    const { id, deliveries } = await bellwire.events.send('a', {});
    expect(deliveries).toBe(stored.ids.length);
    const ended = async () => {
      const counts = (['succeeded', 'failed'] as const).map(async (status) => {
        const { data } = await bellwire.deliveries.list({ event_id: id, status, limit: 1000 });
        return data.length;
      });
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    };
    await until(ended, (count) => count === stored.ids.length);
  });
  expect(reached).toEqual([stored.ids.at(-1)]);
  expect(receiver.paths).toHaveLength(4);
  expect(new Set(dialled)).toEqual(new Set([ALLOWED]));
});
