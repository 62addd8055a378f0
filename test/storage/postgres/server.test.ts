import { Client } from 'pg';
import { expect, test } from 'vitest';
import { skipReason } from '../../support/programs.ts';
import { ownPostgres, startPostgres } from '../../support/postgres-server.ts';

const ask = async (url: string, text: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

test.skipIf('missing' in ownPostgres)(
  `each test gets a database of its own, which survives a kill of the server${skipReason(ownPostgres)}`,
  async () => {
    await using server = await startPostgres({ fsync: true });
    const template = await server.createTemplate(
      async (url) => void (await ask(url, 'create table t (n int)')),
    );
    await using one = await server.createDatabase({ from: template });
    await using other = await server.createDatabase({ from: template });
    await ask(one.url, 'insert into t values (1)');
    await server.kill();
    await expect(ask(one.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.start();
    expect(await ask(one.url, 'select n from t')).toEqual([{ n: 1 }]);
    expect(await ask(other.url, 'select n from t')).toEqual([]);
    expect(await ask(one.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
  },
);
