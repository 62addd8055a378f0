import { type Insertable, sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import type { Schema } from '../../../packages/server/src/storage/schema.ts';
import { acceptAnyId, openEmptiedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { describeRepositories } from '../repositories.ts';

type KeyedEvent = Insertable<Schema['bellwire_events']>;
type Opened = ReturnType<typeof openEmptiedPostgres>;
const opened = new Map<string | null, Opened>();

const openWithAnyId: typeof openEmptiedPostgres = async (options) => {
  const database = await openEmptiedPostgres(options);
  await acceptAnyId(database);
  return database;
};

const openIn = async (schema: string | null) => {
  const database = opened.get(schema) ?? openWithAnyId({ schema });
  opened.set(schema, database);
  const { db, clear } = await database;
  return {
    db,
    takeKey: ({ workspace_id, idempotency_key, tenant, id }: KeyedEvent) =>
      sql`insert into ${sql.table('bellwire_idempotency_keys')} (workspace_id, idempotency_key, tenant, event_id)
        values (${workspace_id}, ${idempotency_key}, ${tenant ?? ''}, ${id})`.execute(db),
    [Symbol.asyncDispose]: clear,
  };
};
const openPostgres = () => openIn(null);

describe.skipIf('missing' in postgres)(`on a server${skipReason(postgres)}`, () => {
  describeRepositories('PostgreSQL', openPostgres);
  // The search path does not have the schema, so a name that is not qualified is unknown.
  describeRepositories('PostgreSQL in a schema of its own', () => openIn('team_webhooks'));

  test('an integer beyond 2^53 is refused, not rounded', async () => {
    await using database = await openPostgres();
    const read = (text: string) =>
      sql<{ n: number }>`select ${sql.raw(text)}::bigint as n`.execute(database.db);
    expect((await read('9007199254740991')).rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }]);
    await expect(read('9007199254740993')).rejects.toThrow(RangeError);
  });

  afterAll(async () => {
    for (const database of opened.values()) await (await database)[Symbol.asyncDispose]();
  });
});
