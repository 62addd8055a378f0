import { expect, test } from 'vitest';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';

test.skipIf('missing' in postgres)(
  `accepts that begin together share the reads of their workspace, however many they are${skipReason(postgres)}`,
  async () => {
    await using server = await startMigratedPostgres();
    await using database = await server.createDatabase();
    await using opened = openPostgresStore(database.url);
    const { store, arrange } = opened;
    const workspace_id = await arrange.addWorkspace();
    const hook_id = await arrange.addHook(workspace_id);
    let queries = 0;
    opened.database.pool.on('acquire', () => (queries += 1));
    const all = () => Promise.all(Array.from({ length: 500 }, () => store.subscribers(workspace_id, 'a')));
    for (const ids of await all()) expect(ids).toEqual([hook_id]);
    // A change while they read is seen by those that begin after it.
    const before = all();
    const added = await arrange.addHook(workspace_id);
    for (const ids of await all()) expect(ids).toEqual([hook_id, added]);
    await before;
    expect(queries).toBeLessThan(20);
  },
);
