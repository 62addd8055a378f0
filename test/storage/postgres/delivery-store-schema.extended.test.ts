import { afterAll, describe } from 'vitest';
import { openEmptiedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { describeStore } from '../conformance.ts';

// The search path does not have it, so a name that is not qualified is unknown.
const schema = 'team_webhooks';
let shared: ReturnType<typeof openEmptiedPostgres> | null = null;

describe.skipIf('missing' in postgres)(`on a server${skipReason(postgres)}`, () => {
  describeStore('PostgreSQL in a schema of its own', async () => {
    shared ??= openEmptiedPostgres({ schema });
    const { url, clear } = await shared;
    const opened = openPostgresStore(url, { schema });
    return {
      ...opened,
      [Symbol.asyncDispose]: async () => {
        await opened[Symbol.asyncDispose]();
        await clear();
      },
    };
  });

  afterAll(async () => {
    await (await shared)?.[Symbol.asyncDispose]();
  });
});
