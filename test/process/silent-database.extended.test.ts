import { expect, test } from 'vitest';
import { postgres, startPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { startServer, until } from '../support/running-server.ts';
import { startSilentProxy } from '../support/silent-proxy.ts';
import { TEST_KEY_RING } from '../support/test-store.ts';

/** A statement has 15 seconds, and a new connection 5. */
const ANSWER_MS = 25_000;

test.skipIf('missing' in postgres)(
  `when the network to the database loses everything, calls answer 503 in time, and work again afterwards${skipReason(postgres)}`,
  { timeout: 120_000 },
  async () => {
    await using postgresServer = await startPostgres();
    await using database = await postgresServer.createDatabase();
    const url = new URL(database.url);
    await using proxy = await startSilentProxy(Number(url.port));
    url.port = String(proxy.port);
    await using server = await startServer({
      settings: { database_url: url.href, encryption_keys: TEST_KEY_RING },
    });
    const calls = () =>
      Promise.all([
        server.api('GET /v1/webhooks'),
        server.api('POST /v1/webhooks', { url: 'https://shop.example.com/', events: ['*'] }),
        server.api('POST /v1/events', { type: 'a', data: {} }),
      ]);
    const outcomes = async () => (await calls()).map(({ status, body }) => [status, body.error?.code]);
    expect((await outcomes()).map(([status]) => status)).toEqual([200, 201, 202]);
    proxy.silence();
    const began_at = performance.now();
    expect(await outcomes()).toEqual(Array.from({ length: 3 }, () => [503, 'storage_failed']));
    expect(performance.now() - began_at).toBeLessThan(ANSWER_MS);
    proxy.restore();
    const back = await until(outcomes, (all) => all.every(([status]) => Number(status) < 300), ANSWER_MS);
    expect(back.map(([status]) => status)).toEqual([200, 201, 202]);
  },
);
