import { expect, test } from 'vitest';
import { openPostgres, withStorageErrors } from '../../../packages/server/src/storage/postgres/database.ts';
import { transact } from '../../../packages/server/src/storage/postgres/session.ts';
import { sql } from 'kysely';
import { startFaultyLink } from '../../support/faulty-link.ts';
import { postgres, startPostgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';

const ANSWER_MS = 300;
const CONNECTIONS = 3;

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    (error: { readonly code?: string; readonly message: string }) => error.code ?? error.message,
  );

test.skipIf('missing' in postgres)(
  `a connection that becomes silent fails what waits for it in time, and is replaced${skipReason(postgres)}`,
  async () => {
    await using server = await startPostgres();
    await using created = await server.createDatabase();
    const url = new URL(created.url);
    await using link = await startFaultyLink(new URL(created.url));
    url.port = String(link.port);
    const database = openPostgres(url.href, { connections: CONNECTIONS, answer_ms: ANSWER_MS });
    await using _ = { [Symbol.asyncDispose]: () => database.close() };
    const db = withStorageErrors(database);
    const query = () => sql`select 1`.execute(db);
    const three = () => Promise.all(Array.from({ length: CONNECTIONS }, () => codeOf(query())));
    expect(await three()).toEqual(['answered', 'answered', 'answered']);

    const began_at = performance.now();
    const ended = await Promise.all([
      codeOf(
        db.transaction().execute(async (transaction) => {
          await sql`select 1`.execute(transaction);
          link.set('silent');
          await sql`select 1`.execute(transaction);
        }),
      ),
      codeOf(
        transact(
          database,
          () => new Promise((resolve) => void setTimeout(resolve, ANSWER_MS / 2)),
          (session) => session.all(sql`select 1`),
        ),
      ),
    ]);
    expect(ended).toEqual(['storage_failed', 'Query read timeout']);
    expect(await codeOf(query())).toBe('storage_failed');
    // Each waits for one statement at most, or for a new connection, but no rollback waits too.
    expect(performance.now() - began_at).toBeLessThan(7_000);

    link.set('well');
    expect(await three()).toEqual(['answered', 'answered', 'answered']);
    expect(database.pool.totalCount).toBeLessThanOrEqual(CONNECTIONS);
  },
);
