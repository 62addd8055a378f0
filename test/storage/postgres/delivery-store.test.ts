import { afterAll, describe } from 'vitest';
import { openEmptiedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { describeStore } from '../conformance.ts';

let shared: ReturnType<typeof openEmptiedPostgres> | null = null;

describe.skipIf('missing' in postgres)(`on a server${skipReason(postgres)}`, () => {
  describeStore('PostgreSQL', async () => {
    shared ??= openEmptiedPostgres();
    const { url, clear } = await shared;
    const opened = openPostgresStore(url);
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
